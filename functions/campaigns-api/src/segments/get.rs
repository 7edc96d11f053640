//! `GET /api/v1/segments/:id`

use serde_json::{Map, Value};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::{named, shown};

/// One segment.
///
/// # Errors
///
/// As [`App::segment`].
pub async fn get(app: &App, call: Call) -> AppResult<Answered<Map<String, Value>>> {
    let segment = app.segment(call.account, &named(&call)?).await?;
    Ok(Answered::Found(shown::segment(&segment)))
}
