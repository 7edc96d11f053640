//! `PUT /api/v1/webhooks/:id`

use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;
use super::shown::Shown;

/// Changes what is named of a webhook, and answers it whole.
///
/// # Errors
///
/// As [`App::update_webhook`].
pub async fn update(app: &App, call: Call) -> AppResult<Answered<Shown>> {
    let webhook = app.update_webhook(call.account, &named(&call)?, &call.body).await?;
    let record = app.webhook_record(call.account, &webhook.id).await?;
    Ok(Answered::Found(Shown::of(webhook, record)))
}
