//! Planning an execution: its audience is walked shard by shard, and written down in chunks. Each step is one transaction
//! that stands on the one before it, so that two who plan the same shard, or one who dies at it, neither double nor lose
//! anybody.

use std::collections::BTreeMap;

use super::App;
use super::execution_moves::{Moment, begin_due};
use super::message_tasks::{MessageOutcome, Receipt};
use super::outreach::CHANGE_TRIES;
use super::sending::backoff_seconds;
use crate::domain::outreach::{
    AudienceCount, BotPart, CHUNK_RECIPIENTS_MAX, Execution, ExecutionPlan, ExecutionStatus, Recipient,
    merge_parts,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, ExecutionId};
use crate::queue::{HandOn, PlanTask, WaitingTask};
use crate::store::{
    AccountStatus, CONTACT_SHARDS, Chunk, ChunkState, ExecutionChange, KnownPerson, OutreachStep,
    PlannedShard, RestOfBot, ShardStep, contact_shard,
};

/// For how long a shard is planned by one task, in milliseconds; what is left comes again at once.
const TASK_MS: i64 = 40_000;

/// A step is written with the first page that fills so many chunks.
const CHUNKS_A_STEP: usize = 20;

/// A step reads no more often than this, about a megabyte each time, however few people are meant: what it found is
/// written down long before its function ends.
const READS_A_STEP: usize = 10;

/// A step has no more chunks than this: a transaction takes 100 items.
const CHUNKS_MAX: usize = 90;

/// After how many milliseconds at most it is seen that an account is no longer suspended.
const HOUR_MS: i64 = 3_600_000;

/// How many tasks a queue takes in one request.
const BATCH: usize = 10;

/// How large the steps are in which a shard is planned.
#[derive(Clone, Copy, Debug)]
pub struct StepSize {
    /// How many rows are read at once; `None` = about a megabyte.
    pub rows: Option<i32>,
    /// After how many chunks a step is written; at most 90 count.
    pub chunks: usize,
    /// After how many reads it is written whatever it found.
    pub reads: usize,
}

impl Default for StepSize {
    fn default() -> Self {
        Self { rows: None, chunks: CHUNKS_A_STEP, reads: READS_A_STEP }
    }
}

/// How a task ended.
enum Planned {
    Done,
    /// There is more to do.
    More,
}

/// A shard on the way from one step to the next.
struct Step<'a> {
    plan: &'a ExecutionPlan,
    now: i64,
    shard: u64,
    after: PlannedShard,
    waiting: BTreeMap<BotId, Vec<Recipient>>,
    chunks: Vec<Chunk>,
}

