//! `POST /api/v1/webhooks/:id/test`

use serde::Serialize;
use shared::domain::postback_log::{PostbackError, PostbackState};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;

/// Asks the receiver once, and tells what came of it.
///
/// # Errors
///
/// As [`App::test_webhook`].
pub async fn test(app: &App, call: Call) -> AppResult<Answered<Tested>> {
    let attempt = app.test_webhook(call.account, &named(&call)?).await?;
    Ok(Answered::Found(Tested {
        delivered: attempt.verdict() == PostbackState::Delivered,
        status_code: attempt.code,
        error: attempt.error.map(PostbackError::name),
        took_ms: attempt.took_ms,
        response: attempt.answer,
    }))
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tested {
    delivered: bool,
    /// `null` where there was no answer.
    status_code: Option<u16>,
    /// Why there was none.
    error: Option<&'static str>,
    took_ms: i64,
    /// The beginning of what the receiver said.
    response: String,
}
