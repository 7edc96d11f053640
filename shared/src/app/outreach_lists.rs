use rust_decimal::Decimal;

use super::App;
use super::list_pages::{ListPage, has_text};
use crate::domain::outreach::{CampaignBody, CampaignType, OutreachCampaign, OutreachStatus};
use crate::error::AppResult;
use crate::ids::AccountId;

/// Which outreach campaigns, in which order, and which page of them.
#[derive(Clone, Debug)]
pub struct OutreachQuestion {
    /// In this status only.
    pub status: Option<OutreachStatus>,
    /// Of this type only.
    pub kind: Option<CampaignType>,
    /// With this text in name or description, in any letter case.
    pub search: Option<String>,
    /// By what.
    pub sort: OutreachSort,
    /// Which page.
    pub page: ListPage,
}

/// What campaigns are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutreachSort {
    /// When they were made.
    CreatedAt,
    /// When they were changed last.
    UpdatedAt,
    /// Their name, in any letter case.
    Name,
    /// Their status, in the order of the contract.
    Status,
    /// When they start; those without a start first.
    StartDate,
    /// When they end; those without an end first.
    EndDate,
    /// Their budget; those without one first.
    Budget,
}

/// What a campaign is sorted by, and its id: so that the order is whole.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Time(Option<i64>),
    Text(String),
    Status(OutreachStatus),
    Amount(Option<Decimal>),
}

impl App {
    /// One page of an account's outreach campaigns, and how many there are on all pages.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn list_outreach_campaigns(
        &self,
        account: AccountId,
        question: &OutreachQuestion,
    ) -> AppResult<(Vec<OutreachCampaign>, u64)> {
        let campaigns = self.store.outreach_campaigns(account).await?;
        let mut found = Vec::new();
        for campaign in campaigns {
            let body = campaign.body()?;
            if question.is_answered_by(&campaign, &body) {
                found.push(((question.rank(&campaign, body), campaign.id.clone()), campaign));
            }
        }
        Ok(question.page.of(found))
    }
}

impl OutreachQuestion {
    fn is_answered_by(&self, campaign: &OutreachCampaign, body: &CampaignBody) -> bool {
        let is_found = |search: &String| has_text(&body.name, search) || has_text(&body.description, search);
        self.status.is_none_or(|status| status == campaign.status)
            && self.kind.is_none_or(|kind| kind == body.kind)
            && self.search.as_ref().is_none_or(is_found)
    }

    fn rank(&self, campaign: &OutreachCampaign, body: CampaignBody) -> Rank {
        match self.sort {
            OutreachSort::CreatedAt => Rank::Time(Some(campaign.created)),
            OutreachSort::UpdatedAt => Rank::Time(Some(campaign.updated)),
            OutreachSort::Name => Rank::Text(body.name.to_lowercase()),
            OutreachSort::Status => Rank::Status(campaign.status),
            OutreachSort::StartDate => Rank::Time(body.start),
            OutreachSort::EndDate => Rank::Time(body.end),
            OutreachSort::Budget => Rank::Amount(body.budget),
        }
    }
}
