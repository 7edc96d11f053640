//! Webhooks: where an account hears of what happens.

pub mod create;
pub mod delete;
pub mod deliveries;
pub mod get;
pub mod list;
pub mod redeliver;
pub mod rotate_secret;
mod shown;
mod shown_delivery;
pub mod test;
pub mod update;

use shared::edge::campaigns_api::Call;
use shared::ids::WebhookId;
use shared::{AppError, AppResult};

/// The webhook that the path names.
fn named(call: &Call) -> AppResult<WebhookId> {
    WebhookId::parse(&call.id).ok_or(AppError::NotFound("webhook"))
}
