//! A bot's lane: one sender at a time, under a lease and a fence, that takes the best work there is.

use super::App;
use super::lane_chunks::{ChunkEnd, LaneSender};
use super::message_tasks::{MessageOutcome, Receipt};
use crate::domain::gate::seconds_until;
use crate::domain::outreach::{Execution, ExecutionStatus};
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey};
use crate::queue::{LaneTask, PlanTask};
use crate::store::{Due, DueQueue, Lane, LaneWork, NextWork};

/// How long a lane is taken for, in milliseconds: longer than its function may run.
pub const LANE_LEASE_MS: i64 = 100_000;

/// When a lane is looked after whose token may be lost, in milliseconds after it was taken or told of work.
const WATCH_MS: i64 = 150_000;

/// After how many milliseconds a lane that storage failed is taken up again.
const STORAGE_MS: i64 = 5_000;

const MINUTE_MS: i64 = 60_000;

/// How long a lane rests whose account is suspended, in milliseconds.
const SUSPENDED_MS: i64 = 15 * MINUTE_MS;

/// How a sender ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LaneEnd {
    /// The lane has nothing to do.
    Nothing,
    /// The function's time is over.
    Time,
    /// Nothing may be sent before this moment, in Unix milliseconds.
    Rest(i64),
    /// Somebody else has the lane.
    Lost,
}

impl App {
    /// Works a lane with the token of its turn, until about `until_ms`. A token of another turn is a stray.
    pub async fn carry_out_lane_task(
        &self,
        task: &LaneTask,
        receipt: Receipt<'_>,
        until_ms: i64,
    ) -> MessageOutcome {
        let LaneTask::LaneV1 { bot, turn } = *task;
        let again_ms = match self.work_lane(bot, turn, until_ms).await {
            Ok(None) => return MessageOutcome::Done,
            Ok(Some(again_ms)) => again_ms,
            Err(error) => {
                tracing::error!(account.id = %bot.account, bot.id = %bot.bot, ?error, "a lane stands still");
                self.clock.now_ms() + STORAGE_MS
            }
        };
        let seconds = seconds_until(again_ms, self.clock.now_ms());
        let held = async { self.lane_queue()?.hold(receipt.handle, seconds).await };
        if let Err(error) = held.await {
            tracing::warn!(?error, "a task is not held as long as it should be");
        }
        MessageOutcome::Held
    }

    /// Answers when the same token is to be worked again; `None` if it is done with.
    async fn work_lane(&self, bot: BotKey, turn: u64, until_ms: i64) -> AppResult<Option<i64>> {
        let now_ms = self.clock.now_ms();
        let Some(lane) = self.store.take_lane(bot, turn, now_ms, now_ms + LANE_LEASE_MS).await? else {
            let lane = self.store.lane(bot).await?;
            let is_mine = lane.turn == turn && !lane.idle;
            return Ok(is_mine.then_some(lane.lease_until_ms));
        };
        let work = async {
            self.watch_lane_later(bot).await?;
            let end = self.send_lane(bot, &lane, until_ms).await?;
            self.let_lane_go(bot, &lane, end).await
        };
        let done = work.await;
        if done.is_err() {
            // The lease must not outlast a failure of a moment.
            let again_ms = self.clock.now_ms() + STORAGE_MS;
            self.insist(until_ms, || self.store.rest_lane(bot, lane.fence, again_ms)).await?;
        }
        done
    }

    /// Lets a lane go whose turn is over; when the same token is to be worked again, if it is.
    async fn let_lane_go(&self, bot: BotKey, lane: &Lane, end: LaneEnd) -> AppResult<Option<i64>> {
        match end {
            LaneEnd::Lost => Ok(None),
            LaneEnd::Nothing if self.store.end_lane(bot, lane).await? => Ok(None),
            LaneEnd::Nothing | LaneEnd::Time => self.pass_lane(bot, lane).await.map(|()| None),
            LaneEnd::Rest(again_ms) => {
                self.store.rest_lane(bot, lane.fence, again_ms).await?;
                Ok(Some(again_ms))
            }
        }
    }

