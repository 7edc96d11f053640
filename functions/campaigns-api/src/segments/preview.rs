//! `POST /api/v1/segments/:id/preview`

use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;
use super::shown::Previewed;

/// Who is in a segment.
///
/// # Errors
///
/// As [`App::preview_segment`].
pub async fn preview(app: &App, call: Call) -> AppResult<Answered<Previewed>> {
    Ok(Previewed::answer(app.preview_segment(call.account, &named(&call)?).await?))
}
