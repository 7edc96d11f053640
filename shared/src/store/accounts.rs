use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use serde::{Deserialize, Serialize};

use super::access::{number, put_step, text, to_attribute, unavailable, written};
use super::{AccountSigning, Key, Store};
use crate::domain::campaign::PostbackCarriage;
use crate::domain::lead_event::LeadStatus;
use crate::domain::owner_news::NotifyChat;
use crate::domain::postback::PostbackTemplates;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, ChatId};
use crate::secret::ApiKeyHash;

/// One tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Counts up from 1.
    pub id: AccountId,
    /// What the operator calls it.
    pub name: String,
    /// Whether its key is taken.
    pub status: AccountStatus,
    /// The hash of its API key.
    pub key_hash: ApiKeyHash,
    /// The global postback templates.
    #[serde(default)]
    pub templates: PostbackTemplates,
    /// The endpoints of those templates that asked for no more; none after a template was set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disabled_endpoints: Vec<String>,
    /// How the global templates are sent; `None` = as each campaign that uses them says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carriage: Option<PostbackCarriage>,
    /// How many live campaigns it may have; `None` = any number.
    pub campaign_limit: Option<u64>,
    /// How many live campaigns it has; moves with them, in their transactions.
    #[serde(default)]
    pub campaigns: u64,
    /// The last bot id given out.
    #[serde(default)]
    pub last_bot: u64,
    /// The last campaign id given out.
    #[serde(default)]
    pub last_campaign: u64,
    /// Whether the owner hears of leads.
    #[serde(default)]
    pub notify_leads: bool,
    /// Where the owner hears of leads and bots; `None` = nowhere.
    pub notify_chat: Option<ChatId>,
    /// What its postbacks are signed with; `None` = they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing: Option<AccountSigning>,
    /// Unix seconds.
    pub created: i64,
}

/// Whether an account's key is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountStatus {
    /// It is.
    Active,
    /// Every call answers `ban`.
    Suspended,
}

impl AccountStatus {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}

/// A change of how an account's global templates are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CarriageChange {
    /// In this way, whichever campaign uses them.
    Own(PostbackCarriage),
    /// As each campaign that uses them says.
    OfCampaigns,
}

