//! `POST /api/v1/webhooks`

use shared::domain::outreach::WebhookRecord;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::shown::Shown;

/// Makes a webhook, and shows its secret, this once.
///
/// # Errors
///
/// As [`App::create_webhook`].
pub async fn create(app: &App, call: Call) -> AppResult<Answered<Shown>> {
    let made = app.create_webhook(call.account, &call.body).await?;
    Ok(Shown::once(made, WebhookRecord::default(), Answered::Made))
}
