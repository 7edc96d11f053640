//! `GET /api/v1/executions/:id`

use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::ids::ExecutionId;
use shared::{App, AppError, AppResult};

use super::shown::Shown;

/// One execution.
///
/// # Errors
///
/// As [`App::outreach_execution`].
pub async fn get(app: &App, call: Call) -> AppResult<Answered<Shown>> {
    let id = ExecutionId::parse(&call.id).ok_or(AppError::NotFound("execution"))?;
    let execution = app.outreach_execution(call.account, &id).await?;
    Ok(Answered::Found(Shown::from(execution)))
}
