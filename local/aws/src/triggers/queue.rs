//! Hands a queue's messages to a function in batches.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::partial::{self, Report};
use crate::lambda::Lambda;
use crate::sqs::{Received, Sqs, Wanted};
use crate::stop::Stop;
use crate::template::{QueueTrigger, REGION};

/// How long one request waits for messages, as Lambda's own do.
const LONG_POLL: Duration = Duration::from_secs(20);

/// A trigger with everything it needs.
#[derive(Clone)]
pub struct QueueWorker {
    /// What the template says.
    pub trigger: QueueTrigger,
    /// The function.
    pub binary: String,
    /// All functions.
    pub lambda: Arc<Lambda>,
    /// All queues.
    pub sqs: Arc<Sqs>,
    /// Ends the worker between batches.
    pub stop: Stop,
}

impl QueueWorker {
    /// Starts as many pollers as batches may be in flight. Of a FIFO queue, each message group has one batch in
    /// flight, because a group with a message in flight is not received from.
    pub fn spawn(self, tasks: &mut JoinSet<()>) {
        for _ in 0..self.trigger.concurrency {
            tasks.spawn(self.clone().run());
        }
    }

    async fn run(self) {
        let queue = self.trigger.queue_arn.rsplit(':').next().unwrap_or_default();
        while let Some(batch) = self.next_batch(queue).await {
            if !batch.is_empty() {
                self.deliver(queue, batch).await;
            }
        }
    }

    /// A batch, empty if nothing came; `None` at the stop.
    async fn next_batch(&self, queue: &str) -> Option<Vec<Received>> {
        let size = self.trigger.batch_size as usize;
        let mut batch = self.receive(queue, size, LONG_POLL).await?;
        let deadline = Instant::now() + self.trigger.window;
        while !batch.is_empty() && batch.len() < size && Instant::now() < deadline {
            match self.receive(queue, size - batch.len(), deadline - Instant::now()).await {
                Some(more) => batch.extend(more),
                None => break,
            }
        }
        Some(batch)
    }

    async fn receive(&self, queue: &str, maximum: usize, wait: Duration) -> Option<Vec<Received>> {
        if self.stop.is_requested() {
            return None;
        }
        let wanted = Wanted { maximum, visibility_timeout_s: None, wait };
        tokio::select! {
            received = self.sqs.receive(queue, wanted) => received.ok(),
            () = self.stop.requested() => None,
        }
    }

    /// Invokes the function and deletes what it has done; the rest becomes visible again in its time.
    async fn deliver(&self, queue: &str, batch: Vec<Received>) {
        let records: Vec<_> = batch.iter().map(|received| self.record(received)).collect();
        let Ok(answer) = self.lambda.invoke(&self.binary, json!({"Records": records})).await else { return };
        let Some(failed) = self.failed(&batch, &answer) else {
            tracing::warn!(function.binary = %self.binary, "the answer is no report of failures: all count as failed");
            return;
        };
        for received in batch.iter().filter(|received| !failed.contains(&received.message.id)) {
            if let Err(error) = self.sqs.delete(queue, &received.receipt) {
                tracing::warn!(%error, "cannot delete a message");
            }
        }
    }

    /// The messages that failed; `None` if the report names others or is none.
    fn failed(&self, batch: &[Received], answer: &Value) -> Option<HashSet<String>> {
        if !self.trigger.partial_failures {
            return Some(HashSet::new());
        }
        match partial::read(answer) {
            Report::Complete => Some(HashSet::new()),
            Report::Failed(ids) => {
                let known = ids.iter().all(|id| batch.iter().any(|received| received.message.id == *id));
                known.then(|| ids.into_iter().collect())
            }
            Report::Malformed => None,
        }
    }

    fn record(&self, received: &Received) -> Value {
        let message = &received.message;
        let mut attributes = serde_json::Map::new();
        for (name, value) in &message.attributes {
            let binary = value.binary_value.as_ref().map(|_| json!(value)["BinaryValue"].take());
            attributes.insert(
                name.clone(),
                json!({
                    "stringValue": value.string_value,
                    "binaryValue": binary,
                    "stringListValues": [],
                    "binaryListValues": [],
                    "dataType": value.data_type,
                }),
            );
        }
        let mut record = json!({
            "messageId": message.id,
            "receiptHandle": received.receipt,
            "body": message.body,
            "attributes": message.system_attributes(),
            "messageAttributes": attributes,
            "md5OfBody": message.md5_of_body(),
            "eventSource": "aws:sqs",
            "eventSourceARN": self.trigger.queue_arn,
            "awsRegion": REGION,
        });
        if let Some(md5) = message.md5_of_attributes() {
            record["md5OfMessageAttributes"] = json!(md5);
        }
        record
    }
}
