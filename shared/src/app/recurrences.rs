//! Campaigns that are sent again and again: each time is an execution, scheduled in the transaction that ends the one
//! before it, so that none is left out and none comes twice whoever dies. What falls into the time in which one is not over
//! is left out.

use super::App;
use super::execution_moves::{ExecutionMove, Moment, drawn_execution};
use crate::domain::outreach::{Execution, ExecutionOrder, OutreachCampaign, OutreachStatus};
use crate::error::{AppError, AppResult};

impl App {
    /// What a campaign that sends by itself is scheduled for, if it is active.
    pub(super) async fn scheduled_by_itself(
        &self,
        campaign: &mut OutreachCampaign,
        at: Moment,
    ) -> AppResult<Option<ExecutionMove>> {
        let body = campaign.body()?;
        let start = body.next_start(at.now).filter(|_| campaign.status == OutreachStatus::Active);
        let Some(start) = start else { return Ok(None) };
        let order = ExecutionOrder { scheduled_at: Some(start), ..ExecutionOrder::default() };
        let plan = self.plan_of(at.account, campaign, &order).await?;
        let mut execution = drawn_execution(campaign, &order, at.now)?;
        execution.by_start_date = body.strategy.recurrence.is_none();
        execution.recurs = !execution.by_start_date;
        at.begin(campaign, execution, plan).map(Some)
    }

    /// The same for one that recurs, and else nothing: a start date counts where the campaign is activated.
    pub(super) async fn scheduled_if_it_recurs(
        &self,
        campaign: &mut OutreachCampaign,
        at: Moment,
    ) -> AppResult<Option<ExecutionMove>> {
        match campaign.body()?.strategy.recurrence {
            Some(_) => self.scheduled_by_itself(campaign, at).await,
            None => Ok(None),
        }
    }

    /// The next execution of a campaign whose last one is over, and which stays active with it. A campaign that cannot be
    /// planned any more is paused with the reason.
    pub(super) async fn scheduled_again(
        &self,
        campaign: &mut OutreachCampaign,
        was: OutreachStatus,
        ended: &Execution,
        at: Moment,
    ) -> AppResult<Option<ExecutionMove>> {
        let recurs = campaign.body()?.strategy.recurrence.is_some();
        if ended.test || !recurs || was != OutreachStatus::Active || campaign.pause_reason.is_some() {
            return Ok(None);
        }
        let over = std::mem::replace(&mut campaign.status, OutreachStatus::Active);
        match self.scheduled_by_itself(campaign, at).await {
            Ok(Some(next)) => Ok(Some(next)),
            Ok(None) => {
                campaign.status = over;
                Ok(None)
            }
            Err(error @ AppError::Unavailable { .. }) => Err(error),
            Err(error) => {
                campaign.status = OutreachStatus::Paused;
                campaign.pause_reason = Some(error.to_string());
                Ok(None)
            }
        }
    }
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
