//! `GET /api/v1/campaigns/:id/executions`

use serde::Serialize;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::shown::Shown;
use crate::campaigns::named;
use crate::paging::{Pagination, page};

/// A page of a campaign's executions, tests included, the latest first.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for a parameter that is out of bounds.
/// - As [`App::list_outreach_executions`].
pub async fn list(app: &App, call: Call) -> AppResult<Answered<Executions>> {
    let (campaign, page) = (named(&call)?, page(&call, true)?);
    let (executions, total) = app.list_outreach_executions(call.account, &campaign, page).await?;
    let executions = executions.into_iter().map(Shown::from).collect();
    Ok(Answered::Found(Executions { executions, pagination: Pagination::of(page, total) }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Executions {
    executions: Vec<Shown>,
    pagination: Pagination,
}
