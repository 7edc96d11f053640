use std::str::FromStr;

use futures::{StreamExt, TryStreamExt, stream};

use super::App;
use super::lead_merge::LeadMerge;
use super::pages::{Page, PageRequest};
use crate::domain::cursor::spell_question;
use crate::domain::lead_event::LeadStatus;
use crate::error::AppResult;
use crate::ids::{AccountId, CampaignKey, LeadId, TrackingCampaignId};
use crate::store::{LeadRange, LeadReader, LeadRow};

/// How many campaigns are counted at the same time.
const COUNTED_AT_ONCE: usize = 16;

/// Which leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeadQuestion {
    /// Of one campaign; `None` = of all, deleted ones included.
    pub campaign: Option<TrackingCampaignId>,
    /// That are this now.
    pub status: Option<LeadStatus>,
    /// Created at this Unix second or later.
    pub from: Option<i64>,
    /// Created at this Unix second or earlier.
    pub to: Option<i64>,
}

/// A row's place in the list of all campaigns: newest first, then by campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LeadPlace {
    lead: LeadId,
    campaign: TrackingCampaignId,
}

impl FromStr for LeadPlace {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (lead, campaign) = text.split_once('.').unwrap_or((text, ""));
        Ok(Self { lead: lead.parse()?, campaign: campaign.parse()? })
    }
}

impl LeadQuestion {
    /// The leads of one campaign that come after a place.
    fn range(&self, campaign: CampaignKey, after: Option<LeadPlace>) -> LeadRange {
        let first = self.from.map_or(LeadId(0), LeadId::first_of_second);
        let newest = self.to.map_or(LeadId::MAX, LeadId::last_of_second);
        let last = match after {
            None => newest,
            Some(place) if campaign.campaign < place.campaign => newest.min(place.lead),
            Some(place) => newest.min(LeadId(place.lead.0.saturating_sub(1))),
        };
        LeadRange { campaign, status: self.status, first, last }
    }

    /// All that it chooses of one campaign.
    pub(super) fn reader(&self, campaign: CampaignKey) -> LeadReader {
        LeadReader::new(self.range(campaign, None))
    }

    fn spell(&self) -> String {
        let campaign = self.campaign.and_then(|campaign| i64::try_from(campaign.0).ok());
        spell_question([campaign, self.status.map(|status| i64::from(status.number())), self.from, self.to])
    }
}

impl App {
    /// One page of an account's leads, newest first.
    ///
    /// A page of one campaign by cursor reads as many lines as it has. The total of a list without times comes from
    /// the counters; with times the lines are counted, once, and the cursor carries the number.
    ///
    /// # Errors
    ///
    /// - [`crate::AppError::NotFound`] if the account never had such a campaign.
    /// - [`crate::AppError::Parameter`] for a cursor of another list.
    /// - [`crate::AppError::Unavailable`], safe to retry.
    pub async fn list_leads(
        &self,
        account: AccountId,
        question: LeadQuestion,
        page: &PageRequest,
    ) -> AppResult<Page<LeadRow>> {
        let spelled = question.spell();
        let after: Option<(LeadPlace, u64)> = page.after(&spelled)?;
        let campaigns = self.campaigns_asked_for(account, question.campaign).await?;
        let total = match (after, question.from.or(question.to)) {
            (Some((_, total)), Some(_)) => total,
            (_, None) => self.counted_leads(&campaigns, question.status).await?,
            (None, Some(_)) => self.count_leads(&campaigns, &question).await?,
        };
        let place = after.map(|(place, _)| place);
        let readers = campaigns.iter().map(|campaign| LeadReader::new(question.range(*campaign, place)));
        let mut leads = LeadMerge::new(readers, page.limit);
        leads.pass(&self.store, page.offset()).await?;
        let rows = leads.take(&self.store, page.limit).await?;
        let place = |row: &LeadRow| format!("{}.{}", row.lead, row.campaign);
        Ok(Page::new(rows, total, page.limit, spelled, place))
    }

    /// How many leads campaigns have, by their counters.
    async fn counted_leads(&self, campaigns: &[CampaignKey], status: Option<LeadStatus>) -> AppResult<u64> {
        let counters = self.store.counters(campaigns).await?;
        let leads = counters.iter().map(|counters| match status {
            None => counters.starts,
            Some(status) => counters.in_status(status),
        });
        Ok(u64::try_from(leads.sum::<i64>()).unwrap_or_default())
    }

    /// The same by counting lines.
    async fn count_leads(&self, campaigns: &[CampaignKey], question: &LeadQuestion) -> AppResult<u64> {
        let ranges = campaigns.iter().map(|campaign| question.range(*campaign, None));
        let counts: Vec<_> = ranges.map(|range| self.store.count_lead_rows(range)).collect();
        let counts: Vec<u64> = stream::iter(counts).buffer_unordered(COUNTED_AT_ONCE).try_collect().await?;
        Ok(counts.into_iter().sum())
    }
}
