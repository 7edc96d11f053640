//! `DELETE /api/v1/subscribers/:id`

use serde::Serialize;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;

/// Has a person erased everywhere.
///
/// # Errors
///
/// As [`App::begin_erasure`].
pub async fn erase(app: &App, call: Call) -> AppResult<Answered<Erasing>> {
    app.begin_erasure(call.account, named(&call)?).await?;
    Ok(Answered::Begun(Erasing { status: "erasing" }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Erasing {
    status: &'static str,
}
