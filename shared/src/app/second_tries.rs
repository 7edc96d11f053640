//! Sending again to those whom an execution did not reach: a new execution, planned from what became of the one before.

use super::App;
use super::execution_moves::{Moment, drawn_execution};
use super::executions::{BegunExecution, ExecutionForecast};
use super::outreach::CHANGE_TRIES;
use super::outreach_changes::{Asked, Changed, allow};
use crate::domain::outreach::{
    AudienceCount, CampaignAction, CampaignRefusal, ExecutionBasis, ExecutionOrder, ExecutionPlan,
    ExecutionStatus, OnAmbiguous, OutreachCampaign, Recipient, Refusal, SecondTry, seconds_to_send,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, BotKey, ExecutionId, UserId};
use crate::store::ChunkPage;

/// How many chunks are read at once.
const CHUNKS_AT_ONCE: i32 = 50;

impl App {
    /// Begins an execution that goes to those whom another one, the last of its campaign, did not reach for reasons that
    /// may pass; and to those of whom nobody knows, if that is asked for, or if nobody says and the campaign wants it. Who
    /// was reached, and who blocked the bot, is left alone.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such execution, or its campaign is deleted.
    /// - [`AppError::Refused`] if the campaign's status does not allow it, or the execution is not its last one, or one for
    ///   triggers.
    /// - [`AppError::EmptyAudience`] if there is nobody to send to.
    /// - [`AppError::Unavailable`]; a retry may answer [`AppError::Refused`] by the first attempt.
    pub async fn retry_failed(
        &self,
        account: AccountId,
        id: &ExecutionId,
        unknown: Option<OnAmbiguous>,
    ) -> AppResult<BegunExecution> {
        let execution = self.outreach_execution(account, id).await?;
        if execution.triggered {
            let campaign = self.outreach_campaign(account, &execution.campaign).await?;
            let (standing, action) = (campaign.standing(self.clock.now()), CampaignAction::RetryFailed);
            return Err(AppError::Refused(CampaignRefusal::of(Refusal::Triggered, standing, action)));
        }
        for _ in 0..CHANGE_TRIES {
            let campaign = self.outreach_campaign(account, &execution.campaign).await?;
            if let Some(begun) = self.retry_failed_as_it_is(account, campaign, id, unknown).await? {
                return Ok(begun);
            }
        }
        Err(AppError::unavailable("the campaign is being changed by other calls"))
    }

    /// The same for a campaign as it was read; `None` if it was changed since.
    async fn retry_failed_as_it_is(
        &self,
        account: AccountId,
        campaign: OutreachCampaign,
        id: &ExecutionId,
        unknown: Option<OnAmbiguous>,
    ) -> AppResult<Option<BegunExecution>> {
        let (now, body) = (self.clock.now(), campaign.body()?);
        allow(&campaign, CampaignAction::RetryFailed, now)?;
        check_last(&campaign, id, now)?;
        let unknown = unknown.unwrap_or(body.on_ambiguous) == OnAmbiguous::Resend;
        let again = SecondTry { of: id.clone(), unknown };
        let lanes = self.store.lanes(account, id).await?;
        let messages: Vec<_> = lanes.iter().map(|(_, tally)| again.count(tally)).collect();
        let count: u64 = messages.iter().sum();
        if count == 0 {
            return Err(AppError::EmptyAudience);
        }
        // Whoever gets several messages is counted as often, until planning is over.
        let counts = AudienceCount { matched: count, reachable: count, ..AudienceCount::default() };
        let asked = Asked::RetryFailed { again: &again, counts: &counts };
        let Some(changed) = self.change_outreach_as_it_is(account, campaign, &asked).await? else {
            return Ok(None);
        };
        let execution = changed.begun().cloned();
        let execution = execution.ok_or_else(|| AppError::unavailable("nothing was begun"))?;
        let completion = now.saturating_add(seconds_to_send(messages));
        let forecast = ExecutionForecast { count: counts, exact: true, completion };
        Ok(Some(BegunExecution { execution, forecast }))
    }

