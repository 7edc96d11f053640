//! `GET /api/v1/subscribers/imports/:id`

use serde::Serialize;
use shared::domain::calendar;
use shared::domain::outreach::{ImportFault, ImportStatus, SubscriberImport};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::ids::ImportId;
use shared::{App, AppResult};

use super::named;

/// Where an import stands.
///
/// # Errors
///
/// As [`App::subscriber_import`].
pub async fn get(app: &App, call: Call) -> AppResult<Answered<Import>> {
    let import = app.subscriber_import(call.account, &named(&call)?).await?;
    Ok(Answered::Found(import.into()))
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    id: ImportId,
    status: ImportStatus,
    lines: u64,
    imported: u64,
    failed: u64,
    errors: Vec<ImportFault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
}

impl From<SubscriberImport> for Import {
    fn from(import: SubscriberImport) -> Self {
        let SubscriberImport { id, status, lines, imported, failed, errors, reason, .. } = import;
        let created_at = calendar::iso_time(import.created);
        let (started_at, ended_at) =
            (import.started.map(calendar::iso_time), import.ended.map(calendar::iso_time));
        Self { id, status, lines, imported, failed, errors, reason, created_at, started_at, ended_at }
    }
}
