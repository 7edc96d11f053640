//! Deliveries to webhooks: the first attempts come in order, what fails is tried again when it is due.

use url::{Position, Url};

use super::App;
use super::attempts::planned_ms;
use super::message_tasks::{MessageOutcome, Receipt};
use super::postback_leases::ATTEMPT_LEASE_MS;
use super::postback_retries::SKEW_MS;
use crate::domain::echo::Hidden;
use crate::domain::gate::seconds_until;
use crate::domain::outreach::WebhookDelivery;
use crate::domain::postback_log::{ATTEMPTS_MAX, PostbackError, PostbackState, state_after};
use crate::domain::verdict::{Verdict, judge};
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;
use crate::outbound::{OutboundBody, OutboundRequest};
use crate::queue::{Grouped, WebhookTask};
use crate::store::{Due, DueQueue, Webhook};

/// Why a webhook is told no more.
const GONE: &str = "the receiver answered 410 Gone";

/// A delivery that is not done with, and where it goes.
struct OpenDelivery {
    account: AccountId,
    webhook: Webhook,
    url: Url,
    delivery: WebhookDelivery,
}

/// What comes after a task was looked at.
#[derive(Clone, Copy)]
enum Next {
    /// Nothing: it is done with.
    Over,
    /// An attempt at this time, in Unix milliseconds.
    Attempt(i64),
    /// Somebody else is at it.
    Busy,
}

impl OpenDelivery {
    /// The host, and the port if it is named.
    fn host(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPort]
    }

    fn request(&self) -> OutboundRequest {
        let body = OutboundBody { media_type: "application/json", text: self.delivery.body() };
        OutboundRequest {
            url: self.url.clone(),
            id: self.delivery.message.clone(),
            body: Some(body),
            signature: None,
        }
    }
}

impl App {
    /// Makes the first attempt of a delivery, and those within its first minute while the campaign's later events wait for
    /// it: so long it holds its message, and with it its group. What fails for longer goes to the queue of retries.
    pub async fn begin_delivery(&self, task: &WebhookTask, receipt: Receipt<'_>) -> MessageOutcome {
        let begun = async {
            let Some(mut open) = self.open_webhook_delivery(task).await? else { return Ok(None) };
            let next = match open.delivery.next_ms {
                Some(due_ms) if due_ms > self.clock.now_ms() => Next::Attempt(due_ms),
                // What waited until nobody waits for it any more is tried by the other queue.
                Some(due_ms) if !self.is_waited_for(&open.delivery) => Next::Attempt(due_ms),
                _ => self.attempt_delivery(&mut open).await?,
            };
            self.go_on(task, &open, next).await
        };
        let held_ms = match begun.await {
            Ok(None) => return MessageOutcome::Done,
            Ok(Some(until_ms)) => until_ms,
            Err(error) => {
                tracing::error!(?error, "a webhook could not be told");
                return MessageOutcome::Held;
            }
        };
        let seconds = seconds_until(held_ms.saturating_add(SKEW_MS), self.clock.now_ms());
        let held = async { self.webhook_queue()?.hold(receipt.handle, seconds).await };
        if let Err(error) = held.await {
            tracing::warn!(?error, "a task is not held as long as it should be");
        }
        MessageOutcome::Held
    }

    fn is_waited_for(&self, delivery: &WebhookDelivery) -> bool {
        delivery.holds_until_ms().is_some_and(|until_ms| until_ms > self.clock.now_ms())
    }

    /// Until when the message is held, in Unix milliseconds; `None` if it is done with.
    async fn go_on(&self, task: &WebhookTask, open: &OpenDelivery, next: Next) -> AppResult<Option<i64>> {
        let due_ms = match next {
            Next::Over => return Ok(None),
            Next::Busy => return Ok(Some(self.clock.now_ms() + ATTEMPT_LEASE_MS)),
            Next::Attempt(due_ms) => due_ms,
        };
        let until_ms = open.delivery.holds_until_ms().filter(|_| self.is_waited_for(&open.delivery));
        if let Some(until_ms) = until_ms {
            return Ok(Some(due_ms.min(until_ms)));
        }
        // What has to wait for longer than the queue can delay it is written down by whoever receives it there.
        let seconds = seconds_until(due_ms.saturating_add(SKEW_MS), self.clock.now_ms());
        self.webhook_retry_queue()?.send_retry(task.spelled()?, open.host(), seconds).await?;
        Ok(None)
    }

