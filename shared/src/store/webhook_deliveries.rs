//! The log of what webhooks are told.

use super::access::{
    Expiring, number, put_step, text, to_attribute, to_item, unavailable, update_step, written,
};
use super::postbacks::{Addition, kept_until};
use super::ranges::{RowRange, RowReader};
use super::told_keys::ToldKey;
use super::{Due, Item, Key, Order, Store};
use crate::domain::outreach::{LastDelivery, WebhookDelivery, WebhookRecord};
use crate::domain::postback_log::{ATTEMPTS_MAX, PostbackAttempt, PostbackError, PostbackState};
use crate::domain::schedule::TRIES;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, UserId, WebhookDeliveryId, WebhookId};
use aws_sdk_dynamodb::types::builders::UpdateBuilder;

impl Store {
    /// Writes a delivery that is not known; one that is stays as it is.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn put_delivery(
        &self,
        account: AccountId,
        delivery: &WebhookDelivery,
        now: i64,
    ) -> AppResult<()> {
        let key = Key::Told(ToldKey::Delivery(account, &delivery.webhook, &delivery.id));
        let item = to_item(&key, &Expiring { value: delivery, expires_at: kept_until(now) })?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        written(put.condition_expression("attribute_not_exists(PK)").send().await).map(drop)
    }

    /// One delivery to a webhook.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn webhook_delivery(
        &self,
        account: AccountId,
        webhook: &WebhookId,
        id: &WebhookDeliveryId,
    ) -> AppResult<Option<WebhookDelivery>> {
        self.get(&Key::Told(ToldKey::Delivery(account, webhook, id))).await
    }

    /// Some deliveries to a webhook, the latest first: at most `limit`, beyond `after`, in one state or any, and whether
    /// there may be more.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn webhook_deliveries(
        &self,
        account: AccountId,
        webhook: &WebhookId,
        state: Option<PostbackState>,
        after: Option<&WebhookDeliveryId>,
        limit: usize,
    ) -> AppResult<(Vec<WebhookDelivery>, bool)> {
        let [first, last] = [WebhookDeliveryId::of("0"), WebhookDeliveryId::of("~")];
        let bound = |id| Key::Told(ToldKey::Delivery(account, webhook, id));
        let after = after.map(bound);
        let range = RowRange::between(&bound(&first), &bound(&last));
        let mut range = range.read_from(Order::NewestFirst, after.as_ref());
        if let Some(state) = state {
            range = range.filtered("state", to_attribute(&state)?);
        }
        let mut reader = RowReader::new([range]);
        let found = self.next_rows(&mut reader, limit).await?;
        Ok((found, !reader.is_at_end()))
    }

    /// Leases a delivery for its next attempt, if the log knows so many and nobody else has it.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`]; after a retry the answer may be `false` by the first attempt.
    pub async fn claim_delivery(
        &self,
        account: AccountId,
        delivery: &WebhookDelivery,
        now_ms: i64,
        until_ms: i64,
    ) -> AppResult<bool> {
        let key = Key::Told(ToldKey::Delivery(account, &delivery.webhook, &delivery.id));
        self.claim_attempt(&key, delivery.attempts.len(), now_ms, until_ms).await
    }

    /// Adds the last attempt of `delivery` to the log, with its state, error and what is planned, and counts it with the
    /// webhook if a request was made, if the log knows all the attempts before it and no other; a lease is over then.
    /// `false` if somebody else tried it meanwhile, or it is gone.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn log_delivery(&self, account: AccountId, delivery: &WebhookDelivery) -> AppResult<bool> {
        let Some((attempt, known)) = delivery.attempts.split_last() else {
            return Err(AppError::unavailable("a delivery without an attempt"));
        };
        let (next, gone) = match delivery.next_ms {
            Some(_) => (", next_ms = :next_ms", ""),
            None => ("", ", next_ms"),
        };
        let Addition { attempts, silenced, mut values } = Addition::of(attempt, known.len())?;
        values.extend(delivery.next_ms.map(|next_ms| (":next_ms".to_owned(), number(next_ms))));
        let mut update = self
            .update(&Key::Told(ToldKey::Delivery(account, &delivery.webhook, &delivery.id)))
            .update_expression(format!(
                "SET #state = :state, #error = :error, {attempts}, expires_at = :expires_at{next} \
                 REMOVE lease_until_ms{gone}{silenced}"
            ))
            .set_expression_attribute_values(Some(values))
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#error", "error")
            .expression_attribute_values(":state", to_attribute(&delivery.state)?)
            .expression_attribute_values(":error", to_attribute(&delivery.error)?)
            .expression_attribute_values(":expires_at", number(kept_until(attempt.started_ms / 1000)));
        update = match known.len() {
            0 => update.condition_expression("attribute_exists(PK) AND attribute_not_exists(attempts)"),
            known => update
                .condition_expression("size(attempts) = :known")
                .expression_attribute_values(":known", number(known)),
        };
        let mut steps = vec![update_step(update)?];
        // A circuit asks nobody.
        if attempt.error != Some(PostbackError::Circuit) {
            steps.push(update_step(self.counted_with_webhook(account, delivery, attempt)?)?);
        }
        Ok(self.transact(steps).await?.is_none())
    }

    fn counted_with_webhook(
        &self,
        account: AccountId,
        delivery: &WebhookDelivery,
        attempt: &PostbackAttempt,
    ) -> AppResult<UpdateBuilder> {
        let delivered = attempt.verdict() == PostbackState::Delivered;
        let last = LastDelivery {
            id: delivery.id.clone(),
            event: delivery.event,
            delivered,
            code: attempt.code,
            started_ms: attempt.started_ms,
        };
        let update = self
            .update(&Key::Told(ToldKey::Record(account, &delivery.webhook)))
            .expression_attribute_names("#last", "last")
            .expression_attribute_values(":last", to_attribute(&last)?)
            .expression_attribute_values(":expires_at", number(kept_until(attempt.started_ms / 1000)));
        Ok(match delivered {
            true => update.update_expression("SET #last = :last, expires_at = :expires_at REMOVE failures"),
            false => update
                .update_expression("SET #last = :last, expires_at = :expires_at ADD failures :one")
                .expression_attribute_values(":one", number(1)),
        })
    }

    /// How a webhook fares.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn webhook_record(&self, account: AccountId, webhook: &WebhookId) -> AppResult<WebhookRecord> {
        Ok(self.get(&Key::Told(ToldKey::Record(account, webhook))).await?.unwrap_or_default())
    }

    /// How webhooks fare, in their order.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn webhook_records(
        &self,
        account: AccountId,
        webhooks: &[&WebhookId],
    ) -> AppResult<Vec<WebhookRecord>> {
        let keys: Vec<_> =
            webhooks.iter().map(|webhook| Key::Told(ToldKey::Record(account, webhook))).collect();
        let found: Vec<Option<WebhookRecord>> = self.get_many(&keys).await?;
        Ok(found.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// Ends a delivery that is pending otherwise than its attempts do. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn end_delivery(
        &self,
        account: AccountId,
        delivery: &WebhookDelivery,
        state: PostbackState,
        error: Option<PostbackError>,
    ) -> AppResult<()> {
        let key = Key::Told(ToldKey::Delivery(account, &delivery.webhook, &delivery.id));
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression("SET #state = :state, #error = :error REMOVE next_ms")
            .condition_expression("#state = :pending")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#error", "error")
            .expression_attribute_values(":state", to_attribute(&state)?)
            .expression_attribute_values(":error", to_attribute(&error)?)
            .expression_attribute_values(":pending", to_attribute(&PostbackState::Pending)?);
        written(update.send().await).map(drop)
    }

    /// Has a delivery made again that is not pending, on condition that there is room for its attempts, with a due item in
    /// case the queue is not told; `false` if that is not so.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn ask_for_delivery(
        &self,
        account: AccountId,
        delivery: &WebhookDelivery,
        due: &Due,
        now_ms: i64,
    ) -> AppResult<bool> {
        let update = self
            .update(&Key::Told(ToldKey::Delivery(account, &delivery.webhook, &delivery.id)))
            .update_expression(
                "SET #state = :pending, asked_ms = :now, expires_at = :expires_at REMOVE next_ms",
            )
            .condition_expression(
                "attribute_exists(PK) AND #state <> :pending \
                 AND (attribute_not_exists(attempts) OR size(attempts) <= :most)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":pending", to_attribute(&PostbackState::Pending)?)
            .expression_attribute_values(":now", number(now_ms))
            .expression_attribute_values(":most", number(ATTEMPTS_MAX - TRIES))
            .expression_attribute_values(":expires_at", number(kept_until(now_ms.div_euclid(1000))));
        let due = put_step(self.new_item(&due.unswept_key(now_ms), due)?)?;
        Ok(self.transact([update_step(update)?, due]).await?.is_none())
    }

    /// Deletes the deliveries of a megabyte of a webhook's log that name a person and tell of something up to `until`, in
    /// Unix seconds, beyond `after`; answers how far that was, `None` at the end. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn erase_deliveries(
        &self,
        account: AccountId,
        webhook: &WebhookId,
        (user, until): (UserId, i64),
        after: Option<&str>,
    ) -> AppResult<Option<String>> {
        let end = WebhookDeliveryId::of(&format!("{:011}", until.saturating_add(1)));
        let key = Key::Told(ToldKey::Delivery(account, webhook, &end));
        let start = after.map(|after| {
            Item::from([("PK".to_owned(), text(key.partition())), ("SK".to_owned(), text(after))])
        });
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND SK < :end")
            .filter_expression("subscriber = :user")
            .projection_expression("PK, SK")
            .expression_attribute_values(":pk", text(key.partition()))
            .expression_attribute_values(":end", text(key.sort()))
            .expression_attribute_values(":user", number(user))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(unavailable)?;
        self.batch_delete(answer.items.unwrap_or_default()).await?;
        let last = answer.last_evaluated_key.and_then(|key| key.get("SK").cloned());
        Ok(last.and_then(|last| last.as_s().ok().cloned()))
    }
}
