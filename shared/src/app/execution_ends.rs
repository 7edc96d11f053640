//! How an execution ends: when every bot has done its part, or when it cannot go on.

use super::App;
use super::execution_moves::Moment;
use super::outreach::CHANGE_TRIES;
use super::recurrences::scheduled_again;
use crate::domain::outreach::{
    CampaignEvent, Execution, ExecutionStatus, LaneTally, OutreachCampaign, OutreachStatus, tenths_done,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotKey, ExecutionId};
use crate::store::{ExecutionChange, OutreachStep};

impl App {
    /// Notes that a bot has done its part; the last one completes the execution, or has its test waited for. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn finish_part(&self, bot: BotKey, execution: &Execution) -> AppResult<()> {
        let (id, pass) = (&execution.id, execution.pass());
        let done = self.store.note_part_done(bot, id, pass).await?;
        let Some(execution) = self.store.execution(bot.account, id).await? else { return Ok(()) };
        let is_done = execution.pass() == pass && execution.bots.iter().all(|part| done.contains(&part.bot));
        if is_done {
            // Whoever should have told may have died: all of it is told of before the end is.
            self.tell_progress(bot.account, &execution, 0).await?;
        }
        match is_done {
            true if execution.is_in_test() => self.wait_for_test(bot.account, id).await,
            true => self.end_execution(bot.account, id, ExecutionStatus::Completed, None).await,
            false => Ok(()),
        }
    }

    /// Records for webhooks how many tenths of an execution are sent by now, if that is more than is known to be told.
    /// Answers how many are told then.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn tell_progress(
        &self,
        account: AccountId,
        execution: &Execution,
        told: u64,
    ) -> AppResult<u64> {
        let mut tally = LaneTally::default();
        for (_, lane) in self.store.lanes(account, &execution.id).await? {
            tally.merge(&lane);
        }
        let tenths = tenths_done(execution, &tally).unwrap_or_default();
        if tenths > told {
            let event = CampaignEvent::progress(execution, tenths, &tally);
            self.store.tell_progress(account, execution, (tenths, event), self.clock.now()).await?;
        }
        Ok(tenths.max(told))
    }

    /// Gives up an execution that cannot go on, and pauses its campaign with the reason. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn fail_execution(
        &self,
        account: AccountId,
        id: &ExecutionId,
        reason: &str,
    ) -> AppResult<()> {
        self.end_execution(account, id, ExecutionStatus::Failed, Some(reason)).await
    }

    pub(super) async fn end_execution(
        &self,
        account: AccountId,
        id: &ExecutionId,
        to: ExecutionStatus,
        pause_reason: Option<&str>,
    ) -> AppResult<()> {
        for _ in 0..CHANGE_TRIES {
            let Some(mut execution) = self.store.execution(account, id).await? else { return Ok(()) };
            if execution.status != ExecutionStatus::Running {
                return Ok(());
            }
            let (from, now_ms) = (execution.status, self.clock.now_ms());
            execution.reason = pause_reason.map(str::to_owned);
            execution.move_to(to, now_ms.div_euclid(1000));
            let change = ExecutionChange::Moved { from, execution: &execution, due: None, now_ms };
            let campaign = self.store.outreach_campaign(account, &execution.campaign).await?;
            let after = |was| match (pause_reason, was) {
                (Some(_), OutreachStatus::Active) => OutreachStatus::Paused,
                (Some(_), was) => was,
                (None, was) => execution.campaign_after(was),
            };
            if self.end_with_campaign(account, campaign, &execution, change, (after, pause_reason)).await? {
                return Ok(());
            }
        }
        Err(AppError::unavailable("the execution is being changed by others"))
    }

    /// Ends an execution, and moves its campaign to what comes after it, if it was its last one: to be paused for a reason, or
    /// as `after` has it, or to the next time of one that recurs. `false` if one of them was changed meanwhile.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub(super) async fn end_with_campaign(
        &self,
        account: AccountId,
        campaign: Option<OutreachCampaign>,
        execution: &Execution,
        change: ExecutionChange<'_>,
        (after, pause_reason): (impl FnOnce(OutreachStatus) -> OutreachStatus, Option<&str>),
    ) -> AppResult<bool> {
        let concerns = |campaign: &OutreachCampaign| {
            campaign.last_execution.as_ref() == Some(&execution.id)
                || (execution.triggered && pause_reason.is_some())
        };
        let Some(mut campaign) = campaign.filter(concerns) else {
            return self.store.change_execution(account, change).await;
        };
        let (was, now) = (campaign.status, self.clock.now());
        campaign.status = after(was);
        campaign.pause_reason = pause_reason.map(str::to_owned).or(campaign.pause_reason);
        let at = Moment::of(account, &self.clock);
        let mut moves = Vec::new();
        match execution.triggered {
            true if campaign.status != was => {
                let underway = self.execution_underway(account, &campaign).await?;
                moves.extend(at.follow(&mut campaign, underway)?);
            }
            true => {}
            false => {
                campaign.progress = execution.progress_after();
                let is_over = campaign.standing(now).ended.is_some();
                if campaign.status == OutreachStatus::Completed && !is_over && campaign.waits_for_people() {
                    campaign.status = OutreachStatus::Active;
                }
                moves.extend(scheduled_again(&mut campaign, was, execution, at)?);
            }
        }
        if campaign.status != was {
            let others = self.triggered_along(account, &mut campaign, at).await?;
            moves.extend(others.into_iter().filter(|moved| moved.execution() != &execution.id));
        }
        (campaign.version, campaign.updated) = (campaign.version + 1, now);
        let action = if pause_reason.is_some() { "fail" } else { "complete" };
        let step = OutreachStep { action: action.to_owned(), from: was, to: campaign.status, time: now };
        let now_ms = self.clock.now_ms();
        let changes = std::iter::once(change).chain(moves.iter().map(|moved| moved.written(now_ms)));
        self.store.change_outreach_campaign(account, &campaign, &step, changes).await
    }
}
