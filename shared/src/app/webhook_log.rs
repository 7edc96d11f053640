//! What webhooks were told, and what is to be told again.

use super::App;
use super::webhook_deliveries::{webhook_due, webhook_url};
use crate::domain::cursor::Cursor;
use crate::domain::outreach::{WebhookDelivery, WebhookRecord};
use crate::domain::postback_log::{ATTEMPTS_MAX, PostbackState};
use crate::domain::schedule::TRIES;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, WebhookDeliveryId, WebhookId};
use crate::queue::WebhookTask;

/// After how many milliseconds what is asked for again is made if the queue was not told of it.
const AGAIN_MS: i64 = 120_000;

impl App {
    /// Some of what a webhook was told, the latest first, at most `limit`, in one state or any, and where to go on; `None` at
    /// the end.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such webhook.
    /// - [`AppError::InvalidCursor`] for the cursor of another list.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn webhook_deliveries(
        &self,
        account: AccountId,
        id: &WebhookId,
        state: Option<PostbackState>,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> AppResult<(Vec<WebhookDelivery>, Option<Cursor>)> {
        self.webhook(account, id).await?;
        let question = format!("{id}.{}", state.map_or("all", PostbackState::name));
        let place = |cursor: &Cursor| {
            let place = WebhookDeliveryId::parse(&cursor.place).filter(|_| cursor.question == question);
            place.ok_or(AppError::InvalidCursor)
        };
        let after = cursor.map(place).transpose()?;
        let (found, more) = self.store.webhook_deliveries(account, id, state, after.as_ref(), limit).await?;
        let last = found.last().filter(|_| more).map(|last| last.id.to_string());
        Ok((found, last.map(|place| Cursor { place, total: 0, question })))
    }

    /// How a webhook fares.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn webhook_record(&self, account: AccountId, id: &WebhookId) -> AppResult<WebhookRecord> {
        self.store.webhook_record(account, id).await
    }

    /// How webhooks fare, in their order.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn webhook_records(
        &self,
        account: AccountId,
        ids: &[&WebhookId],
    ) -> AppResult<Vec<WebhookRecord>> {
        self.store.webhook_records(account, ids).await
    }

    /// Tells a webhook once more, under the ids and with the words of the first time, with a schedule of its own.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such webhook, or that no such delivery.
    /// - [`AppError::NotRedeliverable`] if the webhook is inactive, or the delivery on its way, or tried too often.
    /// - [`AppError::Unavailable`]; it may be made all the same.
    pub async fn redeliver(
        &self,
        account: AccountId,
        id: &WebhookId,
        delivery: &WebhookDeliveryId,
    ) -> AppResult<WebhookDelivery> {
        let webhook = self.webhook(account, id).await?;
        let known = self.store.webhook_delivery(account, id, delivery).await?;
        let mut known = known.ok_or(AppError::NotFound("delivery"))?;
        if !webhook.body.active {
            return Err(AppError::NotRedeliverable("the webhook is not active"));
        }
        if known.attempts.len() + TRIES > ATTEMPTS_MAX {
            return Err(AppError::NotRedeliverable("the delivery was tried too often"));
        }
        let (url, now_ms, about) = (webhook_url(&webhook)?, self.clock.now_ms(), delivery.to_string());
        let task = WebhookTask::DeliverV1 { account, webhook: id.clone(), delivery: delivery.clone(), about };
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let due = webhook_due(&task, host, now_ms + AGAIN_MS)?;
        if !self.store.ask_for_delivery(account, &known, &due, now_ms).await? {
            return Err(AppError::NotRedeliverable("the delivery is on its way"));
        }
        // The due item makes up for a queue that does not take it.
        let queued = async { self.webhook_retry_queue()?.send_retry(task.spelled()?, host, 0).await };
        if let Err(error) = queued.await {
            tracing::warn!(?error, "what is to be told again waits for the sweep");
        }
        (known.state, known.asked_ms, known.next_ms) = (PostbackState::Pending, Some(now_ms), None);
        Ok(known)
    }
}
