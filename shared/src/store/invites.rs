use serde::{Deserialize, Serialize};

use super::access::{number, to_item, written};
use super::{Key, Store};
use crate::error::AppResult;
use crate::ids::CampaignKey;

/// The link that a campaign invites with when its user gave none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The link; empty where the bot could make none, and while the first is made.
    #[serde(default)]
    pub link: String,
    /// When Telegram was last asked, in Unix seconds.
    #[serde(default)]
    pub asked: i64,
}

impl Store {
    /// The link that a campaign invites with.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn invite(&self, campaign: CampaignKey) -> AppResult<Option<Invite>> {
        self.get(&Key::Invite(campaign)).await
    }

    /// Takes it on to ask Telegram for a campaign's link, for so many seconds; `false` if another call did, or has
    /// asked since `seen`. A lost answer holds it for as long, and then another call may.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`].
    pub async fn claim_invite(
        &self,
        campaign: CampaignKey,
        seen: Option<&Invite>,
        now: i64,
        seconds: i64,
    ) -> AppResult<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Invite(campaign).attributes()))
            .update_expression("SET leased_until = :until")
            .expression_attribute_values(":until", number(now.saturating_add(seconds)))
            .expression_attribute_values(":now", number(now));
        let free = "(attribute_not_exists(leased_until) OR leased_until <= :now)";
        let update = match seen.filter(|seen| seen.asked > 0) {
            None => update.condition_expression(format!("attribute_not_exists(asked) AND {free}")),
            Some(seen) => update
                .condition_expression(format!("asked = :asked AND {free}"))
                .expression_attribute_values(":asked", number(seen.asked)),
        };
        written(update.send().await)
    }

    /// Notes a campaign's link, and that nobody asks for it any more. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn keep_invite(&self, campaign: CampaignKey, invite: &Invite) -> AppResult<()> {
        let key = Key::Invite(campaign);
        let item = to_item(&key, invite)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        // A call that took longer than it was given must not undo what a later one heard.
        let put = put
            .condition_expression("attribute_not_exists(asked) OR asked <= :asked")
            .expression_attribute_values(":asked", number(invite.asked));
        written(put.send().await).map(drop)
    }
}
