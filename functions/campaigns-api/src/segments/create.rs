//! `POST /api/v1/segments`

use serde_json::{Map, Value};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::shown;

/// Makes a segment.
///
/// # Errors
///
/// As [`App::create_segment`].
pub async fn create(app: &App, call: Call) -> AppResult<Answered<Map<String, Value>>> {
    let segment = app.create_segment(call.account, call.body).await?;
    Ok(Answered::Made(shown::segment(&segment)))
}
