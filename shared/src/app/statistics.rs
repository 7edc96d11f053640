use futures::{StreamExt, TryStreamExt, stream};

use super::App;
use crate::domain::calendar;
use crate::domain::retention::{Cohort, cohort};
use crate::domain::statistics::Counters;
use crate::error::AppResult;
use crate::ids::{AccountId, CampaignKey, TrackingCampaignId};

/// How many campaigns are asked at the same time.
const ASKED_AT_ONCE: usize = 16;

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
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn summary_statistics(&self, account: AccountId, range: DayRange) -> AppResult<Counters> {
        let campaigns = self.campaigns_asked_for(account, None).await?;
        let counters = if range == DayRange::default() {
            self.store.counters(&campaigns).await?
        } else {
            let asked: Vec<_> =
                campaigns.into_iter().map(|campaign| self.statistics_of(campaign, range)).collect();
            let answers = stream::iter(asked).buffer_unordered(ASKED_AT_ONCE);
            answers.map_ok(|statistics| statistics.sum).try_collect::<Vec<_>>().await?
        };
        Ok(counters.into_iter().sum())
    }

    /// The counters of one campaign, deleted or not.
    ///
    /// # Errors
    ///
    /// - [`crate::AppError::NotFound`] if the account never had such a campaign.
    /// - [`crate::AppError::Unavailable`], safe to retry.
    pub async fn campaign_statistics(
        &self,
        account: AccountId,
        id: TrackingCampaignId,
        range: DayRange,
    ) -> AppResult<CampaignStatistics> {
        let key = self.known_campaign(account, id).await?;
        self.statistics_of(key, range).await
    }

    /// Who of one campaign, deleted or not, stayed for how long, by join day, oldest first.
    ///
    /// # Errors
    ///
    /// - [`crate::AppError::NotFound`] if the account never had such a campaign.
    /// - [`crate::AppError::Unavailable`], safe to retry.
    pub async fn retention(&self, account: AccountId, id: TrackingCampaignId) -> AppResult<Vec<Cohort>> {
        let days = self.campaign_statistics(account, id, DayRange::default()).await?.days;
        let now = self.clock.now();
        let joined = days.iter().filter(|(_, day)| day.confirms > 0);
        Ok(joined.map(|(date, day)| cohort(date, day, now)).collect())
    }

    async fn statistics_of(&self, key: CampaignKey, range: DayRange) -> AppResult<CampaignStatistics> {
        let day = |unix: Option<i64>, open: &str| unix.map_or_else(|| open.to_owned(), calendar::date);
        let (first, last) = (day(range.from, "0000-00-00"), day(range.to, "9999-99-99"));
        let days =
            if first <= last { self.store.daily_counters(key, &first, &last).await? } else { Vec::new() };
        Ok(CampaignStatistics { sum: days.iter().map(|(_, counters)| *counters).sum(), days })
    }
}
