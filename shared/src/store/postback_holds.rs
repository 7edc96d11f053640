//! Who may send a postback, and what it waits for.

use super::access::{Expiring, number, text, to_attribute, to_item, written};
use super::postbacks::kept_until;
use super::{Key, LoggedPostback, Store};
use crate::domain::course::Straggler;
use crate::domain::postback_id::PostbackId;
use crate::domain::postback_log::PostbackState;
use crate::error::AppResult;
use crate::ids::{AccountId, CampaignKey, UserId};

impl Store {
    /// Leases a postback of the log for its next attempt, if the log knows so many attempts and nobody else has it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; after a retry the answer may be `false` by the first attempt.
    pub async fn claim_postback(
        &self,
        account: AccountId,
        id: PostbackId,
        attempts: usize,
        now_ms: i64,
        until_ms: i64,
    ) -> AppResult<bool> {
        let campaign = CampaignKey { account, campaign: id.campaign };
        let spelled = id.to_string();
        let key = Key::Postback(campaign, id.event.clock, &spelled);
        self.claim_attempt(&key, attempts, now_ms, until_ms).await
    }

    /// Leases what is delivered for its next attempt, if its item knows so many attempts and nobody else has it.
    pub(super) async fn claim_attempt(
        &self,
        key: &Key<'_>,
        attempts: usize,
        now_ms: i64,
        until_ms: i64,
    ) -> AppResult<bool> {
        let known =
            if attempts == 0 { "attribute_not_exists(attempts)" } else { "size(attempts) = :attempts" };
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression("SET lease_until_ms = :until")
            .condition_expression(format!(
                "attribute_exists(PK) AND {known} AND (attribute_not_exists(lease_until_ms) OR lease_until_ms <= :now)"
            ))
            .expression_attribute_values(":until", number(until_ms))
            .expression_attribute_values(":now", number(now_ms));
        if attempts > 0 {
            update = update.expression_attribute_values(":attempts", number(attempts));
        }
        written(update.send().await)
    }

    /// Leases a postback for its first attempt that the log does not know, and writes it there as `untried`; `false` if the
    /// log knows it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; after a retry the answer may be `false` by the first attempt.
    pub async fn claim_new_postback(
        &self,
        account: AccountId,
        untried: &LoggedPostback,
        now: i64,
        until_ms: i64,
    ) -> AppResult<bool> {
        let (id, campaign) = (untried.id.to_string(), CampaignKey { account, campaign: untried.id.campaign });
        let key = Key::Postback(campaign, untried.id.event.clock, &id);
        let mut item = to_item(&key, &Expiring { value: untried, expires_at: kept_until(now) })?;
        item.insert("lease_until_ms".to_owned(), number(until_ms));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        written(put.condition_expression("attribute_not_exists(PK)").send().await)
    }

    /// Writes down what `held` waits for before its first attempt; one that the log knows stays as it is otherwise.
    /// Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn hold_postback(&self, account: AccountId, held: &LoggedPostback, now: i64) -> AppResult<()> {
        let campaign = CampaignKey { account, campaign: held.id.campaign };
        let id = held.id.to_string();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Postback(campaign, held.id.event.clock, &id).attributes()))
            .update_expression(
                "SET id = :id, subscriber = :subscriber, #hold = :hold, next_ms = :next_ms, \
                 #state = if_not_exists(#state, :pending), expires_at = :expires_at",
            )
            .expression_attribute_names("#hold", "hold")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":id", text(&id))
            .expression_attribute_values(":subscriber", number(held.subscriber))
            .expression_attribute_values(":hold", to_attribute(&held.course.hold)?)
            .expression_attribute_values(":next_ms", number(held.course.next_ms.unwrap_or_default()))
            .expression_attribute_values(":pending", to_attribute(&PostbackState::Pending)?)
            .expression_attribute_values(":expires_at", number(kept_until(now)));
        written(update.send().await).map(drop)
    }

    /// Notes on a lead which of its events the later ones have to mind, if it still has the note that was read with it:
    /// whoever notes has found that the one before holds nobody back, or waits behind it. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_straggler(
        &self,
        campaign: CampaignKey,
        user: UserId,
        seen: Option<Straggler>,
        straggler: Straggler,
    ) -> AppResult<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Lead(campaign, user).attributes()))
            .update_expression("SET straggler = :straggler")
            .expression_attribute_values(":straggler", to_attribute(&straggler)?);
        let update = match seen {
            None => update.condition_expression("attribute_exists(PK) AND attribute_not_exists(straggler)"),
            Some(seen) => update
                .condition_expression("straggler.until_ms = :seen")
                .expression_attribute_values(":seen", number(seen.until_ms)),
        };
        written(update.send().await).map(drop)
    }
}
