//! Sending to one person whom a trigger names: they are added to an execution that stands open for that, as a chunk of its
//! own, which the bot's lane sends as any other.

use super::App;
use super::execution_moves::{ExecutionMove, Moment, begin_due, drawn_execution};
use super::outreach::CHANGE_TRIES;
use super::triggers::trigger_due;
use crate::domain::lead_event::LeadStatus;
use crate::domain::outreach::{
    BotPart, Execution, ExecutionOrder, ExecutionProgress, ExecutionStatus, OutreachCampaign, OutreachStatus,
    Priority, Recipient, TriggeredRuns, merge_parts,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, BotKey, ExecutionId, OutreachCampaignId};
use crate::queue::PlanTask;
use crate::store::{Chunk, ChunkState, ExecutionChange, OutreachStep, TriggeredFate, TriggeredWrite};

/// After how many milliseconds an execution takes no more people, so that none grows without end: a day.
const OPEN_MS: i64 = 86_400_000;

/// So many executions that take no more people may not be over, before another one is opened.
const CLOSING_MAX: usize = 20;

const HOUR_MS: i64 = 3_600_000;

impl App {
    /// Has somebody sent a campaign whose trigger named them, if it is active, and they are still of those whom it is for.
    /// Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn send_triggered(&self, task: &PlanTask) -> AppResult<()> {
        let PlanTask::TriggerV1 { account, campaign: id, user, status, .. } = task else { return Ok(()) };
        let (account, user) = (*account, *user);
        for _ in 0..CHANGE_TRIES {
            let Some(campaign) = self.waiting_campaign(account, id, *status).await? else { return Ok(()) };
            if !self.is_active(account).await? {
                let now_ms = self.clock.now_ms();
                let due = trigger_due(task, (now_ms.div_euclid(HOUR_MS) + 1) * HOUR_MS)?;
                return self.store.put_due(&due, now_ms).await;
            }
            let Some(person) = self.store.known_person(account, user).await? else { return Ok(()) };
            let bots: Vec<_> = person.contacts.iter().map(|known| known.contact.bot).collect();
            let Some((execution, version)) = self.open_execution(account, campaign).await? else { continue };
            let plan = self.store.execution_plan(account, &execution.id).await?;
            let plan = plan.ok_or_else(|| AppError::unavailable("an execution has no plan"))?;
            let judgement = plan.judge(&person.into_audience(), self.clock.now());
            let Some((bot, recipient)) = plan.recipient(user, judgement) else { return Ok(()) };
            let (chunk, after) = with_recipient(&execution, bot, recipient);
            let write = TriggeredWrite { before: &execution, after: &after, version, chunk: &chunk, user };
            match self.store.add_triggered(account, write).await? {
                TriggeredFate::Written => return self.wake_lanes(account, &[bot]).await,
                // Whoever added them may have died before the lane was told.
                TriggeredFate::Known => return self.wake_lanes(account, &bots).await,
                TriggeredFate::Overtaken => {}
            }
        }
        Err(AppError::unavailable("many people are added to an execution at the same time"))
    }

    /// A campaign that is sent at this status now.
    async fn waiting_campaign(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        status: LeadStatus,
    ) -> AppResult<Option<OutreachCampaign>> {
        let Some(campaign) = self.store.outreach_campaign(account, id).await? else { return Ok(None) };
        let standing = campaign.standing(self.clock.now());
        let is_active = standing.status == OutreachStatus::Active && standing.ended.is_none();
        let is_meant = is_active && campaign.body()?.triggers.statuses.contains(&status);
        Ok(Some(campaign).filter(|_| is_meant))
    }

    /// The execution of a campaign that takes more people, with the campaign's version; `None` if either was changed
    /// meanwhile, or the campaign cannot go on and is paused.
    async fn open_execution(
        &self,
        account: AccountId,
        campaign: OutreachCampaign,
    ) -> AppResult<Option<(Execution, u64)>> {
        if let Some(open) = &campaign.triggered.open
            && let Some(execution) = self.store.execution(account, open).await?
            && execution.status == ExecutionStatus::Running
        {
            return Ok(Some((execution, campaign.version)));
        }
        let order = ExecutionOrder { priority: Priority::High, ..ExecutionOrder::default() };
        let basis = match self.basis_of(account, &campaign, &order).await {
            Ok(basis) => basis,
            Err(error @ AppError::Unavailable { .. }) => return Err(error),
            Err(error) => {
                return self.pause_triggered(account, campaign, &error.to_string()).await.map(|()| None);
            }
        };
        let (mut campaign, at) = (campaign, Moment::of(account, &self.clock));
        campaign.triggered.close();
        let closing = self.not_over(account, campaign.triggered.closing.clone()).await?;
        if closing.len() > CLOSING_MAX {
            return Err(AppError::unavailable("a campaign has too many executions that are not over"));
        }
        let mut execution = drawn_execution(&campaign, (&order, ExecutionStatus::Running), at)?;
        (execution.triggered, execution.started) = (true, Some(at.now));
        campaign.triggered.closing = closing.iter().map(|execution| execution.id.clone()).collect();
        campaign.triggered.open = Some(execution.id.clone());
        if campaign.progress == ExecutionProgress::NothingSent {
            campaign.progress = ExecutionProgress::Ended;
        }
        let now_ms = self.clock.now_ms();
        let due = begin_due(account, &execution.id, now_ms + OPEN_MS)?;
        let change = ExecutionChange::New { execution: &execution, basis: Some(&basis), due: &due, now_ms };
        if !self.step_of_triggers(account, &mut campaign, "trigger", [change]).await? {
            return Ok(None);
        }
        for execution in &closing {
            self.tell_planner(account, execution).await;
        }
        Ok(Some((execution, campaign.version)))
    }

    /// Writes a campaign's next version; `false` if it was changed meanwhile.
    async fn step_of_triggers(
        &self,
        account: AccountId,
        campaign: &mut OutreachCampaign,
        action: &str,
        changes: impl IntoIterator<Item = ExecutionChange<'_>>,
    ) -> AppResult<bool> {
        let now = self.clock.now();
        (campaign.version, campaign.updated) = (campaign.version + 1, now);
        let to = campaign.status;
        let from = if action == "fail" { OutreachStatus::Active } else { to };
        let step = OutreachStep { action: action.to_owned(), from, to, time: now };
        self.store.change_outreach_campaign(account, campaign, &step, changes).await
    }

    /// Pauses an active campaign that has nothing to send to those whom triggers name, with the reason.
    async fn pause_triggered(
        &self,
        account: AccountId,
        mut campaign: OutreachCampaign,
        reason: &str,
    ) -> AppResult<()> {
        let at = Moment::of(account, &self.clock);
        campaign.status = OutreachStatus::Paused;
        campaign.pause_reason = Some(reason.to_owned());
        let underway = self.execution_underway(account, &campaign).await?;
        let mut moves: Vec<_> = at.follow(&mut campaign, underway)?.into_iter().collect();
        moves.extend(self.triggered_along(account, &mut campaign, at).await?);
        let now_ms = self.clock.now_ms();
        let changes = moves.iter().map(|moved| moved.written(now_ms));
        self.step_of_triggers(account, &mut campaign, "fail", changes).await.map(drop)
    }

    /// What becomes of a campaign's executions for triggers now that it has another status.
    pub(super) async fn triggered_along(
        &self,
        account: AccountId,
        campaign: &mut OutreachCampaign,
        at: Moment,
    ) -> AppResult<Vec<ExecutionMove>> {
        let ids: Vec<_> = campaign.triggered.ids().cloned().collect();
        let mut moves = Vec::new();
        for mut execution in self.not_over(account, ids).await? {
            let from = execution.status;
            if let Some(to) = execution.follows(campaign.status) {
                execution.move_to(to, at.now);
                moves.push(at.moved(from, execution)?);
            }
        }
        if !matches!(campaign.status, OutreachStatus::Active | OutreachStatus::Paused) {
            campaign.triggered = TriggeredRuns::default();
        }
        Ok(moves)
    }

    /// Has an execution for triggers go on: one that has been open for a day takes no more people, and one that takes none
    /// and has none is over. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn go_on_triggered(&self, account: AccountId, execution: &Execution) -> AppResult<()> {
        let is_old = self.clock.now_ms() >= execution.created.saturating_mul(1000).saturating_add(OPEN_MS);
        for _ in 0..CHANGE_TRIES {
            let campaign = self.store.outreach_campaign(account, &execution.campaign).await?;
            let is_open = |it: &OutreachCampaign| it.triggered.open.as_ref() == Some(&execution.id);
            let Some(mut campaign) = campaign.filter(is_open) else {
                let Some(execution) = self.store.execution(account, &execution.id).await? else {
                    return Ok(());
                };
                return match execution.bots.is_empty() {
                    true => {
                        self.end_execution(account, &execution.id, ExecutionStatus::Completed, None).await
                    }
                    false => self.offer_work(account, &execution).await,
                };
            };
            if !is_old {
                return self.offer_work(account, execution).await;
            }
            campaign.triggered.close();
            self.step_of_triggers(account, &mut campaign, "trigger", []).await?;
        }
        Err(AppError::unavailable("the campaign is being changed by others"))
    }

    /// Whether an execution for triggers takes more people, so that it is not over when everybody has an outcome.
    pub(super) async fn takes_more(&self, account: AccountId, execution: &Execution) -> AppResult<bool> {
        let campaign = self.store.outreach_campaign(account, &execution.campaign).await?;
        Ok(campaign.is_some_and(|campaign| campaign.triggered.open.as_ref() == Some(&execution.id)))
    }

    pub(super) async fn not_over(
        &self,
        account: AccountId,
        ids: Vec<ExecutionId>,
    ) -> AppResult<Vec<Execution>> {
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let execution = self.store.execution(account, &id).await?;
            found.extend(execution.filter(|execution| !execution.status.is_over()));
        }
        Ok(found)
    }

    async fn wake_lanes(&self, account: AccountId, bots: &[BotId]) -> AppResult<()> {
        for bot in bots {
            self.wake_lane(BotKey { account, bot: *bot }).await?;
        }
        Ok(())
    }
}

/// An execution with one more person, and the chunk that they are.
fn with_recipient(before: &Execution, bot: BotId, recipient: Recipient) -> (Chunk, Execution) {
    let mut after = before.clone();
    let number = before.bots.iter().find(|part| part.bot == bot).map_or(0, |part| part.chunks);
    merge_parts(&mut after.bots, &[BotPart { bot, recipients: 1, chunks: 1 }]);
    after.counts.matched += 1;
    after.counts.reachable += 1;
    let recipients = Recipient::spell_all(&[recipient]);
    let chunk =
        Chunk { bot, shard: 0, number, state: ChunkState::Pending, count: 1, recipients, ledger: None };
    (chunk, after)
}
