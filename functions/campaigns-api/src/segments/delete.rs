//! `DELETE /api/v1/segments/:id`

use serde::Serialize;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;

/// Deletes a segment that nothing needs.
///
/// # Errors
///
/// As [`App::delete_segment`].
pub async fn delete(app: &App, call: Call) -> AppResult<Answered<Deleted>> {
    app.delete_segment(call.account, &named(&call)?).await?;
    Ok(Answered::Found(Deleted { message: "Segment deleted successfully" }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Deleted {
    message: &'static str,
}
