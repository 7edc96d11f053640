use rust_decimal::Decimal;

use super::App;
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
    /// The highest first.
    pub descending: bool,
    /// From 1.
    pub page: u64,
    /// How many a page has.
    pub limit: u64,
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
                found.push((question.rank(&campaign, body), campaign));
            }
        }
        found.sort_by(|(rank, campaign), (other_rank, other)| {
            let order = rank.cmp(other_rank).then_with(|| campaign.id.cmp(&other.id));
            if question.descending { order.reverse() } else { order }
        });
        let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let passed = usize::try_from(question.limit.saturating_mul(question.page - 1)).unwrap_or(usize::MAX);
        let limit = usize::try_from(question.limit).unwrap_or(usize::MAX);
        Ok((found.into_iter().map(|(_, campaign)| campaign).skip(passed).take(limit).collect(), total))
    }
}

impl OutreachQuestion {
    fn is_answered_by(&self, campaign: &OutreachCampaign, body: &CampaignBody) -> bool {
        let has = |text: &str, search: &str| text.to_lowercase().contains(&search.to_lowercase());
        let is_found = |search: &String| has(&body.name, search) || has(&body.description, search);
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
