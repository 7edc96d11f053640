//! A webhook as the API shows it.

use serde::Serialize;
use shared::domain::calendar;
use shared::domain::outreach::{LastDelivery, WebhookBody, WebhookEvent, WebhookRecord};
use shared::edge::envelope::Answered;
use shared::ids::{WebhookDeliveryId, WebhookId};
use shared::secret::SigningSecret;
use shared::store::Webhook;

use super::shown_delivery::iso_of_ms;

/// What the client said of it; the secret only in the answer that gives it out.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    id: WebhookId,
    #[serde(flatten)]
    body: WebhookBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// Why it is told nothing any more, if the client did not say so.
    disabled_reason: Option<String>,
    /// How many requests to it failed in a row.
    failure_count: u64,
    /// `null` where nothing was told within thirty days.
    last_delivery: Option<Last>,
    version: u64,
    created_at: String,
    updated_at: String,
}

/// The last request to a webhook.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Last {
    id: WebhookDeliveryId,
    event: WebhookEvent,
    delivered: bool,
    /// `null` where there was no answer.
    status_code: Option<u16>,
    at: String,
}

impl From<LastDelivery> for Last {
    fn from(last: LastDelivery) -> Self {
        let LastDelivery { id, event, delivered, code: status_code, started_ms } = last;
        Self { id, event, delivered, status_code, at: iso_of_ms(started_ms) }
    }
}

impl Shown {
    /// A webhook, and how it fares.
    pub fn of(webhook: Webhook, record: WebhookRecord) -> Self {
        Self {
            id: webhook.id,
            body: webhook.body,
            secret: None,
            disabled_reason: webhook.disabled_reason,
            failure_count: record.failures,
            last_delivery: record.last.map(Last::from),
            version: webhook.version,
            created_at: calendar::iso_time(webhook.created),
            updated_at: calendar::iso_time(webhook.updated),
        }
    }

    /// With its secret, of which a repeat of the call shows nothing.
    pub fn once(
        (webhook, secret): (Webhook, SigningSecret),
        record: WebhookRecord,
        answered: fn(Self) -> Answered<Self>,
    ) -> Answered<Self> {
        let kept = Self::of(webhook, record);
        answered(Self { secret: Some(secret.reveal()), ..kept.clone() }).kept_as(kept)
    }
}
