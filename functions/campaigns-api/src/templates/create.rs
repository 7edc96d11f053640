//! `POST /api/v1/templates`

use serde::Serialize;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::ids::TemplateId;
use shared::{App, AppResult};

/// Makes a template.
///
/// # Errors
///
/// As [`App::create_template`].
pub async fn create(app: &App, call: Call) -> AppResult<Answered<Created>> {
    let template = app.create_template(call.account, call.body).await?;
    let name = template.body()?.name;
    let message = "Template created successfully";
    Ok(Answered::Made(Created { id: template.id, name, version: template.version, message }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Created {
    id: TemplateId,
    name: String,
    version: u64,
    message: &'static str,
}
