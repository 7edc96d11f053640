//! `POST /api/v1/campaigns/:id/messages/delete`

use serde::Serialize;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;

/// Has what a campaign sent be deleted, and tells how far that is.
///
/// # Errors
///
/// As [`App::delete_outreach_messages`].
pub async fn delete_messages(app: &App, call: Call) -> AppResult<Answered<Progress>> {
    let progress = app.delete_outreach_messages(call.account, &named(&call)?).await?;
    let status = if progress.done { "done" } else { "deleting" };
    let (messages, deleted, kept) = (progress.messages, progress.deleted, progress.kept);
    Ok(Answered::Begun(Progress { status, messages, deleted, kept }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Progress {
    status: &'static str,
    messages: u64,
    deleted: u64,
    kept: u64,
}
