//! Messages that are paid for in Stars: they leave in larger groups, and each takes a tenth of a Star of the campaign's limit
//! before it leaves, in the transaction that notes that it is about to.

use super::lane_chunks::{ChunkWork, LaneSender, SPACING_MS};
use crate::domain::outreach::{
    Attempted, CampaignBody, Execution, GROUP, Means, Outcome, OutreachCampaign, PAID_GROUP,
};
use crate::error::AppResult;
use crate::store::StarsChange;

/// Between two sends of a group that is paid for, in milliseconds.
const PAID_SPACING_MS: i64 = 1;

/// What a campaign says of what an execution of it sends: tests and what triggers send go to few, and are never paid for.
pub(super) fn body_of_sends(campaign: &OutreachCampaign, execution: &Execution) -> AppResult<CampaignBody> {
    let mut body = campaign.body()?;
    if execution.test || execution.triggered {
        body.strategy.paid = None;
    }
    Ok(body)
}

impl LaneSender<'_> {
    /// For how many more messages the campaign has what they take; a test takes nothing of it.
    pub async fn means_left(&self, work: &ChunkWork) -> AppResult<Means> {
        if work.execution.test {
            return Ok(Means { messages: None, lack: None });
        }
        let (campaign, unwritten) = (&work.execution.campaign, work.outcome.counters);
        self.app.means(self.bot.account, campaign, &work.body, unwritten).await
    }

    /// When the next message may leave that may leave from a moment on, in Unix milliseconds.
    pub fn take_moment(&mut self, work: &ChunkWork, from_ms: i64) -> i64 {
        match work.pays() {
            true => self.paid_allowance.take(from_ms),
            false => self.allowance.take(from_ms),
        }
    }
}

impl ChunkWork {
    /// Whether its messages are paid for.
    pub const fn pays(&self) -> bool {
        self.body.strategy.paid.is_some()
    }

    /// How many are sent to at about the same time.
    pub const fn group_size(&self) -> usize {
        if self.pays() { PAID_GROUP } else { GROUP }
    }

    /// How long there is between two of them, in milliseconds.
    pub const fn spacing_ms(&self) -> i64 {
        if self.pays() { PAID_SPACING_MS } else { SPACING_MS }
    }

    /// What the next write does to the campaign's Stars.
    pub fn stars_change(&self) -> StarsChange {
        let released = self.outcome.stars.released;
        match self.body.strategy.paid {
            Some(paid) => {
                let reserved = u64::try_from(self.unsent.len()).unwrap_or(u64::MAX);
                StarsChange { reserved, released, limit: paid.limit_tenths }
            }
            None => StarsChange { released, ..StarsChange::default() },
        }
    }

    /// Gives back what was taken for a message that Telegram did not take. What nobody knows of is spent.
    pub fn note_stars(&mut self, attempted: Attempted) {
        let may_cost = matches!(attempted, Attempted::Settled(Outcome::Delivered(_) | Outcome::Unknown));
        if self.pays() && !may_cost {
            self.outcome.stars.released += 1;
        }
    }
}