    /// Carries out a task of the queue of retries: one attempt, if it is due. What is to be tried again, or has to wait
    /// longer, is written down until it is due.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry: at most the attempt in flight is repeated.
    pub async fn retry_delivery(&self, task: &WebhookTask) -> AppResult<MessageOutcome> {
        let Some(mut open) = self.open_webhook_delivery(task).await? else { return Ok(MessageOutcome::Done) };
        let next = match open.delivery.next_ms {
            Some(due_ms) if due_ms > self.clock.now_ms() => Next::Attempt(due_ms),
            _ => self.attempt_delivery(&mut open).await?,
        };
        match next {
            Next::Over => {}
            Next::Busy => return Ok(MessageOutcome::Held),
            Next::Attempt(due_ms) => {
                let due = webhook_due(task, open.host(), due_ms.saturating_add(SKEW_MS))?;
                self.store.put_due(&due, self.clock.now_ms()).await?;
            }
        }
        Ok(MessageOutcome::Done)
    }

    /// Reads what a task is about; `None` if nothing is to be sent, which is then in the log.
    async fn open_webhook_delivery(&self, task: &WebhookTask) -> AppResult<Option<OpenDelivery>> {
        let WebhookTask::DeliverV1 { account, webhook, delivery, .. } = task;
        let found = self.store.webhook_delivery(*account, webhook, delivery).await?;
        let Some(delivery) = found.filter(|found| found.state == PostbackState::Pending) else {
            return Ok(None);
        };
        if delivery.attempts.len() >= ATTEMPTS_MAX {
            self.store.end_delivery(*account, &delivery, PostbackState::Failed, None).await?;
            return Ok(None);
        }
        let webhook = self.store.webhook(*account, webhook).await?.filter(|webhook| webhook.body.active);
        let Some(webhook) = webhook else {
            let (skipped, error) = (PostbackState::Skipped, Some(PostbackError::Disabled));
            self.store.end_delivery(*account, &delivery, skipped, error).await?;
            return Ok(None);
        };
        let url = webhook_url(&webhook)?;
        Ok(Some(OpenDelivery { account: *account, webhook, url, delivery }))
    }

    /// Makes one more attempt, if nobody else is at it, and logs it.
    async fn attempt_delivery(&self, open: &mut OpenDelivery) -> AppResult<Next> {
        let (next, logged) = match self.attempt_and_log(open).await? {
            Some(logged) => (logged.next_ms.map_or(Next::Over, Next::Attempt), logged),
            None => return Ok(Next::Busy),
        };
        open.delivery = logged;
        Ok(next)
    }

    /// The delivery as it is logged then; `None` if somebody else is at it.
    async fn attempt_and_log(&self, open: &OpenDelivery) -> AppResult<Option<WebhookDelivery>> {
        let OpenDelivery { account, webhook, delivery, .. } = open;
        let now_ms = self.clock.now_ms();
        if !self.store.claim_delivery(*account, delivery, now_ms, now_ms + ATTEMPT_LEASE_MS).await? {
            return Ok(None);
        }
        let mut counted: Vec<_> = delivery.counted().cloned().collect();
        let hidden = Hidden::new(None);
        let send = async || self.send_signed(*account, open.request(), Some(&webhook.signing), &hidden).await;
        let (attempt, asked_ms) =
            self.attempt_if_connected((*account, open.host()), counted.len(), send).await?;
        tracing::info!(account.id = %account, webhook.id = %webhook.id, delivery.id = %delivery.id,
            code = attempt.code, error = attempt.error.map(PostbackError::name), took_ms = attempt.took_ms, "webhook");
        let verdict = judge(attempt.code);
        counted.push(attempt.clone());
        let mut logged = delivery.clone();
        logged.state = state_after(&counted);
        logged.error = attempt.error;
        logged.next_ms = match logged.state {
            PostbackState::Pending => planned_ms(&counted, asked_ms)?,
            PostbackState::Delivered | PostbackState::Failed | PostbackState::Skipped => None,
        };
        logged.attempts.push(attempt);
        if !self.store.log_delivery(*account, &logged).await? {
            return Ok(None);
        }
        if logged.state == PostbackState::Failed {
            self.tell_cloudwatch("WebhooksExhausted");
        }
        if verdict == Verdict::Disable {
            self.store.disable_webhook(*account, webhook, GONE, self.clock.now()).await?;
        }
        Ok(Some(logged))
    }
}

/// A task that is to be received when it is due, in Unix milliseconds.
pub(super) fn webhook_due(task: &WebhookTask, host: &str, due_ms: i64) -> AppResult<Due> {
    let queue = DueQueue::Webhooks;
    Ok(Due { due_ms, id: task.id(), task: task.spelled()?, queue, group: host.to_owned() })
}

/// Where a webhook leads.
pub(super) fn webhook_url(webhook: &Webhook) -> AppResult<Url> {
    Url::parse(&webhook.body.url)
        .map_err(|error| AppError::unavailable(format!("a webhook leads nowhere: {error}")))
}
