//! `PUT /api/v1/segments/:id`

use serde_json::{Map, Value};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::{named, shown};

/// Changes what is named of a segment, and answers it whole.
///
/// # Errors
///
/// As [`App::update_segment`].
pub async fn update(app: &App, call: Call) -> AppResult<Answered<Map<String, Value>>> {
    let id = named(&call)?;
    let segment = app.update_segment(call.account, &id, call.body).await?;
    Ok(Answered::Found(shown::segment(&segment)))
}
