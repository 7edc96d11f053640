//! `GET /api/v1/campaigns/:id/history`

use serde::Serialize;
use shared::domain::calendar;
use shared::domain::outreach::OutreachStatus;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::store::OutreachStep;
use shared::{App, AppResult};

use super::named;
use crate::paging::{Pagination, page};

/// A page of what was done with a campaign, the latest first.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for a parameter that is out of bounds.
/// - As [`App::outreach_history`].
pub async fn history(app: &App, call: Call) -> AppResult<Answered<History>> {
    let (id, page) = (named(&call)?, page(&call, true)?);
    let (steps, total) = app.outreach_history(call.account, &id, page).await?;
    let history = steps.into_iter().map(Step::from).collect();
    Ok(Answered::Found(History { history, pagination: Pagination::of(page, total) }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct History {
    history: Vec<Step>,
    pagination: Pagination,
}

/// Something that was done.
#[derive(Debug, Serialize)]
struct Step {
    /// What came of it.
    version: u64,
    /// The verb of a route, a status that was set, or what happened by itself.
    action: String,
    /// None where it made the campaign.
    from: Option<OutreachStatus>,
    to: OutreachStatus,
    time: String,
}

impl From<(u64, OutreachStep)> for Step {
    fn from((version, OutreachStep { action, from, to, time }): (u64, OutreachStep)) -> Self {
        let from = Some(from).filter(|_| version > 1);
        Self { version, action, from, to, time: calendar::iso_time(time) }
    }
}
