//! How an execution begins, and how it moves along with its campaign.

use super::draw::draw;
use super::outreach::ID_LENGTH;
use super::recurrences::moved_start;
use crate::clock::Clock;
use crate::domain::outreach::{
    AudienceCount, Execution, ExecutionOrder, ExecutionPlan, ExecutionProgress, ExecutionStatus,
    OutreachCampaign,
};
use crate::error::AppResult;
use crate::ids::{AccountId, ExecutionId};
use crate::queue::PlanTask;
use crate::store::{Due, DueQueue, ExecutionChange};

/// After how many milliseconds an execution is begun once more that should have begun at once: whoever asked for it may
/// have died before the queue was told.
const BEGIN_AGAIN_MS: i64 = 120_000;

/// Whose campaign is changed, and when.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub account: AccountId,
    /// Unix seconds.
    pub now: i64,
    now_ms: i64,
}

/// What becomes of an execution with its campaign.
pub(super) enum ExecutionMove {
    New { execution: Execution, plan: Box<ExecutionPlan>, due: Due },
    Moved { from: ExecutionStatus, execution: Execution, due: Option<Due> },
}

impl Moment {
    /// Now.
    pub fn of(account: AccountId, clock: &Clock) -> Self {
        let now_ms = clock.now_ms();
        Self { account, now: now_ms.div_euclid(1000), now_ms }
    }

    /// Begins an execution of a campaign, or schedules it.
    pub fn begin(
        self,
        campaign: &mut OutreachCampaign,
        execution: Execution,
        plan: ExecutionPlan,
    ) -> AppResult<ExecutionMove> {
        if execution.test {
            campaign.tests.push(execution.id.clone());
        } else {
            campaign.progress = ExecutionProgress::Underway;
            campaign.last_execution = Some(execution.id.clone());
        }
        // Who begins at once is told of by the queue; the due item is for when that fails.
        let due = self.begin_due(&execution, BEGIN_AGAIN_MS)?;
        Ok(ExecutionMove::New { execution, plan: Box::new(plan), due })
    }

    /// What becomes of an execution when its campaign has got another status.
    pub fn follow(
        self,
        campaign: &mut OutreachCampaign,
        underway: Option<Execution>,
    ) -> AppResult<Option<ExecutionMove>> {
        let Some(mut execution) = underway else { return Ok(None) };
        let Some(to) = execution.follows(campaign.status) else { return Ok(None) };
        let from = execution.status;
        execution.move_to(to, self.now);
        if to.is_over() {
            campaign.progress = execution.progress_after();
        }
        self.moved(from, execution).map(Some)
    }

    /// The same where the time may have changed that it waits for: it waits for the new one, and is given up without one.
    pub fn follow_edit(
        self,
        campaign: &mut OutreachCampaign,
        mut execution: Execution,
    ) -> AppResult<Option<ExecutionMove>> {
        let Some(start) = moved_start(campaign, &execution, self.now)? else {
            return self.follow(campaign, Some(execution));
        };
        let from = execution.status;
        let to = if start.is_none() {
            Some(ExecutionStatus::Cancelled)
        } else {
            execution.scheduled_at = start;
            execution.follows(campaign.status)
        };
        if let Some(to) = to {
            execution.move_to(to, self.now);
        }
        if execution.status.is_over() {
            campaign.progress = execution.progress_after();
        }
        self.moved(from, execution).map(Some)
    }

    /// Ends the tests of a campaign that is given up.
    pub fn end_tests(
        self,
        campaign: &mut OutreachCampaign,
        underway: Vec<Execution>,
    ) -> AppResult<Vec<ExecutionMove>> {
        campaign.tests.clear();
        let ended = underway.into_iter().map(|mut test| {
            let from = test.status;
            test.move_to(ExecutionStatus::Cancelled, self.now);
            self.moved(from, test)
        });
        ended.collect()
    }

    fn moved(self, from: ExecutionStatus, execution: Execution) -> AppResult<ExecutionMove> {
        let goes_on = matches!(
            execution.status,
            ExecutionStatus::Scheduled | ExecutionStatus::Planning | ExecutionStatus::Running
        );
        let due = if goes_on { Some(self.begin_due(&execution, 0)?) } else { None };
        Ok(ExecutionMove::Moved { from, execution, due })
    }

    /// What has an execution begin at its time, or go on with planning so much later.
    fn begin_due(self, execution: &Execution, later_ms: i64) -> AppResult<Due> {
        let due_ms = match (execution.status, execution.scheduled_at) {
            (ExecutionStatus::Scheduled, Some(at)) => at.saturating_mul(1000).max(self.now_ms),
            _ => self.now_ms + later_ms,
        };
        begin_due(self.account, &execution.id, due_ms)
    }
}

impl ExecutionMove {
    /// The execution as it is then.
    pub fn execution(&self) -> &Execution {
        match self {
            Self::New { execution, .. } | Self::Moved { execution, .. } => execution,
        }
    }

    /// As the store writes it.
    pub fn written(&self, at: Moment) -> ExecutionChange<'_> {
        let now_ms = at.now_ms;
        match self {
            Self::New { execution, plan, due } => ExecutionChange::New { execution, plan, due, now_ms },
            Self::Moved { from, execution, due } => {
                ExecutionChange::Moved { from: *from, execution, due: due.as_ref(), now_ms }
            }
        }
    }
}

/// What has an execution begin, or go on with planning, at a time in Unix milliseconds.
pub(super) fn begin_due(account: AccountId, execution: &ExecutionId, due_ms: i64) -> AppResult<Due> {
    let task = PlanTask::BeginV1 { account, execution: execution.clone() };
    Ok(Due { due_ms, id: task.id(), task: task.spelled()?, queue: DueQueue::Plans, ..Due::default() })
}

/// An execution as it is asked for, under a fresh id.
pub(super) fn drawn_execution(
    campaign: &OutreachCampaign,
    order: &ExecutionOrder,
    now: i64,
) -> AppResult<Execution> {
    let is_for_later = order.is_for_later(now);
    Ok(Execution {
        id: ExecutionId::of(&draw(ID_LENGTH)?),
        campaign: campaign.id.clone(),
        status: if is_for_later { ExecutionStatus::Scheduled } else { ExecutionStatus::Planning },
        resumes_to: None,
        test: order.test,
        percentage: order.percentage,
        priority: order.priority,
        scheduled_at: order.scheduled_at,
        by_start_date: false,
        recurs: false,
        before: campaign.progress,
        created: now,
        started: (!is_for_later).then_some(now),
        finished: None,
        counts: AudienceCount::default(),
        bots: Vec::new(),
    })
}
