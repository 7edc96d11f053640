use serde::{Deserialize, Serialize};

use super::access::to_item;
use super::keys::status_partition;
use super::ranges::{Index, RowRange, RowReader};
use super::{Key, Store};
use crate::domain::lead_event::LeadStatus;
use crate::error::AppResult;
use crate::ids::{CampaignKey, LeadId, TrackingCampaignId, UserId};

const BY_STATUS: Index = Index { name: "lead_rows_by_status", partition: "status_of" };

/// One line of a campaign's list of leads: what its facts amount to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadRow {
    /// The lead; its place in the list.
    pub lead: LeadId,
    /// The campaign.
    pub campaign: TrackingCampaignId,
    /// The subscriber.
    pub user: UserId,
    /// Their username; empty if they have none.
    #[serde(default)]
    pub username: String,
    /// The click by last touch; may be empty.
    #[serde(default)]
    pub click: String,
    /// What the lead is now.
    pub status: LeadStatus,
    /// Unix seconds of the first start.
    pub started: i64,
    /// Unix seconds of the latest join.
    pub joined: Option<i64>,
    /// Unix seconds of the latest fact.
    pub updated: i64,
}

/// Which lines of a campaign's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeadRange {
    /// The campaign.
    pub campaign: CampaignKey,
    /// Only leads that are this now.
    pub status: Option<LeadStatus>,
    /// The lowest id.
    pub first: LeadId,
    /// The highest id.
    pub last: LeadId,
}

/// A place in a campaign's list, from the newest lead to the oldest.
#[derive(Clone, Debug)]
pub struct LeadReader(RowReader);

#[derive(Serialize)]
struct StoredLine<'a> {
    #[serde(flatten)]
    row: &'a LeadRow,
    status_of: String,
}

impl LeadReader {
    /// Begins at the newest lead of a range.
    #[must_use]
    pub fn new(range: LeadRange) -> Self {
        let LeadRange { campaign, status, first, last } = range;
        let rows = RowRange::between(&Key::LeadRow(campaign, first), &Key::LeadRow(campaign, last));
        Self(RowReader::new([match status {
            None => rows,
            Some(status) => rows.in_index(BY_STATUS, status_partition(campaign, status)),
        }]))
    }
}

impl Store {
    /// Writes lines of an account's lists of leads; writing one again changes nothing or brings it up to date.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn write_lead_rows<'a>(
        &self,
        campaign: CampaignKey,
        rows: impl Iterator<Item = &'a LeadRow>,
    ) -> AppResult<()> {
        let items = rows.map(|row| {
            let status_of = status_partition(campaign, row.status);
            to_item(&Key::LeadRow(campaign, row.lead), &StoredLine { row, status_of })
        });
        self.batch_put(items.collect::<AppResult<_>>()?).await
    }

    /// The next lines, at most `limit`; fewer come only at the end.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry with a new reader.
    pub async fn next_lead_rows(&self, reader: &mut LeadReader, limit: usize) -> AppResult<Vec<LeadRow>> {
        self.next_rows(&mut reader.0, limit).await
    }

    /// Passes over lines, `count` at most, and answers how many of them are still to be read and dropped.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry with a new reader.
    pub async fn pass_lead_rows(&self, reader: &mut LeadReader, count: u64) -> AppResult<u64> {
        self.pass_rows(&mut reader.0, count).await
    }

    /// How many lines a range has; reads all of them. `None` if they are too many to be counted.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn count_lead_rows(&self, range: LeadRange) -> AppResult<Option<u64>> {
        self.count_rows(&LeadReader::new(range).0).await
    }
}
