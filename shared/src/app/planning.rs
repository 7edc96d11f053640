//! Planning an execution: its audience is walked shard by shard, and written down in chunks. Each step is one transaction
//! that stands on the one before it, so that two who plan the same shard, or one who dies at it, neither double nor lose
//! anybody.

use super::App;
use super::execution_moves::begin_due;
use super::message_tasks::{MessageOutcome, Receipt};
use super::outreach::CHANGE_TRIES;
use super::plan_steps::{Step, StepSize};
use super::sending::backoff_seconds;
use crate::domain::outreach::{AudienceCount, Execution, ExecutionStatus, merge_parts};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, ExecutionId};
use crate::queue::{HOLD_MAX_SECONDS, HandOn, PlanTask, WaitingTask};
use crate::store::{AccountStatus, CONTACT_SHARDS, ExecutionChange, ShardStep};

/// For how long a shard is planned by one task, in milliseconds; what is left comes again at once.
const TASK_MS: i64 = 40_000;

/// After how many milliseconds at most it is seen that an account is no longer suspended.
const HOUR_MS: i64 = 3_600_000;

/// How many tasks a queue takes in one request.
const BATCH: usize = 10;

/// How a task ended.
enum Planned {
    Done,
    /// There is more to do.
    More,
    /// There is more to do after so many seconds.
    In(u64),
}

impl App {
    /// Carries out a task of the queue of plans. What is not done is received again.
    pub async fn carry_out_plan_task(&self, task: &PlanTask, receipt: Receipt<'_>) -> MessageOutcome {
        let outcome = match task {
            PlanTask::BeginV1 { account, execution } => self.begin_planning(*account, execution).await,
            PlanTask::ShardV1 { account, execution, shard } => {
                self.plan_shard_for(*account, execution, *shard).await
            }
            PlanTask::TriggerV1 { .. } => self.send_triggered(task).await.map(|()| Planned::Done),
            PlanTask::WatchV1 { bot } => self.watch_lane(*bot).await.map(|()| Planned::Done),
            PlanTask::WakeV1 { bot } => self.wake_lane(*bot).await.map(|()| Planned::Done),
            PlanTask::AskV1 { bot, execution, shard, number } => self
                .ask_for_content(*bot, execution, (*shard, *number))
                .await
                .map(|later| later.map_or(Planned::Done, Planned::In)),
            PlanTask::DrawV1 { account, campaign, at } => self
                .draw_contest(*account, campaign, *at)
                .await
                .map(|later| later.map_or(Planned::Done, Planned::In)),
            PlanTask::EndV1 { account, campaign } => {
                self.end_campaign(*account, campaign).await.map(|()| Planned::Done)
            }
        };
        let seconds = match outcome {
            Ok(Planned::Done) => return MessageOutcome::Done,
            Ok(Planned::More) => 0,
            Ok(Planned::In(seconds)) => seconds.min(HOLD_MAX_SECONDS),
            Err(error) => {
                tracing::error!(?error, "an execution could not be planned");
                backoff_seconds(receipt.count)
            }
        };
        let held = async { self.plan_queue()?.hold(receipt.handle, seconds).await };
        if let Err(error) = held.await {
            tracing::warn!(?error, "a task is not held as long as it should be");
        }
        MessageOutcome::Held
    }

    /// Begins what is due, and has each shard planned. Twice is the same as once.
    async fn begin_planning(&self, account: AccountId, id: &ExecutionId) -> AppResult<Planned> {
        let Some(execution) = self.store.execution(account, id).await? else { return Ok(Planned::Done) };
        // One that runs was resumed: its lanes may have let go of it.
        let is_wanted = matches!(
            execution.status,
            ExecutionStatus::Scheduled
                | ExecutionStatus::Planning
                | ExecutionStatus::Running
                | ExecutionStatus::Testing
        );
        if !is_wanted || self.waits_for_account(account, id).await? {
            return Ok(Planned::Done);
        }
        let now_ms = self.clock.now_ms();
        match (execution.status, execution.scheduled_at) {
            (ExecutionStatus::Scheduled, Some(at)) if at.saturating_mul(1000) > now_ms => {
                // Another time was set since, or clocks differ.
                let due = begin_due(account, id, at.saturating_mul(1000))?;
                self.store.put_due(&due, now_ms).await?;
                return Ok(Planned::Done);
            }
            (ExecutionStatus::Scheduled, _) if !self.begin_scheduled(account, id).await? => {
                // It ended, or whoever moved it has done what follows from that.
                return Ok(Planned::Done);
            }
            (ExecutionStatus::Testing, _) if !self.decide_test(account, id).await? => {
                return Ok(Planned::Done);
            }
            (ExecutionStatus::Scheduled | ExecutionStatus::Planning | ExecutionStatus::Testing, _) => {}
            _ if execution.triggered => {
                return self.go_on_triggered(account, &execution).await.map(|()| Planned::Done);
            }
            _ => return self.offer_work(account, &execution).await.map(|()| Planned::Done),
        }
        self.send_shards(account, id).await?;
        Ok(Planned::Done)
    }

