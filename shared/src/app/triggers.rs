//! Triggers: what happens to a lead names them to campaigns, at once or after a while.

use super::App;
use crate::domain::lead_event::LeadEvent;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, UserId};
use crate::queue::{DELAY_MAX_SECONDS, HandOn, PlanTask, WaitingTask};
use crate::store::{Due, DueQueue, TriggerListing};

/// How many tasks a queue takes in one request.
const BATCH: usize = 10;

impl App {
    /// Has people sent what the campaigns of their account say at these events, each after its delay. Twice is the same as
    /// once: nobody gets a campaign twice.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn trigger(&self, account: AccountId, events: &[(UserId, LeadEvent)]) -> AppResult<()> {
        if events.is_empty() {
            return Ok(());
        }
        // Never remembered: who joins right after a campaign was made active gets it.
        let listings = self.store.trigger_listings(account).await?;
        let (now_ms, mut soon) = (self.clock.now_ms(), Vec::new());
        for (user, LeadEvent { status, clock }) in events {
            for TriggerListing { campaign, triggers } in
                listings.iter().filter(|listing| listing.triggers.statuses.contains(status))
            {
                let (user, status, campaign) = (*user, *status, campaign.clone());
                let task = PlanTask::TriggerV1 { account, campaign, user, status, clock: *clock };
                let delay_ms = i64::try_from(triggers.delay_seconds).unwrap_or(i64::MAX).saturating_mul(1000);
                let due_ms = clock.date.saturating_mul(1000).saturating_add(delay_ms);
                let seconds = due_ms.saturating_sub(now_ms).max(0).unsigned_abs().div_ceil(1000);
                match seconds <= DELAY_MAX_SECONDS {
                    true => soon.push((task.spelled()?, seconds)),
                    false => self.store.put_due(&trigger_due(&task, due_ms)?, now_ms).await?,
                }
            }
        }
        for some in soon.chunks(BATCH) {
            let some: Vec<_> = some
                .iter()
                .map(|(task, seconds)| WaitingTask { task, group: "", seconds: *seconds })
                .collect();
            let outcomes = self.plan_queue()?.hand_on(&some).await?;
            if outcomes.iter().any(|outcome| *outcome != HandOn::Taken) {
                return Err(AppError::unavailable("the queue of plans does not take every trigger"));
            }
        }
        Ok(())
    }
}

/// What a trigger waits in that no queue can hold for so long.
pub(super) fn trigger_due(task: &PlanTask, due_ms: i64) -> AppResult<Due> {
    Ok(Due { due_ms, id: task.id(), task: task.spelled()?, queue: DueQueue::Plans, ..Due::default() })
}
