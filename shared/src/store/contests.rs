//! Contests: what was fixed when one began, when its entries were closed, and when it was drawn.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::access::{number, to_attribute, to_item, update_step, written};
use super::contest_keys::ContestKey;
use super::{Key, Store};
use crate::domain::outreach::{NUMBER_ROWS, Pick};
use crate::error::AppResult;
use crate::ids::{AccountId, BotId, ChatId, OutreachCampaignId};
use crate::secret::SealedSecret;

/// A contest, from before its first message on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldContest {
    /// What the winners follow from, sealed for the account.
    pub sealed_seed: SealedSecret,
    /// SHA-256 of that, in hex.
    pub seed_hash: String,
    /// When it began, in Unix seconds.
    pub begun: i64,
    /// Of which chat entrants are members; `None` if anybody may enter.
    #[serde(default)]
    pub chat: Option<ChatId>,
    /// Who asks Telegram whether they are.
    #[serde(default)]
    pub asker: Option<BotId>,
    /// What was fixed when entries were closed; `None` before that.
    #[serde(default)]
    pub closed: Option<ClosedContest>,
    /// The numbers that the draw came past so far, in order.
    #[serde(default)]
    pub picks: Vec<Pick>,
    /// What is shown from the draw on; `None` before it is done.
    #[serde(default)]
    pub drawn: Option<DrawnContest>,
}

/// What is fixed when entries are closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedContest {
    /// How many entries each row has.
    pub rows: Vec<u64>,
    /// How many are to win.
    pub winners: u64,
    /// Unix seconds.
    pub time: i64,
}

/// What is shown from the draw on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawnContest {
    /// What the winners follow from, in hex.
    pub seed: String,
    /// Unix seconds.
    pub time: i64,
}

impl Store {
    /// The contest of a campaign; `None` before it began.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn contest(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<Option<HeldContest>> {
        self.get(&Key::Contest(ContestKey::Contest(account, campaign))).await
    }

    /// Begins a contest; `false` if it has begun, and stays as it is.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn begin_contest(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        contest: &HeldContest,
    ) -> AppResult<bool> {
        let item = to_item(&Key::Contest(ContestKey::Contest(account, campaign)), contest)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        written(put.condition_expression("attribute_not_exists(PK)").send().await)
    }

    /// Has every row take no more entries, and answers how many each has for ever. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn close_entries(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<Vec<u64>> {
        for row in 0..NUMBER_ROWS {
            // As a transaction, because that is tried again while it meets presses.
            let key = Key::Contest(ContestKey::Row(account, campaign, row));
            let close = self.update(&key).update_expression("SET closed = :yes");
            let close = close.expression_attribute_values(":yes", AttributeValue::Bool(true));
            self.transact([update_step(close)?]).await?;
        }
        self.entries_by_row(account, campaign).await
    }

    /// Notes what is fixed with the closing, unless it is noted already.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_closed(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        closed: &ClosedContest,
    ) -> AppResult<()> {
        let update = self
            .move_contest(account, campaign)
            .update_expression("SET closed = :closed, picks = :none")
            .condition_expression("attribute_exists(PK) AND attribute_not_exists(closed)")
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":closed", to_attribute(closed)?);
        written(update.send().await).map(drop)
    }

    /// Notes a number that the draw came past behind so many others; `false` if another one is noted there.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn add_pick(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        before: usize,
        pick: Pick,
    ) -> AppResult<bool> {
        let update = self
            .move_contest(account, campaign)
            .update_expression("SET picks = list_append(picks, :pick)")
            .condition_expression("size(picks) = :before AND attribute_not_exists(drawn)")
            .expression_attribute_values(":before", number(before))
            .expression_attribute_values(":pick", AttributeValue::L(vec![to_attribute(&pick)?]));
        written(update.send().await)
    }

    /// Shows what the winners followed from, unless that is shown already.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_drawn(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        drawn: &DrawnContest,
    ) -> AppResult<()> {
        let update = self
            .move_contest(account, campaign)
            .update_expression("SET drawn = :drawn")
            .condition_expression("attribute_exists(closed) AND attribute_not_exists(drawn)")
            .expression_attribute_values(":drawn", to_attribute(drawn)?);
        written(update.send().await).map(drop)
    }

    fn move_contest(&self, account: AccountId, campaign: &OutreachCampaignId) -> UpdateItemFluentBuilder {
        let key = Key::Contest(ContestKey::Contest(account, campaign));
        self.client.update_item().table_name(&self.table).set_key(Some(key.attributes()))
    }
}
