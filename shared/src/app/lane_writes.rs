//! What a lane writes down of a chunk. It is tried for a while: what became of people must not be lost.

use super::App;
use super::lane_chunks::{ChunkWork, LaneSender};
use crate::domain::outreach::{Attempted, Outcome};
use crate::error::AppResult;
use crate::ids::ExecutionId;
use crate::store::{LedgerFate, LedgerWrite, OutreachOutcome};

/// For how long storage is waited for that fails, between one attempt and the next, in milliseconds.
const WAITS_MS: [i64; 3] = [200, 700, 2_000];

/// So long after its time a lane insists no more: its function ends soon, in milliseconds.
const INSIST_MS: i64 = 6_000;

/// How often an execution is looked at on its way, about.
const LOOKS: u64 = 100;

/// What a sender knows of how far an execution is.
pub(super) struct ToldProgress {
    execution: ExecutionId,
    /// How many tenths webhooks were told.
    tenths: u64,
    /// How many messages the sender settled since it looked.
    settled: u64,
}

impl ToldProgress {
    /// Of an execution at which this sender has not looked.
    const fn unknown(execution: ExecutionId) -> Self {
        Self { execution, tenths: 0, settled: u64::MAX }
    }
}

impl LaneSender<'_> {
    /// Writes down what is known. Nothing is lost with an error but what became of those who are noted as being sent to.
    pub async fn write(&mut self, work: &mut ChunkWork) -> AppResult<LedgerFate> {
        let (time, stars) = (self.app.clock.now(), work.stars_change());
        let outcome = OutreachOutcome { time, stars, ..work.outcome.clone() };
        let ledger = work.ledger.to_string();
        let (chunk, begins) = (&*work, !work.unsent.is_empty());
        let write = || async {
            let write = LedgerWrite {
                bot: self.bot,
                fence: self.fence,
                execution: &chunk.execution.id,
                chunk: &chunk.chunk,
                ledger: &chunk.ledger,
                outcome: &outcome,
                sent_ms: self.sent_ms,
                begins_in: begins.then_some(chunk.execution.status),
            };
            let fate = self.app.store.write_ledger(write).await?;
            // An attempt whose answer was lost is refused when it is made again.
            let is_written = fate == LedgerFate::Refused && self.is_written(chunk, &ledger).await?;
            Ok(if is_written { LedgerFate::Written } else { fate })
        };
        let fate = self.app.insist(self.until_ms, write).await?;
        if fate == LedgerFate::Written {
            self.tell_progress(work).await;
            work.chunk.ledger = Some(ledger);
            work.outcome = OutreachOutcome {
                campaign: outcome.campaign,
                execution: outcome.execution,
                bot: outcome.bot,
                ..OutreachOutcome::default()
            };
        }
        Ok(fate)
    }

    /// Has webhooks told how far the execution is, if that may be another tenth by what was just written: looked at is about
    /// each hundredth. Where it cannot be recorded now, a later write or the end of the execution does it.
    async fn tell_progress(&mut self, work: &ChunkWork) {
        let execution = &work.execution;
        if execution.test || execution.triggered {
            return;
        }
        let told = self.told.take().filter(|told| told.execution == execution.id);
        let mut told = told.unwrap_or_else(|| ToldProgress::unknown(execution.id.clone()));
        told.settled = told.settled.saturating_add(work.outcome.lane.settled());
        if told.settled > execution.messages_in_all() / LOOKS {
            match self.app.tell_progress(self.bot.account, execution, told.tenths).await {
                Ok(tenths) => (told.tenths, told.settled) = (tenths, 0),
                Err(error) => tracing::warn!(?error, "how far an execution is cannot be told now"),
            }
        }
        self.told = Some(told);
    }

    async fn is_written(&self, work: &ChunkWork, ledger: &str) -> AppResult<bool> {
        let is_mine = self.app.store.lane(self.bot).await?.fence == self.fence;
        let (shard, number) = (work.chunk.shard, work.chunk.number);
        let now = self.app.store.chunk(self.bot, &work.execution.id, shard, number).await?;
        Ok(is_mine && now.is_some_and(|now| now.ledger.as_deref() == Some(ledger)))
    }

    /// Settles those whom somebody was sending to who died at it: nobody knows what they got, and they get nothing again, of
    /// this execution or of another one of the campaign.
    pub async fn recover(&self, work: &mut ChunkWork) -> AppResult<()> {
        let (app, bot, now_ms) = (self.app, self.bot, self.app.clock.now_ms());
        for place in work.ledger.recover(work.body.on_ambiguous) {
            if let Some(recipient) =
                work.recipient(place).filter(|it| !it.is_nobody() && !work.execution.test)
            {
                let (user, campaign) = (recipient.user, &work.execution.campaign);
                app.insist(self.until_ms, || app.store.note_outreach(bot, user, (campaign, None), now_ms))
                    .await?;
            }
            work.count(place, Outcome::Unknown);
        }
        Ok(())
    }
}

impl ChunkWork {
    /// Has those sent to later who are noted as being sent to, and were not.
    pub fn give_back(&mut self) {
        let again: Vec<_> = self.unsent.drain(..).map(|place| (place, Attempted::Again)).collect();
        self.ledger.settle(&again);
    }
}

impl App {
    /// Tries something again for some seconds while storage fails; not when a lane's time is over for good.
    pub(super) async fn insist<T, F>(&self, until_ms: i64, attempt: impl Fn() -> F) -> AppResult<T>
    where
        F: Future<Output = AppResult<T>>,
    {
        for wait_ms in WAITS_MS {
            match attempt().await {
                Err(error) if self.clock.now_ms() < until_ms + INSIST_MS => {
                    tracing::warn!(?error, "a lane waits for storage");
                    self.clock.sleep_until_ms(self.clock.now_ms() + wait_ms).await;
                }
                done => return done,
            }
        }
        attempt().await
    }
}
