//! `POST /api/v1/subscribers/imports`

use serde::Serialize;
use shared::app::IMPORT_BYTES_MAX;
use shared::domain::outreach::ImportStatus;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::ids::ImportId;
use shared::objects::PostForm;
use shared::{App, AppResult};

/// Makes an import, and gives a form to upload its file with.
///
/// # Errors
///
/// As [`App::await_import`].
pub async fn create(app: &App, call: Call) -> AppResult<Answered<Awaited>> {
    let (import, form) = app.await_import(call.account).await?;
    let status = import.status;
    Ok(Answered::Made(Awaited { import_id: import.id, status, bytes_max: IMPORT_BYTES_MAX, form }))
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Awaited {
    import_id: ImportId,
    status: ImportStatus,
    bytes_max: u64,
    #[serde(flatten)]
    form: PostForm,
}