impl App {
    /// Carries out a task of the queue of plans. What is not done is received again.
    pub async fn carry_out_plan_task(&self, task: &PlanTask, receipt: Receipt<'_>) -> MessageOutcome {
        let outcome = match task {
            PlanTask::BeginV1 { account, execution } => self.begin_planning(*account, execution).await,
            PlanTask::ShardV1 { account, execution, shard } => {
                self.plan_shard_for(*account, execution, *shard).await
            }
            PlanTask::WatchV1 { bot } => self.watch_lane(*bot).await.map(|()| Planned::Done),
            PlanTask::WakeV1 { bot } => self.wake_lane(*bot).await.map(|()| Planned::Done),
            PlanTask::EndV1 { account, campaign } => {
                self.end_campaign(*account, campaign).await.map(|()| Planned::Done)
            }
        };
        let seconds = match outcome {
            Ok(Planned::Done) => return MessageOutcome::Done,
            Ok(Planned::More) => 0,
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
        let Some(mut execution) = self.store.execution(account, id).await? else { return Ok(Planned::Done) };
        let is_over = execution.status.is_over();
        if is_over || self.waits_for_account(account, id).await? {
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
            (ExecutionStatus::Scheduled, _) => {
                execution.move_to(ExecutionStatus::Planning, now_ms.div_euclid(1000));
                let from = ExecutionStatus::Scheduled;
                let change = ExecutionChange::Moved { from, execution: &execution, due: None, now_ms };
                if !self.store.change_execution(account, change).await? {
                    // Whoever moved it has done what follows from that.
                    return Ok(Planned::Done);
                }
            }
            (ExecutionStatus::Planning, _) => {}
            _ => return self.offer_work(account, &execution).await.map(|()| Planned::Done),
        }
        self.send_shards(account, id).await?;
        Ok(Planned::Done)
    }

    /// Whether the account is suspended; then its execution is begun again with the next hour, one due item for all who
    /// find out.
    async fn waits_for_account(&self, account: AccountId, id: &ExecutionId) -> AppResult<bool> {
        let is_active =
            self.store.account(account).await?.is_some_and(|it| it.status == AccountStatus::Active);
        if !is_active {
            let now_ms = self.clock.now_ms();
            let due = begin_due(account, id, (now_ms.div_euclid(HOUR_MS) + 1) * HOUR_MS)?;
            self.store.put_due(&due, now_ms).await?;
        }
        Ok(!is_active)
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
        if before.done {
            return Ok(false);
        }
        let plan = self.store.execution_plan(account, id).await?;
        let plan = plan.ok_or_else(|| AppError::unavailable("an execution has no plan"))?;
        let mut step = Step::after(before, &plan, shard, execution.started.unwrap_or(execution.created))?;
        if step.walk(self, account, size).await? {
            step.end();
        }
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
            execution.counts = AudienceCount::default();
            for shard in &shards {
                execution.counts.merge(&shard.counts);
                merge_parts(&mut execution.bots, &shard.bots);
            }
            let is_changed = match execution.bots.is_empty() {
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
        let now = self.clock.now();
        execution.move_to(ExecutionStatus::Completed, now);
        let change = ExecutionChange::Planned(&execution);
        let campaign = self.store.outreach_campaign(account, &execution.campaign).await?;
        let is_last = |last: &Option<ExecutionId>| last.as_ref() == Some(&execution.id);
        let Some(mut campaign) = campaign.filter(|campaign| is_last(&campaign.last_execution)) else {
            return self.store.change_execution(account, change).await;
        };
        let from = campaign.status;
        campaign.status = execution.campaign_after(from);
        campaign.progress = execution.progress_after();
        (campaign.version, campaign.updated) = (campaign.version + 1, now);
        let at = Moment::of(account, &self.clock);
        let next = self.scheduled_again(&mut campaign, from, &execution, at).await?;
        let step = OutreachStep { action: "complete".to_owned(), from, to: campaign.status, time: now };
        let changes = std::iter::once(change).chain(next.as_ref().map(|next| next.written(at)));
        self.store.change_outreach_campaign(account, &campaign, &step, changes).await
    }
}

impl<'a> Step<'a> {
    fn after(before: PlannedShard, plan: &'a ExecutionPlan, shard: u64, now: i64) -> AppResult<Self> {
        let mut waiting = BTreeMap::new();
        for RestOfBot { bot, recipients } in &before.rest {
            let recipients = Recipient::read_all(recipients);
            let recipients = recipients.ok_or_else(|| AppError::unavailable("recipients do not read"))?;
            waiting.insert(*bot, recipients);
        }
        let after = PlannedShard { step: before.step + 1, rest: Vec::new(), ..before };
        Ok(Self { plan, now, shard, after, waiting, chunks: Vec::new() })
    }

    /// Looks at people until the step is full; whether the shard has no more.
    async fn walk(&mut self, app: &App, account: AccountId, size: StepSize) -> AppResult<bool> {
        let (plan, shard) = (self.plan, self.shard);
        if let Some(testers) = &plan.testers {
            for user in testers.iter().filter(|user| contact_shard(**user) == shard) {
                if let Some(person) = app.store.known_person(account, *user).await? {
                    self.look_at(person);
                }
            }
            return Ok(true);
        }
        for _ in 0..size.reads {
            if self.chunks.len() >= size.chunks.min(CHUNKS_MAX) {
                break;
            }
            let page = app.store.people(account, self.shard, self.after.cursor, size.rows).await?;
            for person in page.people {
                if self.chunks.len() == CHUNKS_MAX {
                    return Ok(false);
                }
                self.look_at(person);
            }
            match page.next {
                // Behind the page there may be a person who was none of its people, having no contact.
                Some(next) => self.after.cursor = Some(next),
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    fn look_at(&mut self, person: KnownPerson) {
        let person = person.into_audience();
        self.after.cursor = Some(person.user);
        let judgement = self.plan.judge(&person, self.now);
        self.after.counts.add(judgement);
        let Some((bot, recipient)) = self.plan.recipient(person.user, judgement) else { return };
        let waiting = self.waiting.entry(bot).or_default();
        waiting.push(recipient);
        if waiting.len() == CHUNK_RECIPIENTS_MAX {
            let recipients = std::mem::take(waiting);
            self.close(bot, &recipients);
        }
    }

    /// Closes the chunks that are not full; some are left for another step if they are too many.
    fn end(&mut self) {
        while self.chunks.len() < CHUNKS_MAX {
            let Some((bot, recipients)) = self.waiting.pop_first() else { break };
            if !recipients.is_empty() {
                self.close(bot, &recipients);
            }
        }
        self.after.done = self.waiting.is_empty();
    }

    fn close(&mut self, bot: BotId, recipients: &[Recipient]) {
        let count = u64::try_from(recipients.len()).unwrap_or(u64::MAX);
        self.chunks.push(Chunk {
            bot,
            shard: self.shard,
            number: self.after.chunks,
            state: ChunkState::Pending,
            ledger: None,
            count,
            recipients: Recipient::spell_all(recipients),
        });
        self.after.chunks += 1;
        merge_parts(&mut self.after.bots, &[BotPart { bot, recipients: count, chunks: 1 }]);
    }

    fn written(mut self) -> (PlannedShard, Vec<Chunk>) {
        let rest = self.waiting.iter().filter(|(_, recipients)| !recipients.is_empty());
        let spelled = rest.map(|(bot, some)| RestOfBot { bot: *bot, recipients: Recipient::spell_all(some) });
        self.after.rest = spelled.collect();
        (self.after, self.chunks)
    }
}
