use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use tokio::time::Instant;

use super::App;
use crate::domain::gate::seconds_until;
use crate::error::{AppError, AppResult};
use crate::queue::{DELAY_MAX_SECONDS, HandOn, MessageTask, Queue, WaitingTask};
use crate::store::{DUE_SHARDS, Due, DueQueue};

/// How far back the first sweep of all looks, in minutes.
const FIRST_SWEEP_MINUTES: i64 = 60;

/// How many minutes one sweep makes up for at most, after an outage.
const SWEEP_MINUTES_MAX: i64 = 720;

/// How many requests a shard makes of its queues at the same time.
const REQUESTS_AT_ONCE: usize = 8;

/// How many tasks a queue takes in one request.
const BATCH: usize = 10;

/// After how many minutes an item is looked at again that its queue refuses, or that does not read.
const PUT_OFF_MINUTES: i64 = 60;

/// A sweep at work.
struct Sweep {
    /// When it is to end.
    until: Instant,
    /// The queues that do not answer it.
    silent: Mutex<BTreeSet<DueQueue>>,
    /// Whether a queue left something to the next sweep.
    left: AtomicBool,
}

impl Sweep {
    fn until(until: Instant) -> Self {
        Self { until, silent: Mutex::default(), left: AtomicBool::new(false) }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    fn note_silent(&self, queue: DueQueue) {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner).insert(queue);
    }

    fn is_silent(&self, queue: DueQueue) -> bool {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner).contains(&queue)
    }
}

/// Items of one queue with what became of each.
type Handed = Vec<(Due, HandOn)>;

impl App {
    /// Has a task of the welcome queue carried out at a time: by the queue's own delay, or by a due item if that is too
    /// far away for it. Twice is the same as once.
    pub(super) async fn carry_out_at(&self, due_ms: i64, task: &MessageTask) -> AppResult<()> {
        let now_ms = self.clock.now_ms();
        let seconds = seconds_until(due_ms, now_ms);
        if seconds <= DELAY_MAX_SECONDS {
            return self.welcome_queue()?.send_later(task, seconds).await;
        }
        let due = Due { due_ms, id: task.id(), task: task.spelled()?, ..Due::default() };
        self.store.put_due(&due, now_ms).await
    }

    /// Hands what is due until the end of the next minute to its queue: what is due now, and then all from the first minute
    /// on that was not swept whole, for so long and the page that each shard is at. What is handed on twice is carried out
    /// once. What its queue refuses, or does not read, is put off for an hour; what finds no queue now stays, and the next
    /// sweep begins with it; neither holds up the rest.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], also if only some of it was handed on because a queue does not take it; safe to retry:
    /// the next sweep begins where this one ended.
    pub async fn sweep_due_items(&self, patience: Duration) -> AppResult<()> {
        let this_minute = self.clock.now_ms().div_euclid(60_000);
        let swept = self.store.swept_minute().await?.unwrap_or(this_minute - FIRST_SWEEP_MINUTES);
        let sweep = Sweep::until(Instant::now() + patience);
        // However much was missed, and however far behind a queue is that takes nothing.
        let is_present_whole = self.sweep_minute(this_minute, &sweep).await?
            & self.sweep_minute(this_minute + 1, &sweep).await?;
        let missed = swept + 1..this_minute.min(swept + 1 + SWEEP_MINUTES_MAX);
        let next = self.sweep_missed(missed, &sweep).await?;
        if next >= this_minute && is_present_whole {
            // Of the next minute the end is still to come. To one that has begun no item is added (`Store::put_due`).
            return self.store.note_swept(this_minute).await;
        }
        if sweep.left.into_inner() {
            return Err(AppError::unavailable("due items wait for a queue that takes them"));
        }
        tracing::warn!(due.next = next, "more is due than one sweep hands on");
        Ok(())
    }

    /// The first minute that is not swept whole.
    async fn sweep_missed(&self, missed: Range<i64>, sweep: &Sweep) -> AppResult<i64> {
        let mut next = missed.start;
        for minute in missed {
            let is_whole = self.sweep_minute(minute, sweep).await?;
            if is_whole && minute == next {
                self.store.note_swept(minute).await?;
                next += 1;
            }
            if sweep.is_over() {
                break;
            }
        }
        Ok(next)
    }

