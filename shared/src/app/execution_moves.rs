//! How an execution begins, and how it moves along with its campaign.

use super::draw::draw_in_order;
use super::recurrences::moved_start;
use crate::clock::Clock;
use crate::domain::outreach::{
    AudienceCount, Execution, ExecutionBasis, ExecutionOrder, ExecutionProgress, ExecutionStatus,
    MessageContent, OutreachCampaign, OutreachStatus,
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
    New { execution: Execution, basis: Option<Box<ExecutionBasis>>, due: Due },
    Moved { from: ExecutionStatus, execution: Execution, due: Option<Due> },
    Reworded { execution: ExecutionId, content: Vec<MessageContent> },
}

impl Moment {
    /// Now.
    pub fn of(account: AccountId, clock: &Clock) -> Self {
        let now_ms = clock.now_ms();
        Self { account, now: now_ms.div_euclid(1000), now_ms }
    }

    /// Begins an execution of a campaign, or schedules it, which then goes by nothing yet.
    pub fn begin(
        self,
        campaign: &mut OutreachCampaign,
        execution: Execution,
        basis: ExecutionBasis,
    ) -> AppResult<ExecutionMove> {
        let basis = (!execution.awaits_its_time()).then(|| Box::new(basis));
        self.made(campaign, execution, basis)
    }

    /// Schedules an execution of a campaign.
    pub fn schedule(self, campaign: &mut OutreachCampaign, execution: Execution) -> AppResult<ExecutionMove> {
        self.made(campaign, execution, None)
    }

    fn made(
        self,
        campaign: &mut OutreachCampaign,
        execution: Execution,
        basis: Option<Box<ExecutionBasis>>,
    ) -> AppResult<ExecutionMove> {
        if execution.test {
            campaign.tests.push(execution.id.clone());
        } else {
            campaign.progress = ExecutionProgress::Underway;
            campaign.last_execution = Some(execution.id.clone());
        }
        // Who begins at once is told of by the queue; the due item is for when that fails.
        let due = self.begin_due(&execution, BEGIN_AGAIN_MS)?;
        Ok(ExecutionMove::New { execution, basis, due })
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
            campaign.progress = match campaign.status {
                // Nothing of it was sent, or the campaign would be no draft.
                OutreachStatus::Draft => execution.before,
                _ => execution.progress_after(),
            };
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

    /// Moves an execution by itself.
    pub fn moved(self, from: ExecutionStatus, execution: Execution) -> AppResult<ExecutionMove> {
        let goes_on = matches!(
            execution.status,
            ExecutionStatus::Scheduled
                | ExecutionStatus::Planning
                | ExecutionStatus::Running
                | ExecutionStatus::Testing
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
    /// The execution that is to be planned or sent from now on.
    pub fn under_way(&self) -> Option<&Execution> {
        let (Self::New { execution, .. } | Self::Moved { execution, .. }) = self else { return None };
        let is_now = matches!(execution.status, ExecutionStatus::Planning | ExecutionStatus::Running);
        is_now.then_some(execution)
    }

    /// The execution that is begun by it, or scheduled.
    pub fn begun(&self) -> Option<&Execution> {
        match self {
            Self::New { execution, .. } => Some(execution),
            Self::Moved { .. } | Self::Reworded { .. } => None,
        }
    }

    /// The execution that it is of.
    pub const fn execution(&self) -> &ExecutionId {
        match self {
            Self::New { execution, .. } | Self::Moved { execution, .. } => &execution.id,
            Self::Reworded { execution, .. } => execution,
        }
    }

    /// As the store writes it now, in Unix milliseconds: later than it was decided by the time that people were counted.
    pub fn written(&self, now_ms: i64) -> ExecutionChange<'_> {
        match self {
            Self::New { execution, basis, due } => {
                ExecutionChange::New { execution, basis: basis.as_deref(), due, now_ms }
            }
            Self::Reworded { execution, content } => ExecutionChange::Reworded { execution, content },
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

/// An execution as it is asked for, under a fresh id. Whether it waits for its time was decided when it was checked.
pub(super) fn drawn_execution(
    campaign: &OutreachCampaign,
    (order, status): (&ExecutionOrder, ExecutionStatus),
    at: Moment,
) -> AppResult<Execution> {
    let messages = u64::try_from(campaign.body()?.messages.len()).unwrap_or(u64::MAX).max(1);
    Ok(Execution {
        id: ExecutionId::of(&draw_in_order(at.now_ms)?),
        campaign: campaign.id.clone(),
        status,
        resumes_to: None,
        test: order.test,
        percentage: order.percentage,
        priority: order.priority,
        scheduled_at: order.scheduled_at,
        by_start_date: false,
        recurs: false,
        before: campaign.progress,
        created: at.now,
        started: (status == ExecutionStatus::Planning).then_some(at.now),
        finished: None,
        reason: None,
        counts: AudienceCount::default(),
        bots: Vec::new(),
        messages,
        ab: None,
        triggered: false,
    })
}
