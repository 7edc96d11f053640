//! `POST /api/v1/subscribers/imports/:id/start`

use serde::Serialize;
use shared::domain::outreach::ImportStatus;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::ids::ImportId;
use shared::{App, AppResult};

use super::named;

/// Has an import's file read.
///
/// # Errors
///
/// As [`App::start_import`].
pub async fn start(app: &App, call: Call) -> AppResult<Answered<Started>> {
    let import = app.start_import(call.account, &named(&call)?).await?;
    Ok(Answered::Begun(Started { id: import.id, status: import.status }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Started {
    id: ImportId,
    status: ImportStatus,
}
