//! What stops a campaign by itself: its budget, and its end date.

use super::App;
use super::contest_draws::draw_due;
use super::execution_moves::Moment;
use super::outreach::CHANGE_TRIES;
use super::outreach_changes::Asked;
use crate::domain::calendar;
use crate::domain::outreach::{
    CampaignAction, CampaignBody, CampaignRefusal, Execution, ExecutionStatus, Lack, Means, OutreachCampaign,
    OutreachCounters, OutreachStatus, Refusal,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, OutreachCampaignId};
use crate::queue::PlanTask;
use crate::store::{Due, DueQueue, ExecutionChange, OutreachStep};

impl App {
    /// For how many messages a campaign's budget and its Stars last after these, which are not written down yet. Lanes that send at the same time know of each other's messages when those are written down: what they
    /// spend above the budget is at most one group for each lane but one. Of Stars nothing is spent above the limit: they
    /// are taken before a group leaves.
    pub(super) async fn means(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        body: &CampaignBody,
        unwritten: OutreachCounters,
    ) -> AppResult<Means> {
        let unbounded = body.means(&OutreachCounters::default());
        if unbounded.messages.is_none() {
            return Ok(unbounded);
        }
        let counters = self.store.outreach_counters(account, campaign).await?;
        Ok(body.means(&counters.plus(unwritten)))
    }