impl Store {
    /// Gives out the next account id.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry: an id may be skipped, never given twice.
    pub async fn next_account_id(&self) -> AppResult<AccountId> {
        let key = Key::System;
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression("ADD last_account :one")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew);
        let answer = request.send().await.map_err(unavailable)?;
        let taken = answer.attributes.as_ref().and_then(|item| item.get("last_account"));
        let id = taken.and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok());
        id.map(AccountId).ok_or_else(|| AppError::unavailable("the account sequence is no number"))
    }

    /// Writes a new account and its line in the operator's list, both or neither.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`] if storage does not answer, or the id was used before.
    pub async fn create_account(&self, account: &Account) -> AppResult<()> {
        let profile = self.new_item(&Key::Account(account.id), account)?;
        let profile = profile.condition_expression("attribute_not_exists(PK)");
        let listing = AccountListing { id: account.id, name: account.name.clone(), created: account.created };
        let listing = self.new_item(&Key::AccountListing(account.id), &listing)?;
        match self.transact([put_step(profile)?, put_step(listing)?]).await? {
            None => Ok(()),
            Some(_) => Err(AppError::unavailable("the account id was used before")),
        }
    }

    /// One account.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn account(&self, id: AccountId) -> AppResult<Option<Account>> {
        self.get(&Key::Account(id)).await
    }

    /// Replaces the hash of an account's key; `false` if it is no longer `before`, by another call.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`]; after a retry the answer may be `false` by the first attempt.
    pub async fn replace_key(
        &self,
        id: AccountId,
        before: &ApiKeyHash,
        after: &ApiKeyHash,
    ) -> AppResult<bool> {
        let update = self
            .update_account(id)
            .update_expression("SET key_hash = :after")
            .condition_expression("key_hash = :before")
            .expression_attribute_values(":after", to_attribute(after)?)
            .expression_attribute_values(":before", to_attribute(before)?);
        written(update.send().await)
    }

    /// Sets or, by an empty text, clears some of the account's postback templates; the others stay, and so does how they are
    /// sent without a `carriage`. Endpoints that asked for no more are asked again once a template is set.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn set_templates(
        &self,
        id: AccountId,
        changes: &[(LeadStatus, String)],
        carriage: Option<&CarriageChange>,
    ) -> AppResult<()> {
        let (mut sets, mut removes) = (Vec::new(), Vec::new());
        let mut update = self.update_account(id);
        for (event, template) in changes {
            update = update.expression_attribute_names(format!("#{event}"), event.name());
            if template.is_empty() {
                removes.push(format!("templates.#{event}"));
            } else {
                sets.push(format!("templates.#{event} = :{event}"));
                update = update.expression_attribute_values(format!(":{event}"), text(template));
            }
        }
        if !changes.is_empty() {
            removes.push("disabled_endpoints".to_owned());
        }
        match carriage {
            Some(CarriageChange::Own(carriage)) => {
                sets.push("carriage = :carriage".to_owned());
                update = update.expression_attribute_values(":carriage", to_attribute(carriage)?);
            }
            Some(CarriageChange::OfCampaigns) => removes.push("carriage".to_owned()),
            None => {}
        }
        let part = |word, list: Vec<String>| {
            if list.is_empty() { String::new() } else { format!("{word} {} ", list.join(", ")) }
        };
        let expression = part("SET", sets) + &part("REMOVE", removes);
        if !expression.is_empty() {
            update.update_expression(expression).send().await.map_err(unavailable)?;
        }
        Ok(())
    }

    /// Sets whether and where the owner hears of leads; `None` leaves it as it is.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn set_notify(
        &self,
        id: AccountId,
        leads: Option<bool>,
        chat: Option<NotifyChat>,
    ) -> AppResult<()> {
        let (mut sets, mut removes) = (Vec::new(), "");
        let mut update = self.update_account(id);
        if let Some(leads) = leads {
            sets.push("notify_leads = :leads");
            update = update.expression_attribute_values(":leads", AttributeValue::Bool(leads));
        }
        match chat {
            Some(NotifyChat::To(chat)) => {
                sets.push("notify_chat = :chat");
                update = update.expression_attribute_values(":chat", number(chat));
            }
            Some(NotifyChat::Nowhere) => removes = " REMOVE notify_chat",
            None => {}
        }
        let sets = if sets.is_empty() { String::new() } else { format!("SET {}", sets.join(", ")) };
        let expression = sets + removes;
        if !expression.is_empty() {
            update.update_expression(expression.trim()).send().await.map_err(unavailable)?;
        }
        Ok(())
    }

    /// Notes that the owner's chat has another id now, if it is still theirs. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn move_notify_chat(&self, id: AccountId, from: ChatId, to: ChatId) -> AppResult<()> {
        let update = self
            .update_account(id)
            .update_expression("SET notify_chat = :to")
            .condition_expression("notify_chat = :from")
            .expression_attribute_values(":to", number(to))
            .expression_attribute_values(":from", number(from));
        written(update.send().await).map(drop)
    }

    /// Suspends an account or lets it back; `false` if there is no such account. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn set_account_status(&self, id: AccountId, status: AccountStatus) -> AppResult<bool> {
        let update = self
            .update_account(id)
            .update_expression("SET #status = :status")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", to_attribute(&status)?);
        written(update.send().await)
    }

    pub(super) fn update_account(&self, id: AccountId) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(Key::Account(id).attributes()))
    }

    /// Every account, by id.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn accounts(&self) -> AppResult<Vec<AccountListing>> {
        self.query(Key::AccountListing(AccountId(0)).partition(), "ACC#").await
    }
}

/// A line of the operator's list of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountListing {
    /// The account.
    pub id: AccountId,
    /// Its name when it was made.
    pub name: String,
    /// Unix seconds.
    pub created: i64,
}
