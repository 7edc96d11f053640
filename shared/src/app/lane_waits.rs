//! Whom a lane does not send to now: who had enough messages of late, and who has to wait for the end of quiet hours. Nobody
//! is lost by that: a lane goes through all chunks, sends to those who may be sent to, and goes through them anew when the
//! first of the others may; until then it has nothing to do.

use super::App;
use super::execution_moves::begin_due;
use super::lane_chunks::ChunkWork;
use crate::domain::outreach::{Outcome, SkipReason, ZONE_ATTRIBUTE, zone_of};
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, ExecutionId};
use crate::queue::PlanTask;
use crate::store::{Due, DueQueue, KnownPerson};

impl ChunkWork {
    /// The moment before which somebody is not written to, in Unix milliseconds; `None` if they may be now. A test goes
    /// out at any hour.
    pub fn waits_until_ms(&self, person: Option<&KnownPerson>, now: i64) -> Option<i64> {
        let hours = self.body.strategy.quiet_hours.as_ref().filter(|_| !self.execution.test)?;
        let own = person.and_then(|person| zone_of(person.attributes.get(ZONE_ATTRIBUTE)));
        let quiet = hours.end_of_quiet(now, own.as_ref())?;
        // At the campaign's end those who still wait are over with.
        let end = self.body.end.map_or(quiet, |end| quiet.min(end));
        Some(end.saturating_mul(1000))
    }

    /// Whether somebody had enough messages of late for the one at this place. Who gets the first message of a campaign
    /// gets the others too; a test goes to everybody.
    pub fn is_capped(&self, place: usize, known: &KnownPerson, now: i64) -> bool {
        let Some(cap) = self.body.strategy.frequency_cap.filter(|_| !self.execution.test) else {
            return false;
        };
        match place.checked_rem(self.contents.len()).unwrap_or_default() {
            0 => {
                cap.is_reached(known.contacts.iter().flat_map(|contact| contact.got_ms.iter().copied()), now)
            }
            message => {
                let first = self.ledger.outcomes().nth(place - message).flatten();
                first == Some(Outcome::Skipped(SkipReason::FrequencyCapped))
            }
        }
    }

    /// Has the person of a place wait.
    pub fn put_off(&mut self, place: usize, until_ms: i64) {
        self.waiting.insert(place / self.contents.len().max(1), until_ms);
    }

    /// Whether the person of a place has to wait.
    pub fn waits(&self, place: usize) -> bool {
        self.waiting.contains_key(&(place / self.contents.len().max(1)))
    }

    /// Whether all those wait who have no outcome.
    pub fn all_wait(&self) -> bool {
        !self.ledger.is_under_way() && self.ledger.next_group_besides(|place| self.waits(place)).is_empty()
    }

    /// Until when the first of those waits who have to, in Unix milliseconds; `None` if nobody has to.
    pub fn first_wait_ms(&self) -> Option<i64> {
        self.waiting.values().min().copied()
    }
}

impl App {
    /// Has a lane looked at again at a moment, in Unix milliseconds, that has nothing to do until then.
    pub(super) async fn wake_lane_at(&self, bot: BotKey, due_ms: i64) -> AppResult<()> {
        let task = PlanTask::WakeV1 { bot };
        let due =
            Due { due_ms, id: task.id(), task: task.spelled()?, queue: DueQueue::Plans, ..Due::default() };
        self.store.put_due(&due, self.clock.now_ms()).await
    }

    /// Has the lanes of an execution look anew at what may be sent to whom, because that was changed; within a minute or
    /// two.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub(super) async fn look_anew(&self, account: AccountId, execution: &ExecutionId) -> AppResult<()> {
        let now_ms = self.clock.now_ms();
        self.store.put_due(&begin_due(account, execution, now_ms)?, now_ms).await
    }
}
