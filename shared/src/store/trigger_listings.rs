//! By what the active campaigns of an account are sent to one person at a time: a row for each, written and deleted in the
//! transaction of its campaign's change.

use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::{Deserialize, Serialize};

use super::access::{delete_step, put_step};
use super::{Key, Store};
use crate::domain::outreach::Triggers;
use crate::error::AppResult;
use crate::ids::{AccountId, OutreachCampaignId};

/// By what one campaign is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerListing {
    /// The campaign.
    pub campaign: OutreachCampaignId,
    /// What names people to it.
    pub triggers: Triggers,
}

impl Store {
    /// What every active campaign of an account is sent by that has triggers, as it is now.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn trigger_listings(&self, account: AccountId) -> AppResult<Vec<TriggerListing>> {
        let any = OutreachCampaignId::default();
        self.query(Key::TriggerListing(account, &any).partition(), "CAMP#").await
    }

    /// What a change of a campaign does to its row, for the transaction that writes the change; `None` where it has none
    /// and gets none.
    pub(super) fn listing_step(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        listing: Option<Triggers>,
        is_listed: bool,
    ) -> AppResult<Option<TransactWriteItem>> {
        let key = Key::TriggerListing(account, campaign);
        match listing {
            Some(triggers) => {
                let listing = TriggerListing { campaign: campaign.clone(), triggers };
                put_step(self.new_item(&key, &listing)?).map(Some)
            }
            None if is_listed => delete_step(self.removal(&key)).map(Some),
            None => Ok(None),
        }
    }
}
