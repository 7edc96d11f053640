//! `POST /api/v1/webhooks/:id/deliveries/:delivery/redeliver`

use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::ids::WebhookDeliveryId;
use shared::{App, AppError, AppResult};

use super::named;
use super::shown_delivery::ShownDelivery;

/// Tells a webhook once more, under the id of the first time.
///
/// # Errors
///
/// As [`App::redeliver`].
pub async fn redeliver(app: &App, call: Call) -> AppResult<Answered<ShownDelivery>> {
    let id = named(&call)?;
    let delivery = WebhookDeliveryId::parse(&call.delivery).ok_or(AppError::NotFound("delivery"))?;
    let delivery = ShownDelivery::from(app.redeliver(call.account, &id, &delivery).await?);
    // What it tells may name somebody, who may be erased before the call is repeated.
    let kept = delivery.without_data();
    Ok(Answered::Begun(delivery).kept_as(kept))
}
