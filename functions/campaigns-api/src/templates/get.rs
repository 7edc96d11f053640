//! `GET /api/v1/templates/:id`

use serde_json::{Map, Value};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::{named, shown};

/// One template.
///
/// # Errors
///
/// As [`App::template`].
pub async fn get(app: &App, call: Call) -> AppResult<Answered<Map<String, Value>>> {
    let template = app.template(call.account, &named(&call)?).await?;
    Ok(Answered::Found(shown::in_full(&template, call.account)))
}
