use super::App;
use crate::domain::calendar;
use crate::domain::statistics::Counters;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, CampaignKey, TrackingCampaignId};

/// The days a question is about, by Unix seconds within its first and its last one; `None` is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayRange {
    /// Within the first day.
    pub from: Option<i64>,
    /// Within the last day.
    pub to: Option<i64>,
}

/// A campaign's counters over a range, and by day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignStatistics {
    /// The whole range.
    pub sum: Counters,
    /// `YYYY-MM-DD` and its counters, oldest first; days without any are absent.
    pub days: Vec<(String, Counters)>,
}

impl App {
    /// The counters of all of an account's campaigns together, deleted ones included.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn summary_statistics(&self, account: AccountId, range: DayRange) -> AppResult<Counters> {
        let mut sum = Counters::default();
        for campaign in self.store.campaigns(account).await? {
            sum += self.statistics_of(CampaignKey { account, campaign: campaign.id }, range).await?.sum;
        }
        Ok(sum)
    }

    /// The counters of one campaign, deleted or not.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account never had such a campaign.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn campaign_statistics(
        &self,
        account: AccountId,
        id: TrackingCampaignId,
        range: DayRange,
    ) -> AppResult<CampaignStatistics> {
        let key = CampaignKey { account, campaign: id };
        self.store.campaign(key).await?.ok_or(AppError::NotFound("campaign"))?;
        self.statistics_of(key, range).await
    }

    async fn statistics_of(&self, key: CampaignKey, range: DayRange) -> AppResult<CampaignStatistics> {
        let day = |unix: Option<i64>, open: &str| unix.map_or_else(|| open.to_owned(), calendar::date);
        let (first, last) = (day(range.from, "0000-00-00"), day(range.to, "9999-99-99"));
        let days =
            if first <= last { self.store.daily_counters(key, &first, &last).await? } else { Vec::new() };
        let mut sum = Counters::default();
        for (_, counters) in &days {
            sum += *counters;
        }
        Ok(CampaignStatistics { sum, days })
    }
}