    /// Pauses a campaign that lacks something. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn pause_for(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        lack: Lack,
    ) -> AppResult<()> {
        self.pause_because(account, id, lack.name()).await
    }

    /// Pauses a campaign for a reason. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn pause_because(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        reason: &str,
    ) -> AppResult<()> {
        match self.change_outreach(account, id, &Asked::Halt(reason)).await {
            // Somebody else has paused or ended it.
            Ok(_) | Err(AppError::Refused(_) | AppError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether a campaign that is to send has the money to.
    ///
    /// # Errors
    ///
    /// - [`AppError::Refused`] if its budget or its Stars do not last for another message.
    /// - [`AppError::Unavailable`], safe to retry.
    pub(super) async fn check_budget(
        &self,
        campaign: &OutreachCampaign,
        action: CampaignAction,
        at: Moment,
    ) -> AppResult<()> {
        let body = campaign.body()?;
        let means = self.means(at.account, &campaign.id, &body, OutreachCounters::default()).await?;
        match means.lack {
            Some(_) => {
                let standing = campaign.standing(at.now);
                Err(AppError::Refused(CampaignRefusal::of(Refusal::OverBudget, standing, action)))
            }
            None => Ok(()),
        }
    }

    /// Has a campaign completed at its end date, if that is still to come and may not be known yet. It is written down
    /// before the campaign is: one too many finds nothing to do.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn end_at_end_date(
        &self,
        before: &OutreachCampaign,
        campaign: &OutreachCampaign,
        at: Moment,
    ) -> AppResult<()> {
        let is_alive = matches!(campaign.status, OutreachStatus::Active | OutreachStatus::Paused);
        self.draw_at_draw_date(before, campaign, at).await?;
        let known = before.body()?.end.filter(|_| before.status != OutreachStatus::Draft);
        match campaign.body()?.end.filter(|end| is_alive && known != Some(*end)) {
            Some(end) => self.put_end(at.account, &campaign.id, end).await,
            None => Ok(()),
        }
    }

    /// Has the contest of a campaign drawn at its time, if that was changed. One that has not begun has that written down
    /// when it does.
    async fn draw_at_draw_date(
        &self,
        before: &OutreachCampaign,
        campaign: &OutreachCampaign,
        at: Moment,
    ) -> AppResult<()> {
        let time = |campaign: &OutreachCampaign| {
            AppResult::Ok(campaign.body()?.contest.and_then(|contest| contest.draw_at))
        };
        match time(campaign)? {
            Some(draw_at) if time(before)? != Some(draw_at) => {
                let now_ms = self.clock.now_ms();
                let due = draw_due(at.account, &campaign.id, draw_at, now_ms)?;
                self.store.put_due(&due, now_ms).await
            }
            _ => Ok(()),
        }
    }

    async fn put_end(&self, account: AccountId, id: &OutreachCampaignId, end: i64) -> AppResult<()> {
        let (now_ms, task) = (self.clock.now_ms(), PlanTask::EndV1 { account, campaign: id.clone() });
        let due_ms = end.saturating_mul(1000).max(now_ms);
        let due =
            Due { due_ms, id: task.id(), task: task.spelled()?, queue: DueQueue::Plans, ..Due::default() };
        self.store.put_due(&due, now_ms).await
    }

    /// Completes a campaign whose end date is over. Its execution goes on only to count those who are left as expired,
    /// which lanes do without sending, halted or not; what still waits for its time is given up. Twice is the same as
    /// once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn end_campaign(&self, account: AccountId, id: &OutreachCampaignId) -> AppResult<()> {
        for _ in 0..CHANGE_TRIES {
            let Some(mut campaign) = self.store.outreach_campaign(account, id).await? else { return Ok(()) };
            let at = Moment::of(account, &self.clock);
            let ids = campaign.last_execution.iter().chain(campaign.triggered.ids()).cloned();
            let underway = self.not_over(account, ids.collect()).await?;
            match campaign.status {
                OutreachStatus::Active | OutreachStatus::Paused => {}
                OutreachStatus::Completed => return self.count_expired(account, &underway).await,
                OutreachStatus::Draft | OutreachStatus::Cancelled => return Ok(()),
            }
            let Some(end) = campaign.standing(at.now).ended else {
                // It was put off, which wrote down a later one; or clocks differ.
                let end = campaign.body()?.end;
                return match end.filter(|end| end.saturating_sub(at.now) < 60) {
                    Some(end) => self.put_end(account, id, end).await,
                    None => Ok(()),
                };
            };
            let from = campaign.status;
            let expired: Vec<_> =
                underway.iter().map(|execution| expiring(execution.clone(), end, at.now)).collect();
            campaign.set_status(OutreachStatus::Completed);
            campaign.triggered.close();
            let is_over = |execution: &&Execution| !execution.triggered && execution.status.is_over();
            if let Some(execution) = expired.iter().find(is_over) {
                campaign.progress = execution.progress_after();
            }
            (campaign.version, campaign.updated) = (campaign.version + 1, at.now);
            let step = OutreachStep { action: "expire".to_owned(), from, to: campaign.status, time: at.now };
            let now_ms = self.clock.now_ms();
            let moved = underway.iter().zip(&expired).filter(|(before, after)| before.status != after.status);
            let changes = moved.map(|(before, execution)| ExecutionChange::Moved {
                from: before.status,
                execution,
                due: None,
                now_ms,
            });
            if self.store.change_outreach_campaign(account, &campaign, &step, changes).await? {
                return self.count_expired(account, &expired).await;
            }
        }
        Err(AppError::unavailable("the campaign is being changed by others"))
    }

    /// Has executions go on whose campaign is over.
    async fn count_expired(&self, account: AccountId, executions: &[Execution]) -> AppResult<()> {
        for execution in executions {
            match execution.status {
                ExecutionStatus::Planning => self.send_shards(account, &execution.id).await?,
                _ if execution.triggered => self.go_on_triggered(account, execution).await?,
                _ => self.offer_work(account, execution).await?,
            }
        }
        Ok(())
    }
}

/// An execution as it is from the end of its campaign on: what was halted goes on, what waits for its time is over.
fn expiring(mut execution: Execution, end: i64, now: i64) -> Execution {
    let to = match execution.resumes_to.unwrap_or(execution.status) {
        ExecutionStatus::Scheduled => {
            execution.reason = Some(ended_at(end));
            ExecutionStatus::Completed
        }
        other => other,
    };
    if to != execution.status {
        execution.move_to(to, now);
    }
    execution
}

/// Why what waited for its time is not sent.
pub(super) fn ended_at(end: i64) -> String {
    format!("the campaign ended at {}", calendar::iso_time(end))
}
