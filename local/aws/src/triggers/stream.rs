//! Follows a table's stream: gathers records into batches and keeps the checkpoint.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::checkpoint::{Checkpoint, Progress};
use super::stream_batch::{Delivery, Outcome};
use super::window::Window;
use crate::dynamodb::{Record, Stream};
use crate::stop::Stop;
use crate::template::StreamTrigger;

/// Between looks at an idle stream.
const POLL: Duration = Duration::from_millis(25);
/// Records read at once.
const PAGE: usize = 1_000;

/// A stream, how far it has been processed, and which of its records count; shared with whoever asks for rest.
pub struct Cursor {
    /// The stream.
    pub stream: Stream,
    /// What the template says.
    pub trigger: StreamTrigger,
    /// How far it has been processed.
    pub progress: Progress,
}

impl Cursor {
    /// Whether no record waits for the function. An unreadable stream counts as not drained.
    pub fn is_drained(&self) -> bool {
        let mut after = self.progress.get().sequence;
        loop {
            let Ok(records) = self.stream.read(after.as_deref(), PAGE) else { return false };
            if records.iter().any(|record| self.trigger.filter.accepts(&record.event)) {
                return false;
            }
            match records.last() {
                Some(last) => after = Some(last.sequence.clone()),
                None => return true,
            }
        }
    }
}

/// A trigger at work.
pub struct StreamWorker {
    cursor: Arc<Cursor>,
    delivery: Delivery,
    stop: Stop,
    /// Read and waiting for a batch.
    pending: VecDeque<Record>,
    pending_since: Instant,
    /// The last record read, whether or not it counts.
    read: Option<String>,
}

impl StreamWorker {
    /// A worker that goes on where the checkpoint stands.
    pub fn new(cursor: Arc<Cursor>, delivery: Delivery, stop: Stop) -> Self {
        let read = cursor.progress.get().sequence;
        Self { cursor, delivery, stop, pending: VecDeque::new(), pending_since: Instant::now(), read }
    }

    /// Works until the stop.
    pub async fn run(mut self) {
        while !self.stop.is_requested() {
            self.fill();
            if let Some(batch) = self.next_batch() {
                self.process(batch).await;
            } else if self.pending.is_empty() && self.open_window().is_some_and(|window| window.is_over()) {
                self.close_window().await;
            } else {
                self.stop.sleep(POLL).await;
            }
        }
    }

    fn fill(&mut self) {
        if self.pending.len() >= self.batch_size() {
            return;
        }
        let records = match self.cursor.stream.read(self.read.as_deref(), PAGE) {
            Ok(records) => records,
            Err(error) => {
                tracing::warn!(%error, "retrying");
                return;
            }
        };
        let Some(last) = records.last() else { return };
        self.read = Some(last.sequence.clone());
        if self.pending.is_empty() {
            self.pending_since = Instant::now();
        }
        let filter = &self.cursor.trigger.filter;
        self.pending.extend(records.into_iter().filter(|record| filter.accepts(&record.event)));
        if self.pending.is_empty() {
            self.pass();
        }
    }

    fn pass(&self) {
        if let Some(read) = &self.read {
            self.cursor.progress.pass(read);
        }
    }

    /// A batch that is full, has waited long enough, or ends with its tumbling window.
    fn next_batch(&mut self) -> Option<Vec<Record>> {
        let first_s = self.pending.front()?.created_s;
        let window = self.cursor.trigger.tumbling_window.map(|length| Window::around(first_s, length));
        let fitting = self
            .pending
            .iter()
            .take(self.batch_size())
            .take_while(|record| window.as_ref().is_none_or(|window| window.contains(record.created_s)))
            .count();
        let is_cut = fitting == self.batch_size() || fitting < self.pending.len();
        if !is_cut && self.pending_since.elapsed() < self.cursor.trigger.window {
            return None;
        }
        self.pending_since = Instant::now();
        Some(self.pending.drain(..fitting).collect())
    }

    fn batch_size(&self) -> usize {
        self.cursor.trigger.batch_size as usize
    }

    fn open_window(&self) -> Option<Window> {
        self.cursor.progress.get().window
    }

    async fn process(&mut self, batch: Vec<Record>) {
        let Some(first_s) = batch.first().map(|record| record.created_s) else { return };
        if self.open_window().is_some_and(|window| !window.contains(first_s)) {
            self.close_window().await;
        }
        let fresh = self.cursor.trigger.tumbling_window.map(|length| Window::around(first_s, length));
        let mut window = self.open_window().or(fresh);
        let mut parts = VecDeque::from([Part { records: batch, failures: 0 }]);
        while let Some(part) = parts.pop_front() {
            match self.delivery.records(&self.cursor, &part.records, window.as_ref()).await {
                Outcome::Done(state) => self.advance(&mut window, state, part.records.last()),
                Outcome::DoneUpTo(count, state) => {
                    let rest = part.records[count..].to_vec();
                    self.advance(&mut window, state, part.records[..count].last());
                    parts.push_front(Part { records: rest, failures: 0 });
                    self.stop.sleep(backoff(0)).await;
                }
                Outcome::Failed(error) => self.retry(&mut parts, part, &window, &error).await,
            }
            if self.stop.is_requested() {
                return;
            }
        }
        if self.pending.is_empty() {
            self.pass();
        }
    }

    /// Halves a failed part, or tries it again after a while, or gives it up.
    async fn retry(&self, parts: &mut VecDeque<Part>, part: Part, window: &Option<Window>, error: &str) {
        if self.stop.is_requested() {
            // The failure may be the stop itself; the checkpoint still stands before these records.
            return;
        }
        let Part { mut records, failures } = part;
        if self.cursor.trigger.bisect && records.len() > 1 {
            let second = records.split_off(records.len() / 2);
            parts.push_front(Part { records: second, failures });
            parts.push_front(Part { records, failures });
            return;
        }
        if self.cursor.trigger.maximum_retries.is_some_and(|maximum| failures >= maximum) {
            tracing::error!(stream.records = records.len(), error, "records given up");
            self.delivery.give_up(&self.cursor, &records, failures + 1);
            self.advance(&mut window.clone(), None, records.last());
            return;
        }
        self.stop.sleep(backoff(failures)).await;
        parts.push_front(Part { records, failures: failures + 1 });
    }

    fn advance(&self, window: &mut Option<Window>, state: Option<serde_json::Value>, last: Option<&Record>) {
        if let (Some(window), Some(state)) = (window.as_mut(), state) {
            window.state = state;
        }
        if let Some(last) = last {
            let checkpoint = Checkpoint { sequence: Some(last.sequence.clone()), window: window.clone() };
            self.cursor.progress.set(checkpoint);
        }
    }

    /// The final invocation of a window, tried as often as a batch.
    async fn close_window(&self) {
        let Some(window) = self.open_window() else { return };
        for failures in 0_u32.. {
            let Err(error) = self.delivery.end_of_window(&self.cursor, &window).await else { break };
            if self.cursor.trigger.maximum_retries.is_some_and(|maximum| failures >= maximum) {
                tracing::error!(error, "the end of a window is given up");
                break;
            }
            if !self.stop.sleep(backoff(failures)).await {
                return;
            }
        }
        let sequence = self.cursor.progress.get().sequence;
        self.cursor.progress.set(Checkpoint { sequence, window: None });
    }
}

/// Records that are delivered together.
struct Part {
    records: Vec<Record>,
    /// How often these records, or a batch with them, failed without being halved.
    failures: u32,
}

/// 100 ms, doubling to 3.2 s.
fn backoff(failures: u32) -> Duration {
    Duration::from_millis(100 << failures.min(5))
}