    /// Whether nothing of a minute is left.
    async fn sweep_minute(&self, minute: i64, sweep: &Sweep) -> AppResult<bool> {
        let shards = stream::iter((0..DUE_SHARDS).map(Ok));
        let shards = shards.map_ok(|shard| self.sweep_shard(minute, shard, sweep));
        let whole: Vec<bool> = shards.try_buffer_unordered(usize::MAX).try_collect().await?;
        Ok(whole.into_iter().all(|whole| whole))
    }

    async fn sweep_shard(&self, minute: i64, shard: u64, sweep: &Sweep) -> AppResult<bool> {
        let (mut is_whole, mut after) = (true, None);
        loop {
            let page = self.store.dues(minute, shard, after).await?;
            let (mut taken, mut refused) = (Vec::new(), Vec::new());
            for (due, outcome) in self.hand_on_dues(page.dues, sweep).await {
                match outcome {
                    HandOn::Taken => taken.push(due),
                    HandOn::Refused => refused.push(due),
                    HandOn::Open => {
                        is_whole = false;
                        sweep.left.store(true, Ordering::Relaxed);
                    }
                }
            }
            self.store.delete_dues(minute, &taken).await?;
            let aside = refused.len() + page.unreadable.len();
            if aside > 0 {
                let later = minute.max(self.clock.now_ms().div_euclid(60_000)) + PUT_OFF_MINUTES;
                tracing::error!(
                    due.minute = minute,
                    due.shard = shard,
                    count = aside,
                    "due items are put off"
                );
                self.tell_cloudwatch("DueItemsPutOff");
                self.store.put_off_dues((minute, later), shard, &refused, page.unreadable).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(is_whole);
            }
            if sweep.is_over() {
                return Ok(false);
            }
        }
    }

    async fn hand_on_dues(&self, dues: Vec<Due>, sweep: &Sweep) -> Handed {
        let mut by_queue: BTreeMap<DueQueue, Vec<Due>> = BTreeMap::new();
        for due in dues {
            by_queue.entry(due.queue).or_default().push(due);
        }
        let mut batches = Vec::new();
        for (queue, dues) in by_queue {
            let mut dues = dues.into_iter().peekable();
            while dues.peek().is_some() {
                batches.push((queue, dues.by_ref().take(BATCH).collect::<Vec<_>>()));
            }
        }
        let requests = batches.into_iter().map(|(queue, batch)| self.hand_on_batch(queue, batch, sweep));
        let handed: Vec<Handed> = stream::iter(requests).buffer_unordered(REQUESTS_AT_ONCE).collect().await;
        handed.into_iter().flatten().collect()
    }

    async fn hand_on_batch(&self, queue: DueQueue, batch: Vec<Due>, sweep: &Sweep) -> Handed {
        let outcomes =
            if sweep.is_silent(queue) { Vec::new() } else { self.try_batch(queue, &batch, sweep).await };
        let outcomes = outcomes.into_iter().chain(std::iter::repeat(HandOn::Open));
        batch.into_iter().zip(outcomes).collect()
    }

    /// Nothing if the queue does not answer.
    async fn try_batch(&self, queue: DueQueue, batch: &[Due], sweep: &Sweep) -> Vec<HandOn> {
        let now_ms = self.clock.now_ms();
        let tasks = batch.iter().map(|due| WaitingTask {
            task: &due.task,
            group: &due.group,
            seconds: seconds_until(due.due_ms, now_ms),
        });
        let tasks: Vec<_> = tasks.collect();
        let outcome = match self.due_queue(queue) {
            Ok(sink) => sink.hand_on(&tasks).await,
            Err(error) => Err(error),
        };
        outcome.unwrap_or_else(|error| {
            tracing::error!(?queue, ?error, "a queue takes no due items");
            sweep.note_silent(queue);
            Vec::new()
        })
    }

    fn due_queue(&self, queue: DueQueue) -> AppResult<&Queue> {
        match queue {
            DueQueue::Welcomes => self.welcome_queue(),
            DueQueue::Retries => self.retry_queue(),
            DueQueue::Bots => self.bot_queue(),
            DueQueue::Plans => self.plan_queue(),
            DueQueue::Webhooks => self.webhook_retry_queue(),
        }
    }
}