    /// Whether the account is suspended; then its execution is begun again with the next hour, one due item for all who
    /// find out.
    async fn waits_for_account(&self, account: AccountId, id: &ExecutionId) -> AppResult<bool> {
        let is_active = self.is_active(account).await?;
        if !is_active {
            let now_ms = self.clock.now_ms();
            let due = begin_due(account, id, (now_ms.div_euclid(HOUR_MS) + 1) * HOUR_MS)?;
            self.store.put_due(&due, now_ms).await?;
        }
        Ok(!is_active)
    }

    /// Whether an account is there, and not suspended.
    pub(super) async fn is_active(&self, account: AccountId) -> AppResult<bool> {
        let account = self.store.account(account).await?;
        Ok(account.is_some_and(|account| account.status == AccountStatus::Active))
    }

    pub(super) async fn send_shards(&self, account: AccountId, id: &ExecutionId) -> AppResult<()> {
        let task = |shard| PlanTask::ShardV1 { account, execution: id.clone(), shard }.spelled();
        let tasks = (0..CONTACT_SHARDS).map(task).collect::<AppResult<Vec<_>>>()?;
        for some in tasks.chunks(BATCH) {
            let some: Vec<_> = some.iter().map(|task| WaitingTask { task, group: "", seconds: 0 }).collect();
            let outcomes = self.plan_queue()?.hand_on(&some).await?;
            if outcomes.iter().any(|outcome| *outcome != HandOn::Taken) {
                return Err(AppError::unavailable("the queue of plans does not take every shard"));
            }
        }
        Ok(())
    }

    async fn plan_shard_for(&self, account: AccountId, id: &ExecutionId, shard: u64) -> AppResult<Planned> {
        if self.waits_for_account(account, id).await? {
            return Ok(Planned::Done);
        }
        let until_ms = self.clock.now_ms() + TASK_MS;
        while self.plan_step(account, id, shard, StepSize::default()).await? {
            if self.clock.now_ms() > until_ms {
                return Ok(Planned::More);
            }
        }
        self.finish_planning(account, id).await?;
        Ok(Planned::Done)
    }

    /// Plans one shard of an execution one step further, unless another one did meanwhile; whether there is more to do.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn plan_step(
        &self,
        account: AccountId,
        id: &ExecutionId,
        shard: u64,
        size: StepSize,
    ) -> AppResult<bool> {
        let Some(execution) = self.store.execution(account, id).await? else { return Ok(false) };
        if execution.status != ExecutionStatus::Planning {
            return Ok(false);
        }
        let before = self.store.planned_shard(account, id, shard).await?;
        // Whoever read the execution before a test was decided plans nobody of those who are left.
        if before.pass > execution.pass() || (before.done && before.pass == execution.pass()) {
            return Ok(false);
        }
        let plan = self.store.execution_plan(account, id).await?;
        let plan = plan.ok_or_else(|| AppError::unavailable("an execution has no plan"))?;
        let mut step = Step::of(before, (&execution, &plan), shard)?;
        if step.walk(self, account, size).await? {
            step.end();
        }
        // Before it is known that they were looked at: nobody is noted twice.
        let (of, now) = ((&execution.campaign, shard), self.clock.now());
        self.store.note_held_out(account, of, step.held_out(), now).await?;
        let (after, chunks) = step.written();
        self.store.write_shard_step(account, id, ShardStep { shard, after: &after, chunks: &chunks }).await?;
        Ok(true)
    }

    /// Turns an execution whose every shard is planned to sending, with exact counts; one that reaches nobody is over.
    /// Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn finish_planning(&self, account: AccountId, id: &ExecutionId) -> AppResult<()> {
        let shards = self.store.planned_shards(account, id).await?;
        let done = shards.iter().filter(|shard| shard.done).count();
        if u64::try_from(done) != Ok(CONTACT_SHARDS) {
            return Ok(());
        }
        for _ in 0..CHANGE_TRIES {
            let Some(mut execution) = self.store.execution(account, id).await? else { return Ok(()) };
            if execution.status != ExecutionStatus::Planning {
                // Whoever turned it to sending may have died before the lanes were told.
                return self.offer_work(account, &execution).await;
            }
            if shards.iter().any(|shard| shard.pass != execution.pass()) {
                return Ok(());
            }
            (execution.counts, execution.bots) = (AudienceCount::default(), Vec::new());
            for shard in &shards {
                execution.counts.merge(&shard.counts);
                merge_parts(&mut execution.bots, &shard.bots);
            }
            self.begin_test(account, &mut execution).await?;
            let is_changed = match execution.bots.is_empty() && !execution.is_in_test() {
                true => self.complete_without_recipients(account, execution.clone()).await?,
                false => {
                    execution.move_to(ExecutionStatus::Running, self.clock.now());
                    self.store.change_execution(account, ExecutionChange::Planned(&execution)).await?
                }
            };
            if is_changed {
                return self.offer_work(account, &execution).await;
            }
        }
        Err(AppError::unavailable("the execution is being changed by others"))
    }

    /// `false` if it or its campaign was changed meanwhile.
    async fn complete_without_recipients(
        &self,
        account: AccountId,
        mut execution: Execution,
    ) -> AppResult<bool> {
        execution.move_to(ExecutionStatus::Completed, self.clock.now());
        let change = ExecutionChange::Planned(&execution);
        let campaign = self.store.outreach_campaign(account, &execution.campaign).await?;
        let after = |was| execution.campaign_after(was);
        self.end_with_campaign(account, campaign, &execution, change, (after, None)).await
    }
}
