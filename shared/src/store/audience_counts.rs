//! How many people campaigns would reach, kept for a moment.

use serde::{Deserialize, Serialize};

use super::access::{Expiring, to_item};
use super::{Key, Store};
use crate::error::AppResult;
use crate::ids::{AccountId, OutreachCampaignId};

/// How many people an outreach campaign would reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCount {
    /// The campaign as it was then.
    pub version: u64,
    /// How many.
    pub reachable: u64,
    /// Whether everybody was counted.
    pub exact: bool,
}

impl Store {
    /// What was counted of up to 100 campaigns and is still good at this Unix second, in this order.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn audience_counts(
        &self,
        account: AccountId,
        campaigns: &[&OutreachCampaignId],
        now: i64,
    ) -> AppResult<Vec<Option<KeptCount>>> {
        let keys: Vec<_> = campaigns.iter().map(|id| Key::AudienceCount(account, id)).collect();
        let kept: Vec<Option<Expiring<KeptCount>>> = self.get_many(&keys).await?;
        Ok(kept.into_iter().map(|kept| kept.and_then(|kept| kept.at(now))).collect())
    }

    /// Keeps what was counted of campaigns, until this Unix second. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn keep_audience_counts(
        &self,
        account: AccountId,
        counts: &[(&OutreachCampaignId, KeptCount)],
        expires_at: i64,
    ) -> AppResult<()> {
        let items = counts.iter().map(|(id, count)| {
            to_item(&Key::AudienceCount(account, id), &Expiring { value: count, expires_at })
        });
        self.batch_put(items.collect::<AppResult<_>>()?).await
    }
}
