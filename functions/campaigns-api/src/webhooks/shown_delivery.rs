//! A delivery to a webhook as the API shows it.

use serde::Serialize;
use serde_json::{Map, Value};
use shared::domain::calendar;
use shared::domain::outreach::{WebhookDelivery, WebhookEvent};
use shared::domain::postback_log::{PostbackAttempt, PostbackError};
use shared::ids::WebhookDeliveryId;

/// An event, as one webhook was told of it, with each attempt.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownDelivery {
    id: WebhookDeliveryId,
    /// The id that the receiver gets with each attempt.
    event_id: String,
    event: WebhookEvent,
    timestamp: String,
    data: Map<String, Value>,
    status: &'static str,
    /// What went wrong last, or why it was skipped.
    error: Option<&'static str>,
    /// `null` where none is planned.
    next_attempt_at: Option<String>,
    attempts: Vec<ShownAttempt>,
}

/// One attempt.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownAttempt {
    at: String,
    took_ms: i64,
    /// `null` where there was no answer.
    status_code: Option<u16>,
    /// Why there was none.
    error: Option<&'static str>,
    /// The beginning of what the receiver said.
    response: String,
}

impl ShownDelivery {
    /// The same without what is told.
    pub fn without_data(&self) -> Self {
        Self { data: Map::new(), ..self.clone() }
    }
}

impl From<WebhookDelivery> for ShownDelivery {
    fn from(delivery: WebhookDelivery) -> Self {
        Self {
            id: delivery.id,
            event_id: delivery.message,
            event: delivery.event,
            timestamp: calendar::iso_time(delivery.time),
            data: delivery.data,
            status: delivery.state.name(),
            error: delivery.error.map(PostbackError::name),
            next_attempt_at: delivery.next_ms.map(iso_of_ms),
            attempts: delivery.attempts.into_iter().map(ShownAttempt::from).collect(),
        }
    }
}

impl From<PostbackAttempt> for ShownAttempt {
    fn from(attempt: PostbackAttempt) -> Self {
        Self {
            at: iso_of_ms(attempt.started_ms),
            took_ms: attempt.took_ms,
            status_code: attempt.code,
            error: attempt.error.map(PostbackError::name),
            response: attempt.answer,
        }
    }
}

/// A moment in Unix milliseconds, to the second.
pub fn iso_of_ms(ms: i64) -> String {
    calendar::iso_time(ms.div_euclid(1000))
}
