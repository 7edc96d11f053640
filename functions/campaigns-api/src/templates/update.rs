//! `PUT /api/v1/templates/:id`

use serde_json::{Map, Value};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::{named, shown};

/// Changes what is named of a template, and answers it whole.
///
/// # Errors
///
/// As [`App::update_template`].
pub async fn update(app: &App, call: Call) -> AppResult<Answered<Map<String, Value>>> {
    let id = named(&call)?;
    let template = app.update_template(call.account, &id, call.body).await?;
    Ok(Answered::Found(shown::in_full(&template, call.account)))
}
