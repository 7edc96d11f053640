//! `POST /api/v1/executions/:id/retry-failed`

use shared::domain::outreach::OnAmbiguous;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::ids::ExecutionId;
use shared::{App, AppError, AppResult};

use crate::campaigns::execute::Begun;

/// Sends again to those whom an execution did not reach.
///
/// # Errors
///
/// - [`AppError::Invalid`] for the body.
/// - As [`App::retry_failed`].
pub async fn retry_failed(app: &App, call: Call) -> AppResult<Answered<Begun>> {
    let id = ExecutionId::parse(&call.id).ok_or(AppError::NotFound("execution"))?;
    let unknown = OnAmbiguous::of_call(&call.body)?;
    Ok(Answered::Begun(Begun::from(app.retry_failed(call.account, &id, unknown).await?)))
}
