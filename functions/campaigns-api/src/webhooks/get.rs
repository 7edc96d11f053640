//! `GET /api/v1/webhooks/:id`

use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;
use super::shown::Shown;

/// One webhook.
///
/// # Errors
///
/// As [`App::webhook`].
pub async fn get(app: &App, call: Call) -> AppResult<Answered<Shown>> {
    let webhook = app.webhook(call.account, &named(&call)?).await?;
    let record = app.webhook_record(call.account, &webhook.id).await?;
    Ok(Answered::Found(Shown::of(webhook, record)))
}
