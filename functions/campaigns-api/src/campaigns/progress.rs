//! `GET /api/v1/campaigns/:id/progress`

use serde::Serialize;
use serde_json::Value;
use shared::app::OutreachProgress;
use shared::domain::calendar;
use shared::domain::outreach::{ExecutionStatus, amount, percentage, stars};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::ids::ExecutionId;
use shared::{App, AppResult};

use super::named;

/// How far the last execution is; before the first, the campaign's status and zeros.
///
/// # Errors
///
/// As [`App::outreach_progress`].
pub async fn progress(app: &App, call: Call) -> AppResult<Answered<Progress>> {
    let progress = app.outreach_progress(call.account, &named(&call)?).await?;
    Ok(Answered::Found(Progress::of(&progress)))
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    status: &'static str,
    execution_id: Option<ExecutionId>,
    progress: Counts,
    current_rate: u64,
    current_rate_unit: &'static str,
    estimated_completion: Option<String>,
    /// For campaigns that pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    stars_spent: Option<Value>,
    errors: Vec<ErrorCount>,
    lanes: u64,
    drained: bool,
}

#[derive(Debug, Serialize)]
struct Counts {
    percentage: u64,
    processed: u64,
    total: u64,
    successful: u64,
    failed: u64,
    skipped: u64,
    unknown: u64,
    pending: u64,
}

#[derive(Debug, Serialize)]
struct ErrorCount {
    code: &'static str,
    count: u64,
    message: &'static str,
}

impl Progress {
    fn of(progress: &OutreachProgress) -> Self {
        let OutreachProgress { campaign, execution, total, tally, pending, lanes, drained, rate, .. } =
            progress;
        let status = execution.as_ref().map_or(campaign.status.name(), |execution| word(execution.status));
        let errors = tally.errors.iter().map(|(error, count)| ErrorCount {
            code: error.code(),
            count: *count,
            message: error.message(),
        });
        Self {
            status,
            execution_id: execution.as_ref().map(|execution| execution.id.clone()),
            progress: Counts {
                percentage: percentage(tally.processed(), *total),
                processed: tally.processed(),
                total: *total,
                successful: tally.successful,
                failed: tally.failed,
                skipped: tally.skipped,
                unknown: tally.unknown,
                pending: *pending,
            },
            current_rate: *rate,
            current_rate_unit: "messages per minute",
            estimated_completion: progress.completion.map(calendar::iso_time),
            stars_spent: progress.stars_tenths.map(|tenths| amount(stars(tenths))),
            errors: errors.collect(),
            lanes: *lanes,
            drained: *drained,
        }
    }
}

const fn word(status: ExecutionStatus) -> &'static str {
    match status {
        ExecutionStatus::Scheduled => "scheduled",
        ExecutionStatus::Planning => "planning",
        ExecutionStatus::Running => "running",
        ExecutionStatus::Testing => "testing",
        ExecutionStatus::Pausing => "pausing",
        ExecutionStatus::Paused => "paused",
        ExecutionStatus::Completed => "completed",
        ExecutionStatus::Failed => "failed",
        ExecutionStatus::Cancelled => "cancelled",
    }
}
