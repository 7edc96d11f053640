use std::collections::HashMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::{Deserialize, Serialize};

use super::access::{from_item, number, put_step, text, update_step};
use super::{Key, Store};
use crate::domain::statistics::{CounterChange, Counters};
use crate::error::AppResult;
use crate::ids::CampaignKey;

/// Up to which record of one stream shard a campaign's counters are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    counted: String,
    expires_at: i64,
}

/// A day's row as it is read back.
#[derive(Deserialize)]
struct StoredDay {
    #[serde(rename = "SK")]
    sort: String,
    #[serde(flatten)]
    counters: Counters,
}

/// A stream keeps its records for 24 hours; a mark must outlive them.
const MARK_SECONDS: i64 = 172_800;

impl Store {
    /// The counters of one campaign; zeros where nothing was counted.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn campaign_counters(&self, campaign: CampaignKey) -> AppResult<Counters> {
        Ok(self.get(&Key::StatTotal(campaign)).await?.unwrap_or_default())
    }

    /// The counters of campaigns, in their order; zeros where nothing was counted.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn counters(&self, campaigns: &[CampaignKey]) -> AppResult<Vec<Counters>> {
        let mut found = HashMap::new();
        for some in campaigns.chunks(100) {
            for item in
                self.batch_get(some.iter().map(|campaign| Key::StatTotal(*campaign).attributes())).await?
            {
                let partition = item.get("PK").and_then(|pk| pk.as_s().ok()).cloned().unwrap_or_default();
                found.insert(partition, from_item::<Counters>(item)?);
            }
        }
        let of = |campaign: &CampaignKey| found.get(&Key::StatTotal(*campaign).partition()).copied();
        Ok(campaigns.iter().map(|campaign| of(campaign).unwrap_or_default()).collect())
    }

    /// A campaign's counters by day, from `first` to `last` (`YYYY-MM-DD`), oldest first; days without any are absent.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn daily_counters(
        &self,
        campaign: CampaignKey,
        first: &str,
        last: &str,
    ) -> AppResult<Vec<(String, Counters)>> {
        let (first, last) = (Key::StatDay(campaign, first), Key::StatDay(campaign, last));
        let days: Vec<StoredDay> = self.query_between(&first, &last).await?;
        let named = days
            .into_iter()
            .filter_map(|day| Some((day.sort.strip_prefix("DAY#")?.to_owned(), day.counters)));
        Ok(named.filter(|(_, counters)| !counters.is_zero()).collect())
    }

    /// Up to which record of a stream shard a campaign's counters are counted.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn counted_up_to(&self, campaign: CampaignKey, shard: &str) -> AppResult<Option<String>> {
        let mark: Option<Mark> = self.get(&Key::StatMark(campaign, shard)).await?;
        Ok(mark.map(|mark| mark.counted))
    }

    /// Moves a campaign's counters and the mark of a stream shard from `counted` to `sequence`, all or nothing.
    ///
    /// A transaction takes 100 steps, so the change may touch 98 days at most.
    ///
    /// `false` if the mark is no longer at `counted`: somebody else counted, read the mark again.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; after a retry the answer may be `false` by the first attempt.
    pub async fn count(
        &self,
        campaign: CampaignKey,
        change: &CounterChange,
        progress: MarkProgress<'_>,
        now: i64,
    ) -> AppResult<bool> {
        let mark = Mark { counted: progress.sequence.to_owned(), expires_at: now + MARK_SECONDS };
        let mark = self.new_item(&Key::StatMark(campaign, progress.shard), &mark)?;
        let mark = match progress.counted {
            None => mark.condition_expression("attribute_not_exists(PK)"),
            Some(counted) => mark
                .condition_expression("counted = :counted")
                .expression_attribute_values(":counted", text(counted)),
        };
        let mut steps = vec![put_step(mark)?];
        if !change.total.is_zero() {
            steps.push(self.add_counters(&Key::StatTotal(campaign), change.total)?);
        }
        for (date, day) in &change.days {
            steps.push(self.add_counters(&Key::StatDay(campaign, date), *day)?);
        }
        Ok(self.transact(steps).await?.is_none())
    }

    fn add_counters(&self, key: &Key<'_>, counters: Counters) -> AppResult<TransactWriteItem> {
        let update = self
            .update(key)
            .update_expression("ADD starts :starts, holds :holds, confirms :confirms, unsubs :unsubs")
            .expression_attribute_values(":starts", number(counters.starts))
            .expression_attribute_values(":holds", number(counters.holds))
            .expression_attribute_values(":confirms", number(counters.confirms))
            .expression_attribute_values(":unsubs", number(counters.unsubs));
        update_step(update)
    }
}

/// Which records of a stream shard one counting covers.
#[derive(Clone, Copy, Debug)]
pub struct MarkProgress<'a> {
    /// The shard.
    pub shard: &'a str,
    /// The last record counted before; `None` if none was.
    pub counted: Option<&'a str>,
    /// The last record counted now.
    pub sequence: &'a str,
}
