//! SQS: the queues of the template, in memory, written out by [`Sqs::save`].
//!
//! The wire protocol is that of `rustack-sqs-http`. The queues are our own because the engine that comes with it
//! exports its queues without their messages, so that nothing queued would outlive a stop.

mod endpoint;
mod file;
mod message;
mod order;
mod queue;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustack_sqs_model::error::{SqsError, SqsErrorCode};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::StartError;
use crate::clock::ShiftedClock;
use crate::template::QueueSpec;
use file::SnapshotFile;
use queue::Queue;

pub use endpoint::Endpoint;
pub use message::{Draft, Received, Sent};
pub use queue::Depth;

/// Every queue's messages, by queue name; what is written out and read back.
pub type Snapshot = BTreeMap<String, Queue>;

/// How long to sleep where the clock may jump.
const LOOK: Duration = Duration::from_millis(10);

/// The queues of a stack.
#[derive(Debug)]
pub struct Sqs {
    endpoint: String,
    specs: BTreeMap<String, QueueSpec>,
    queues: Mutex<Snapshot>,
    arrivals: BTreeMap<String, Notify>,
    /// Grows with every change, under the lock of `queues`.
    changes: AtomicU64,
    file: Option<SnapshotFile>,
    clock: ShiftedClock,
}

/// What a receiver asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// At most so many messages.
    pub maximum: usize,
    /// Seconds for which they are hidden from others; `None` is the queue's own setting.
    pub visibility_timeout_s: Option<u32>,
    /// How long to wait for the first one.
    pub wait: Duration,
}

impl Sqs {
    /// Queues with what the file at `path` has for them; without one they are kept in memory only. A message that
    /// was in flight is visible again at once, for its receiver is gone; a delayed one stays delayed.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is damaged.
    pub fn open(specs: &[QueueSpec], endpoint: String, path: Option<PathBuf>) -> Result<Self, StartError> {
        let file = path.map(SnapshotFile::new);
        let mut snapshot = file.as_ref().map_or_else(|| Ok(Snapshot::new()), SnapshotFile::read)?;
        let clock = ShiftedClock::default();
        let now_ms = clock.now_ms();
        let mut queues = Snapshot::new();
        for spec in specs {
            let mut queue = snapshot.remove(&spec.name).unwrap_or_default();
            queue.release(now_ms);
            queues.insert(spec.name.clone(), queue);
        }
        for (name, queue) in snapshot {
            tracing::warn!(queue.name = name, queue.messages = queue.len(), "dropped: not in the template");
        }
        Ok(Self {
            endpoint,
            specs: specs.iter().map(|spec| (spec.name.clone(), spec.clone())).collect(),
            queues: Mutex::new(queues),
            arrivals: specs.iter().map(|spec| (spec.name.clone(), Notify::new())).collect(),
            changes: AtomicU64::new(0),
            file,
            clock,
        })
    }

