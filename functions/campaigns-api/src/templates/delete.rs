//! `DELETE /api/v1/templates/:id`

use serde::Serialize;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;

/// Deletes a template.
///
/// # Errors
///
/// As [`App::delete_template`].
pub async fn delete(app: &App, call: Call) -> AppResult<Answered<Deleted>> {
    app.delete_template(call.account, &named(&call)?).await?;
    Ok(Answered::Found(Deleted { message: "Template deleted successfully" }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Deleted {
    message: &'static str,
}
