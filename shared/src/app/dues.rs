use futures::{TryStreamExt, stream};

use super::App;
use crate::domain::gate::seconds_until;
use crate::error::AppResult;
use crate::queue::{DELAY_MAX_SECONDS, MessageTask};
use crate::store::{DUE_SHARDS, Due, DueQueue};

/// How far back the first sweep of all looks, in minutes.
const FIRST_SWEEP_MINUTES: i64 = 60;

/// How many minutes one sweep makes up for at most, after an outage.
const SWEEP_MINUTES_MAX: i64 = 720;

/// How many due items of a shard are handed on at the same time.
const DUES_AT_ONCE: usize = 8;

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

    /// Hands what is due until the end of the next minute to its queue, from the first minute on that was not swept
    /// whole. What is handed on twice is carried out once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry: the next sweep begins where this one ended.
    pub async fn sweep_due_items(&self) -> AppResult<()> {
        // No item is added to a minute that has begun (`Store::put_due`).
        let this_minute = self.clock.now_ms().div_euclid(60_000);
        let swept = self.store.swept_minute().await?.unwrap_or(this_minute - FIRST_SWEEP_MINUTES);
        let last = (this_minute + 1).min(swept + SWEEP_MINUTES_MAX);
        for minute in swept + 1..=last {
            let shards = stream::iter((0..DUE_SHARDS).map(Ok));
            let swept = shards.try_for_each_concurrent(None, |shard| self.sweep_shard(minute, shard));
            swept.await?;
            // The next minute is looked at once more, because its end is still to come.
            if minute <= this_minute {
                self.store.note_swept(minute).await?;
            }
        }
        Ok(())
    }

    async fn sweep_shard(&self, minute: i64, shard: u64) -> AppResult<()> {
        let dues = self.store.dues(minute, shard).await?;
        stream::iter(dues.into_iter().map(Ok))
            .try_for_each_concurrent(DUES_AT_ONCE, |due| async move {
                let seconds = seconds_until(due.due_ms, self.clock.now_ms());
                match due.queue {
                    DueQueue::Welcomes => {
                        self.welcome_queue()?.send_spelled_later(due.task.clone(), seconds).await?;
                    }
                    DueQueue::Bots => {
                        self.bot_queue()?.send_spelled_later(due.task.clone(), seconds).await?;
                    }
                    DueQueue::Retries => {
                        self.retry_queue()?.send_retry(due.task.clone(), &due.group, seconds).await?;
                    }
                }
                self.store.delete_due(minute, &due).await
            })
            .await
    }
}