    /// The change that it is to its campaign: of the execution before stand the audience's names, the weights
    /// and the share; what is sent is the campaign's, if it still fits them.
    pub(super) async fn tried_again(
        &self,
        mut campaign: OutreachCampaign,
        (again, counts): (&SecondTry, &AudienceCount),
        at: Moment,
    ) -> AppResult<Changed> {
        let action = CampaignAction::RetryFailed;
        let to = allow(&campaign, action, at.now)?;
        check_last(&campaign, &again.of, at.now)?;
        self.check_budget(&campaign, action, at).await?;
        let before = self.outreach_execution(at.account, &again.of).await?;
        let plan = self.store.execution_plan(at.account, &again.of).await?;
        let plan = plan.ok_or_else(|| AppError::unavailable("an execution has no plan"))?;
        let body = campaign.body()?;
        let content = match plan.weights == ExecutionPlan::weights_of(&body) {
            true => self.frozen_content(at.account, &body).await?,
            // Everybody has a variation of each message of then.
            false => self.store.execution_content(at.account, &again.of).await?.unwrap_or_default(),
        };
        let plan = ExecutionPlan { second_try: Some(again.clone()), ab_test: None, ..plan };
        campaign.set_status(to);
        let order = ExecutionOrder {
            percentage: before.percentage,
            priority: before.priority,
            ..ExecutionOrder::default()
        };
        let mut execution = drawn_execution(&campaign, (&order, ExecutionStatus::Planning), at)?;
        execution.counts = counts.clone();
        let begun = at.begin(&mut campaign, execution, ExecutionBasis { plan, content })?;
        Ok(Changed { campaign, moves: vec![begun], action, total: None })
    }

    /// Whom a shard of an execution has that is sent to again, after this person, in the order of a walk over people.
    pub(super) async fn tried_again_in_shard(
        &self,
        account: AccountId,
        again: &SecondTry,
        shard: u64,
        after: Option<UserId>,
    ) -> AppResult<Vec<(BotId, Recipient)>> {
        let mut found = Vec::new();
        let before = self.outreach_execution(account, &again.of).await?;
        for part in &before.bots {
            let bot = BotKey { account, bot: part.bot };
            let mut from = Some((shard, 0));
            while let Some(place) = from {
                let page = self.store.chunks_from(bot, &again.of, place, CHUNKS_AT_ONCE).await?;
                for chunk in page.chunks.iter().filter(|chunk| chunk.shard == shard) {
                    let recipients = again.recipients(&chunk.recipients, chunk.ledger.as_deref());
                    let recipients =
                        recipients.ok_or_else(|| AppError::unavailable("a chunk does not read"))?;
                    found.extend(recipients.into_iter().map(|recipient| (part.bot, recipient)));
                }
                from = next_in_shard(&page, shard);
            }
        }
        let place = |user: UserId| user.to_string();
        found.retain(|(_, recipient)| after.is_none_or(|after| place(recipient.user) > place(after)));
        found.sort_by_key(|(_, recipient)| place(recipient.user));
        Ok(found)
    }
}

fn next_in_shard(page: &ChunkPage, shard: u64) -> Option<(u64, u64)> {
    let last = page.chunks.last().filter(|last| page.is_part && last.shard == shard)?;
    Some((shard, last.number + 1))
}

/// What an execution left, only the next one takes up: an earlier one may have left people whom a later one reached.
fn check_last(campaign: &OutreachCampaign, id: &ExecutionId, now: i64) -> AppResult<()> {
    if campaign.last_execution.as_ref() == Some(id) {
        return Ok(());
    }
    let (standing, action) = (campaign.standing(now), CampaignAction::RetryFailed);
    Err(AppError::Refused(CampaignRefusal::of(Refusal::Superseded, standing, action)))
}
