//! `DELETE /api/v1/webhooks/:id`

use serde::Serialize;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;

/// Deletes a webhook.
///
/// # Errors
///
/// As [`App::delete_webhook`].
pub async fn delete(app: &App, call: Call) -> AppResult<Answered<Deleted>> {
    app.delete_webhook(call.account, &named(&call)?).await?;
    Ok(Answered::Found(Deleted { message: "Webhook deleted successfully" }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Deleted {
    message: &'static str,
}
