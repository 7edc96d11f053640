//! `POST /api/v1/segments/preview`

use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::shown::Previewed;

/// Who would be in a segment that is not kept.
///
/// # Errors
///
/// As [`App::preview_body`].
pub async fn preview_body(app: &App, call: Call) -> AppResult<Answered<Previewed>> {
    Ok(Previewed::answer(app.preview_body(call.account, call.body).await?))
}
