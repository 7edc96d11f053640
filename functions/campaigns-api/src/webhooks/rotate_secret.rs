//! `POST /api/v1/webhooks/:id/rotate-secret`

use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;
use super::shown::Shown;

/// Gives a webhook a fresh secret, and shows it, this once.
///
/// # Errors
///
/// As [`App::rotate_webhook_secret`].
pub async fn rotate_secret(app: &App, call: Call) -> AppResult<Answered<Shown>> {
    let id = named(&call)?;
    let record = app.webhook_record(call.account, &id).await?;
    let rotated = app.rotate_webhook_secret(call.account, &id).await?;
    Ok(Shown::once(rotated, record, Answered::Found))
}
