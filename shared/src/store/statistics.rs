use std::collections::HashMap;

use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::{Deserialize, Serialize};

use super::access::{number, put_step, text, update_step};
use super::{Item, Key, Store};
use crate::domain::statistics::{CounterChange, Counters};
use crate::error::AppResult;
use crate::ids::CampaignKey;

/// Up to which record of one stream shard a campaign's counters are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    counted: String,
    expires_at: i64,
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
        let item = self.get_item(&Key::StatTotal(campaign)).await?;
        Ok(item.as_ref().map(counters_of).unwrap_or_default())
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
                found.insert(partition, counters_of(&item));
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
        let days = self.query_between(&first, &last).await?;
        let named = days.iter().filter_map(|day| {
            let date = day.get("SK")?.as_s().ok()?.strip_prefix("DAY#")?;
            Some((date.to_owned(), counters_of(day)))
        });
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

    /// Adds what is not zero; a condition on nothing and a value for nothing would be refused.
    fn add_counters(&self, key: &Key<'_>, counters: Counters) -> AppResult<TransactWriteItem> {
        let mut update = self.update(key);
        let mut sums = Vec::new();
        for (name, value) in counters.by_name().into_iter().filter(|(_, value)| *value != 0) {
            sums.push(format!("{name} :{name}"));
            update = update.expression_attribute_values(format!(":{name}"), number(value));
        }
        update_step(update.update_expression(format!("ADD {}", sums.join(", "))))
    }
}

fn counters_of(item: &Item) -> Counters {
    Counters::from_names(|name| item.get(name)?.as_n().ok()?.parse().ok())
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