    /// Writes the queues to their file, if they have one and have changed; every message queued before the call is
    /// on disk after it. Blocks meanwhile.
    ///
    /// # Errors
    ///
    /// Whatever the file system says; safe to retry.
    pub fn save(&self) -> std::io::Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.write(self))
    }

    /// Delays and visibility follow a clock that is so many milliseconds off.
    pub fn follow(&self, shift_ms: Arc<AtomicI64>) {
        self.clock.follow(shift_ms);
    }

    /// How many messages a queue has.
    pub fn depth(&self, name: &str) -> Option<Depth> {
        Some(self.queues().get_mut(name)?.depth(self.clock.now_ms()))
    }

    /// The bodies in a queue, oldest first, whatever their state; nothing is received by this.
    pub fn bodies(&self, name: &str) -> Option<Vec<String>> {
        Some(self.queues().get(name)?.messages().map(|message| message.body.clone()).collect())
    }

    /// Queues a message.
    ///
    /// # Errors
    ///
    /// As SQS: no such queue, or parameters that do not fit it.
    pub fn send(&self, name: &str, draft: Draft) -> Result<Sent, SqsError> {
        let spec = self.spec(name)?;
        let message = draft.check(spec, self.clock.now_ms())?;
        let sent = self.with(name, |queue| queue.push_unless_duplicate(spec, message))?;
        self.announce(name);
        Ok(sent)
    }

    /// Receives messages, waiting for the first one if need be.
    ///
    /// # Errors
    ///
    /// There is no such queue.
    pub async fn receive(&self, name: &str, wanted: Wanted) -> Result<Vec<Received>, SqsError> {
        let deadline = Instant::now() + wanted.wait;
        let arrivals = self.arrivals.get(name).ok_or_else(no_such_queue)?;
        loop {
            let arrival = arrivals.notified();
            tokio::pin!(arrival);
            arrival.as_mut().enable();
            let (received, next_ms) = self.take(name, wanted)?;
            if !received.is_empty() || Instant::now() >= deadline {
                return Ok(received);
            }
            let mut pause = next_ms.map_or(wanted.wait, |next| {
                Duration::from_millis(next.saturating_sub(self.clock.now_ms()).max(1))
            });
            if self.clock.may_jump() {
                pause = pause.min(LOOK);
            }
            tokio::select! {
                () = arrival => {}
                () = tokio::time::sleep_until(deadline.min(Instant::now() + pause)) => {}
            }
        }
    }

    /// Deletes a received message; twice is the same as once, an outdated receipt does nothing.
    ///
    /// # Errors
    ///
    /// There is no such queue.
    pub fn delete(&self, name: &str, receipt: &str) -> Result<(), SqsError> {
        self.with(name, |queue| queue.delete(receipt))?;
        self.announce(name);
        Ok(())
    }

    /// Hides a received message for `seconds` from now; 0 shows it at once.
    ///
    /// # Errors
    ///
    /// There is no such queue, or the message is not in flight.
    pub fn change_visibility(&self, name: &str, receipt: &str, seconds: u32) -> Result<(), SqsError> {
        let changed =
            self.with(name, |queue| queue.change_visibility(receipt, self.clock.now_ms(), seconds))?;
        self.announce(name);
        if changed {
            Ok(())
        } else {
            Err(SqsError::new(SqsErrorCode::MessageNotInflight, "the message is not in flight"))
        }
    }

    /// Deletes everything in a queue.
    ///
    /// # Errors
    ///
    /// There is no such queue.
    pub fn purge(&self, name: &str) -> Result<(), SqsError> {
        self.with(name, Queue::purge)
    }

    fn spec(&self, name: &str) -> Result<&QueueSpec, SqsError> {
        self.specs.get(name).ok_or_else(no_such_queue)
    }

    fn queues(&self) -> MutexGuard<'_, Snapshot> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    fn snapshot(&self) -> Snapshot {
        self.queues().clone()
    }

    fn with<T>(&self, name: &str, change: impl FnOnce(&mut Queue) -> T) -> Result<T, SqsError> {
        let mut queues = self.queues();
        let result = queues.get_mut(name).map(change).ok_or_else(no_such_queue);
        self.changes.fetch_add(1, Ordering::SeqCst);
        result
    }

    fn announce(&self, name: &str) {
        if let Some(arrivals) = self.arrivals.get(name) {
            arrivals.notify_waiters();
        }
    }

    /// Takes what is visible and moves what was received too often, in one step; also says when the next message
    /// becomes visible.
    fn take(&self, name: &str, wanted: Wanted) -> Result<(Vec<Received>, Option<u64>), SqsError> {
        let spec = self.spec(name)?;
        let mut queues = self.queues();
        let now_ms = self.clock.now_ms();
        let Some(queue) = queues.get_mut(name) else { return Err(no_such_queue()) };
        let visible_again_ms =
            now_ms + 1_000 * u64::from(wanted.visibility_timeout_s.unwrap_or(spec.visibility_timeout_s));
        let taken = queue.take(spec, now_ms, visible_again_ms, wanted.maximum);
        let next_ms = queue.next_visible_ms(now_ms);
        if taken.received.is_empty() && taken.dead.is_empty() && !taken.has_expired {
            return Ok((vec![], next_ms));
        }
        self.changes.fetch_add(1, Ordering::SeqCst);
        let target = spec.redrive.as_ref().and_then(|redrive| redrive.target_arn.rsplit(':').next());
        if let Some((target_name, target)) = target.and_then(|target| Some((target, queues.get_mut(target)?)))
        {
            for message in taken.dead {
                target.push(message.dead_letter(spec, now_ms));
            }
            self.announce(target_name);
        }
        Ok((taken.received, next_ms))
    }
}

fn no_such_queue() -> SqsError {
    SqsError::non_existent_queue("The specified queue does not exist.")
}