    /// Sends chunk after chunk, the best of each moment.
    async fn send_lane(&self, bot: BotKey, lane: &Lane, until_ms: i64) -> AppResult<LaneEnd> {
        if !self.is_active(bot.account).await? {
            return Ok(LaneEnd::Rest(self.clock.now_ms() + SUSPENDED_MS));
        }
        let mut sender = LaneSender::new(self, bot, lane, until_ms);
        loop {
            let now_ms = self.clock.now_ms();
            if now_ms >= until_ms {
                return Ok(LaneEnd::Time);
            }
            let gate = self.store.gate(bot).await?;
            if !gate.is_open(now_ms) {
                return Ok(LaneEnd::Rest(gate.closed_until_ms));
            }
            let work = match self.store.next_work(bot, now_ms).await? {
                NextWork::Ready(work) => work,
                NextWork::Waits(until_ms) => {
                    self.wake_lane_at(bot, until_ms).await?;
                    return Ok(LaneEnd::Nothing);
                }
                NextWork::Nothing => return Ok(LaneEnd::Nothing),
            };
            let end = match work.deletes {
                true => sender.delete_chunk_of(&work).await?,
                false => sender.send_chunk_of(&work).await?,
            };
            match end {
                ChunkEnd::Done | ChunkEnd::Waits(_) | ChunkEnd::Unanswered | ChunkEnd::Next => {}
                ChunkEnd::Stop(end) => return Ok(end),
            }
        }
    }

    /// Lets a lane go, and has the queue bring its next turn.
    async fn pass_lane(&self, bot: BotKey, lane: &Lane) -> AppResult<()> {
        match self.store.pass_lane(bot, lane.fence, self.clock.now_ms()).await? {
            Some(turn) => self.send_token(bot, turn).await,
            None => Ok(()),
        }
    }

    async fn send_token(&self, bot: BotKey, turn: u64) -> AppResult<()> {
        self.lane_queue()?.send_token(&LaneTask::LaneV1 { bot, turn }).await
    }

    /// Has the bots of a running execution send what is left of it. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub(super) async fn offer_work(&self, account: AccountId, execution: &Execution) -> AppResult<()> {
        if execution.status != ExecutionStatus::Running {
            return Ok(());
        }
        if execution.bots.is_empty() && execution.is_in_test() {
            // Nobody is in the share, and no lane comes to its end.
            return self.wait_for_test(account, &execution.id).await;
        }
        for part in &execution.bots {
            let bot = BotKey { account, bot: part.bot };
            self.give_lane_work(bot, &LaneWork::of(execution)).await?;
        }
        Ok(())
    }

    /// Gives a lane something to do. Twice is the same as once.
    pub(super) async fn give_lane_work(&self, bot: BotKey, work: &LaneWork) -> AppResult<()> {
        self.store.give_work(bot, work).await?;
        self.wake_lane(bot).await
    }

    /// Has a lane look for work. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub(super) async fn wake_lane(&self, bot: BotKey) -> AppResult<()> {
        self.watch_lane_later(bot).await?;
        match self.store.wake_lane(bot, self.clock.now_ms()).await? {
            Some(turn) => self.send_token(bot, turn).await,
            None => Ok(()),
        }
    }

    /// Has a lane looked after later, in case its token is lost.
    async fn watch_lane_later(&self, bot: BotKey) -> AppResult<()> {
        let now_ms = self.clock.now_ms();
        let task = PlanTask::WatchV1 { bot };
        // One for each minute, however often this is asked for.
        let due_ms = (now_ms + WATCH_MS).div_euclid(MINUTE_MS) * MINUTE_MS;
        let due =
            Due { due_ms, id: task.id(), task: task.spelled()?, queue: DueQueue::Plans, ..Due::default() };
        self.store.put_due(&due, now_ms).await
    }

    /// Gives a lane a fresh token if its last one is lost, and looks after it again while it has something to do.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub(super) async fn watch_lane(&self, bot: BotKey) -> AppResult<()> {
        let now_ms = self.clock.now_ms();
        if self.store.lane(bot).await?.idle {
            return Ok(());
        }
        self.watch_lane_later(bot).await?;
        match self.store.restore_lane(bot, now_ms - LANE_LEASE_MS, now_ms).await? {
            Some(turn) => self.send_token(bot, turn).await,
            None => Ok(()),
        }
    }
}
