//! The draw of a contest: entries are closed, numbers are looked at in the order that the seed makes of them, and the seed is
//! shown. Each step is written down before the next one, so that a draw that dies at any call ends with the same winners.

use super::App;
use super::bots::seal_error;
use crate::domain::outreach::{
    Contest, OutreachStatus, PASSED_OVER_MAX, Pick, Verdict, first_drawn, next_pick,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, OutreachCampaignId};
use crate::queue::PlanTask;
use crate::secret::hex;
use crate::store::{ClosedContest, DrawnContest, Due, DueQueue, HeldContest};

/// For how long a task draws or tells winners, in milliseconds; what is left comes again at once.
const TASK_MS: i64 = 35_000;

const HOUR_MS: i64 = 3_600_000;

impl App {
    /// Draws the contest of a campaign, and has its winners told, unless the time that it was to be drawn at is another one
    /// by now. Answers after how many seconds it is to go on; `None` once it is done. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn draw_contest(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        at: Option<i64>,
    ) -> AppResult<Option<u64>> {
        let now_ms = self.clock.now_ms();
        if !self.is_active(account).await? {
            let hour_ms = (now_ms.div_euclid(HOUR_MS) + 1) * HOUR_MS;
            let task = PlanTask::DrawV1 { account, campaign: id.clone(), at };
            return self.store.put_due(&due_of(&task, hour_ms)?, now_ms).await.map(|()| None);
        }
        let Some(campaign) = self.store.outreach_campaign(account, id).await? else { return Ok(None) };
        let Some(contest) = campaign.body()?.contest else { return Ok(None) };
        let Some(held) = self.store.contest(account, id).await? else { return Ok(None) };
        if held.closed.is_none() {
            if campaign.status == OutreachStatus::Cancelled
                || at.is_some_and(|at| contest.draw_at != Some(at))
            {
                return Ok(None);
            }
            if let Some(early) = at.filter(|at| *at > self.clock.now()) {
                return self
                    .store
                    .put_due(&draw_due(account, id, early, now_ms)?, now_ms)
                    .await
                    .map(|()| None);
            }
        }
        let until_ms = now_ms + TASK_MS;
        let held = self.close_contest(account, id, (&contest, held)).await?;
        let Some(held) = self.pick_winners(account, id, held, until_ms).await? else { return Ok(Some(0)) };
        self.tell_winners(account, id, (&contest, &held), until_ms).await
    }

    /// Closes the entries of a contest: from here on it is fixed which numbers there are, and how many win.
    async fn close_contest(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        (contest, held): (&Contest, HeldContest),
    ) -> AppResult<HeldContest> {
        if held.closed.is_some() {
            return Ok(held);
        }
        let rows = self.store.close_entries(account, id).await?;
        let closed = ClosedContest { rows, winners: contest.winners, time: self.clock.now() };
        self.store.note_closed(account, id, &closed).await?;
        self.held_contest(account, id).await
    }

    /// Looks at one number after the other until there are enough winners, then shows the seed; `None` if that is not done
    /// in time.
    async fn pick_winners(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        mut held: HeldContest,
        until_ms: i64,
    ) -> AppResult<Option<HeldContest>> {
        if held.drawn.is_some() {
            return Ok(Some(held));
        }
        let Some(closed) = held.closed.clone() else { return Ok(None) };
        let seed = self.seal()?.open_seed(account, &held.sealed_seed).await.map_err(seal_error)?;
        let most = usize::try_from(closed.winners + PASSED_OVER_MAX).unwrap_or(usize::MAX);
        let drawn = first_drawn(seed.reveal(), &closed.rows, most);
        while let Some(number) = next_pick(&drawn, &held.picks, closed.winners) {
            if self.clock.now_ms() > until_ms {
                return Ok(None);
            }
            let pick = Pick { number, verdict: self.verdict_on(account, id, &held, number).await? };
            if self.store.add_pick(account, id, held.picks.len(), pick).await? {
                held.picks.push(pick);
            } else {
                held = self.held_contest(account, id).await?;
            }
        }
        let shown = DrawnContest { seed: hex(seed.reveal()), time: self.clock.now() };
        self.store.note_drawn(account, id, &shown).await?;
        self.held_contest(account, id).await.map(Some)
    }

    /// Whether a number wins: its person is looked at once more. Who cannot be asked about was a member when they entered.
    async fn verdict_on(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        held: &HeldContest,
        number: u64,
    ) -> AppResult<Verdict> {
        let entry = self.store.contest_entry(account, id, number).await?;
        let Some(user) = entry.and_then(|entry| entry.user) else { return Ok(Verdict::Erased) };
        Ok(match self.is_contest_member(account, held, user).await? {
            Some(true) => Verdict::Won,
            Some(false) => Verdict::Left,
            None => Verdict::WonUnasked,
        })
    }

    async fn held_contest(&self, account: AccountId, id: &OutreachCampaignId) -> AppResult<HeldContest> {
        let held = self.store.contest(account, id).await?;
        held.ok_or_else(|| AppError::unavailable("a contest is gone"))
    }
}

/// The draw of a contest at a time, in Unix seconds, if that is still its time then.
pub(super) fn draw_due(
    account: AccountId,
    campaign: &OutreachCampaignId,
    at: i64,
    now_ms: i64,
) -> AppResult<Due> {
    let task = PlanTask::DrawV1 { account, campaign: campaign.clone(), at: Some(at) };
    due_of(&task, at.saturating_mul(1000).max(now_ms))
}

fn due_of(task: &PlanTask, due_ms: i64) -> AppResult<Due> {
    Ok(Due { due_ms, id: task.id(), task: task.spelled()?, queue: DueQueue::Plans, ..Due::default() })
}
