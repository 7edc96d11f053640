//! Tests of variations: an execution sends to a share, waits, decides by what was counted, and plans those who are left.

use super::App;
use super::execution_moves::begin_due;
use super::outreach::CHANGE_TRIES;
use crate::domain::outreach::{AbRun, AbStep, AbTest, Arm, Execution, ExecutionStatus, MessageContent};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, ExecutionId, OutreachCampaignId};
use crate::store::ExecutionChange;

/// After how many milliseconds those who are left are planned once more: whoever decided may have died before the queue was
/// told.
const REST_AGAIN_MS: i64 = 120_000;

impl App {
    /// Begins the test of an execution whose share is planned, if it is to have one.
    pub(super) async fn begin_test(&self, account: AccountId, execution: &mut Execution) -> AppResult<()> {
        if execution.ab.is_some() {
            return Ok(());
        }
        let plan = self.store.execution_plan(account, &execution.id).await?;
        let plan = plan.ok_or_else(|| AppError::unavailable("an execution has no plan"))?;
        let Some(test) = plan.ab_test else { return Ok(()) };
        let content = self.content_to_test(account, &execution.id).await?;
        let before = self.arms(account, &execution.campaign, (&content, &test)).await?;
        execution.ab = Some(AbRun::new(test, execution.chunks(), before));
        Ok(())
    }

    /// Has the test of an execution waited for, whose share was sent to. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn wait_for_test(&self, account: AccountId, id: &ExecutionId) -> AppResult<()> {
        for _ in 0..CHANGE_TRIES {
            let Some(mut execution) = self.store.execution(account, id).await? else { return Ok(()) };
            if execution.status != ExecutionStatus::Running || !execution.is_in_test() {
                return Ok(());
            }
            let (from, now_ms) = (execution.status, self.clock.now_ms());
            let now = now_ms.div_euclid(1000);
            execution.move_to(ExecutionStatus::Testing, now);
            if let Some(ab) = &mut execution.ab {
                ab.wait(now);
            }
            let due = begin_due(account, id, decision_ms(&execution))?;
            let (execution, step) = (&execution, AbStep::Sending);
            let change = ExecutionChange::Tested { from, execution, step, due: &due, now_ms };
            if self.store.change_execution(account, change).await? {
                return Ok(());
            }
        }
        Err(AppError::unavailable("the execution is being changed by others"))
    }

    /// Decides a test whose time has come; whether those who are left are to be planned now. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn decide_test(&self, account: AccountId, id: &ExecutionId) -> AppResult<bool> {
        for _ in 0..CHANGE_TRIES {
            let Some(mut execution) = self.store.execution(account, id).await? else { return Ok(false) };
            if execution.status != ExecutionStatus::Testing {
                return Ok(execution.status == ExecutionStatus::Planning);
            }
            let now_ms = self.clock.now_ms();
            if decision_ms(&execution) > now_ms {
                // It was halted meanwhile, or clocks differ.
                let due = begin_due(account, id, decision_ms(&execution))?;
                self.store.put_due(&due, now_ms).await?;
                return Ok(false);
            }
            let content = self.content_to_test(account, id).await?;
            let Some(ab) = &mut execution.ab else { return Ok(false) };
            let counted = self.arms(account, &execution.campaign, (&content, &ab.test)).await?;
            ab.decide(&content, &counted);
            let from = execution.status;
            execution.move_to(ExecutionStatus::Planning, now_ms.div_euclid(1000));
            let due = begin_due(account, id, now_ms + REST_AGAIN_MS)?;
            let (execution, step) = (&execution, AbStep::Waiting);
            let change = ExecutionChange::Tested { from, execution, step, due: &due, now_ms };
            if self.store.change_execution(account, change).await? {
                return Ok(true);
            }
        }
        Err(AppError::unavailable("the execution is being changed by others"))
    }

    async fn content_to_test(&self, account: AccountId, id: &ExecutionId) -> AppResult<Vec<MessageContent>> {
        let content = self.store.execution_content(account, id).await?;
        content.ok_or_else(|| AppError::unavailable("an execution has no content"))
    }

    /// What is counted by now of each message's own content and its variations, as a test looks at it.
    async fn arms(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        (content, test): (&[MessageContent], &AbTest),
    ) -> AppResult<Vec<Vec<Arm>>> {
        let mut arms = Vec::with_capacity(content.len());
        for message in content {
            let counters = self.store.counters_of_variations(account, campaign, &message.arm_ids()).await?;
            arms.push(counters.iter().map(|counters| test.metric.arm(counters)).collect());
        }
        Ok(arms)
    }
}

/// When a test is decided, in Unix milliseconds.
fn decision_ms(execution: &Execution) -> i64 {
    execution.ab.as_ref().and_then(|ab| ab.decide_at).unwrap_or_default().saturating_mul(1000)
}
