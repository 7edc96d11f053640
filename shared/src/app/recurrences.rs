//! Campaigns that are sent again and again: each time is an execution, scheduled in the transaction that ends the one
//! before it, so that none is left out and none comes twice whoever dies. What falls into the time in which one is not over
//! is left out.

use super::execution_moves::{ExecutionMove, Moment, drawn_execution};
use crate::domain::outreach::{Execution, ExecutionOrder, ExecutionStatus, OutreachCampaign, OutreachStatus};
use crate::error::AppResult;

/// The next execution of a campaign that was active and whose last one is over: it stays active with it. `None` if it does
/// not recur, or its end date comes before, or something has to be mended first.
pub(super) fn scheduled_again(
    campaign: &mut OutreachCampaign,
    was: OutreachStatus,
    ended: &Execution,
    at: Moment,
) -> AppResult<Option<ExecutionMove>> {
    let body = campaign.body()?;
    let goes_on = was == OutreachStatus::Active && campaign.pause_reason.is_none() && !ended.test;
    let recurs = body.strategy.recurrence.is_some() && goes_on;
    let Some(start) = body.next_start(at.now).filter(|_| recurs) else { return Ok(None) };
    campaign.status = OutreachStatus::Active;
    let order = ExecutionOrder { scheduled_at: Some(start), ..ExecutionOrder::default() };
    let mut execution = drawn_execution(campaign, (&order, ExecutionStatus::Scheduled), at)?;
    execution.recurs = true;
    at.schedule(campaign, execution).map(Some)
}

/// Where what waits for a time waits for one that the campaign's edit or rest has moved: another start date, or the next
/// time of one that recurs. `None` if it stays; `Some(None)` if there is none any more.
pub(super) fn moved_start(
    campaign: &OutreachCampaign,
    execution: &Execution,
    now: i64,
) -> AppResult<Option<Option<i64>>> {
    let body = campaign.body()?;
    let start = match (execution.recurs, execution.by_start_date) {
        // It is about to begin.
        (true, _) if campaign.status == OutreachStatus::Active && execution.is_due(now) => {
            execution.scheduled_at
        }
        (true, _) => body.next_start(now).filter(|_| body.strategy.recurrence.is_some()),
        (false, true) => body.start,
        (false, false) => return Ok(None),
    };
    Ok((execution.scheduled_at != start && execution.awaits_its_time()).then_some(start))
}
