//! One event on its way to one webhook, and what the log knows of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::json_text;
use super::webhook::WebhookEvent;
use crate::domain::calendar;
use crate::domain::course::HOLD_MS;
use crate::domain::postback_log::{PostbackAttempt, PostbackError, PostbackState};
use crate::ids::{UserId, WebhookDeliveryId, WebhookId};

/// An event, as one webhook is told of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookDelivery {
    /// Its id, which sorts by the time of the event.
    pub id: WebhookDeliveryId,
    /// To where.
    pub webhook: WebhookId,
    /// The event's id: the same for all webhooks and attempts.
    pub message: String,
    /// What happened.
    pub event: WebhookEvent,
    /// When, in Unix seconds.
    pub time: i64,
    /// Its place among the events of its campaign; `None` where it has none.
    pub sequence: Option<u64>,
    /// What is told of it.
    #[serde(with = "json_text")]
    pub data: Map<String, Value>,
    /// Whom it names; it goes with them.
    pub subscriber: Option<UserId>,
    /// Where it stands.
    pub state: PostbackState,
    /// What went wrong last, or why it was skipped.
    #[serde(default)]
    pub error: Option<PostbackError>,
    /// First to last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<PostbackAttempt>,
    /// When it was last asked for again, in Unix milliseconds: attempts from before that count for nothing.
    #[serde(default)]
    pub asked_ms: Option<i64>,
    /// When the next attempt is due, in Unix milliseconds; `None` where none is planned.
    #[serde(default)]
    pub next_ms: Option<i64>,
}

/// How a webhook fares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WebhookRecord {
    /// How many requests to it failed in a row.
    #[serde(default)]
    pub failures: u64,
    /// The last one.
    #[serde(default)]
    pub last: Option<LastDelivery>,
}

/// The last request to a webhook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastDelivery {
    /// Of which delivery.
    pub id: WebhookDeliveryId,
    /// What it told.
    pub event: WebhookEvent,
    /// Whether the receiver took it.
    pub delivered: bool,
    /// The HTTP status, if there was an answer.
    pub code: Option<u16>,
    /// When it began, in Unix milliseconds.
    pub started_ms: i64,
}

impl WebhookDelivery {
    /// The attempts that count.
    pub fn counted(&self) -> impl Iterator<Item = &PostbackAttempt> {
        self.attempts.iter().filter(|attempt| self.asked_ms.is_none_or(|asked| attempt.started_ms >= asked))
    }

    /// Until when the campaign's later events wait for it, in Unix milliseconds; `None` where none do.
    #[must_use]
    pub fn holds_until_ms(&self) -> Option<i64> {
        let first = self.attempts.first().filter(|_| self.sequence.is_some() && self.asked_ms.is_none())?;
        Some(first.started_ms.saturating_add(HOLD_MS))
    }

    /// What is posted: the same at each attempt.
    #[must_use]
    pub fn body(&self) -> String {
        let time = calendar::iso_time(self.time);
        json!({"id": self.message, "type": self.event, "timestamp": time, "data": self.data}).to_string()
    }
}
