use super::access::{text, to_attribute, written};
use super::{Key, Store};
use crate::domain::postback::PostbackTemplates;
use crate::error::AppResult;
use crate::ids::{AccountId, CampaignKey};

/// Whose templates a postback is told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateOwner {
    /// The account's, for all its campaigns that have none of their own.
    Account(AccountId),
    /// The campaign's own.
    Campaign(CampaignKey),
}

impl Store {
    /// Notes that an endpoint of these templates asked for no more, unless they were edited since. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn disable_endpoint(
        &self,
        owner: TemplateOwner,
        templates: &PostbackTemplates,
        endpoint: &str,
    ) -> AppResult<()> {
        let key = match owner {
            TemplateOwner::Account(account) => Key::Account(account),
            TemplateOwner::Campaign(campaign) => Key::Campaign(campaign),
        };
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression(
                "SET disabled_endpoints = list_append(if_not_exists(disabled_endpoints, :none), :endpoints)",
            )
            .condition_expression("templates = :templates AND NOT contains(disabled_endpoints, :endpoint)")
            .expression_attribute_values(":none", to_attribute::<[&str; 0]>(&[])?)
            .expression_attribute_values(":endpoints", to_attribute(&[endpoint])?)
            .expression_attribute_values(":endpoint", text(endpoint))
            .expression_attribute_values(":templates", to_attribute(templates)?);
        written(update.send().await).map(drop)
    }
}
