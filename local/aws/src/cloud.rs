//! Starts everything in order, and ends it in the opposite one.

mod ports;
mod start;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::dynamodb::DynamoDb;
use crate::lambda::{Environment, FunctionError, Lambda};
use crate::sqs::{Depth, Sqs};
use crate::stop::StopSender;
use crate::template::Stack;
use crate::triggers::stream::Cursor;
use crate::{CloudOptions, StartError};

/// How long running invocations may go on after the stop.
const INVOCATIONS_LIMIT: Duration = Duration::from_secs(10);
/// How long servers may take to answer what they have begun.
const SERVERS_LIMIT: Duration = Duration::from_secs(1);
/// Between looks while waiting for something to end.
const LOOK: Duration = Duration::from_millis(10);

/// A running cloud. Dropping it ends everything at once; [`Cloud::stop`] does so in order.
pub struct Cloud {
    address: SocketAddr,
    stack: Stack,
    aws_environment: Environment,
    lambda: Arc<Lambda>,
    sqs: Arc<Sqs>,
    dynamodb: DynamoDb,
    cursors: Vec<Arc<Cursor>>,
    dead_letters: BTreeSet<String>,
    /// The HTTP API and every trigger.
    callers: JoinSet<()>,
    callers_stop: StopSender,
    servers: JoinSet<()>,
    servers_stop: StopSender,
    kill: StopSender,
}

impl Cloud {
    /// Builds what the template describes and serves it.
    ///
    /// # Errors
    ///
    /// Every [`StartError`]; nothing runs on then.
    pub async fn start(options: CloudOptions) -> Result<Self, StartError> {
        start::start(options).await
    }

    /// Where the HTTP API is: `http://127.0.0.1:3000`
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The resolved environment of a function; `None` if there is no such binary.
    #[must_use]
    pub fn environment(&self, binary: &str) -> Option<&Environment> {
        self.lambda.environment(binary)
    }

    /// Region, credentials and the endpoints of the services, as the SDK reads them.
    #[must_use]
    pub fn aws_environment(&self) -> &Environment {
        &self.aws_environment
    }

    /// The template as it was resolved.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// A table's name.
    #[must_use]
    pub fn table_name(&self, logical_id: &str) -> Option<&str> {
        let table = self.stack.tables.iter().find(|table| table.logical_id == logical_id);
        table.map(|table| table.name.as_str())
    }

    /// A queue's URL; valid until the stop.
    #[must_use]
    pub fn queue_url(&self, logical_id: &str) -> Option<&str> {
        let queue = self.stack.queues.iter().find(|queue| queue.logical_id == logical_id);
        queue.map(|queue| queue.url.as_str())
    }

    /// A bucket's name.
    #[must_use]
    pub fn bucket_name(&self, logical_id: &str) -> Option<&str> {
        self.stack.buckets.get(logical_id).map(String::as_str)
    }

    /// Calls a function and waits for its answer.
    ///
    /// # Errors
    ///
    /// What the function reports, its cut-off, or that there is no such binary.
    pub async fn invoke(&self, binary: &str, event: Value) -> Result<Value, FunctionError> {
        self.lambda.invoke(binary, event).await
    }

    /// From now on the queues' clock is the machine's and so many milliseconds, which somebody else changes.
    pub fn shift_clock(&self, shift_ms: Arc<AtomicI64>) {
        self.sqs.follow(shift_ms);
    }

    /// Whether a function is running, or records of a stream wait.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.lambda.running() > 0 || !self.cursors.iter().all(|cursor| cursor.is_drained())
    }

    /// How many messages a queue has.
    #[must_use]
    pub fn queue_depth(&self, logical_id: &str) -> Option<Depth> {
        self.sqs.depth(self.queue_name(logical_id)?)
    }

    /// The bodies of a queue's messages, oldest first, without receiving them.
    #[must_use]
    pub fn queue_bodies(&self, logical_id: &str) -> Option<Vec<String>> {
        self.sqs.bodies(self.queue_name(logical_id)?)
    }

    /// Deletes the items that have expired, which happens each minute by itself; gives their number.
    pub async fn expire_items(&self) -> usize {
        self.dynamodb.expire_items().await
    }

    /// Whether nothing is left to do: no invocation runs, no stream record waits, and no queue but the
    /// dead-letter ones has a message, visible, delayed or in flight. Schedules do not count, nor does the end of
    /// a tumbling window.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.is_idle_besides(&[])
    }

    /// The same, where messages of some queues may be in flight, held back by whoever received them.
    #[must_use]
    pub fn is_idle_besides(&self, holding: &[&str]) -> bool {
        let begun = self.lambda.begun();
        self.lambda.running() == 0
            && self.are_queues_empty(holding)
            && self.cursors.iter().all(|cursor| cursor.is_drained())
            && self.are_queues_empty(holding)
            && self.lambda.running() == 0
            && self.lambda.begun() == begun
    }

    /// Waits until nothing is left to do; false if that takes longer than `limit`.
    pub async fn idle(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while !self.is_idle() {
            if Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(LOOK).await;
        }
        true
    }

    /// Ends everything: no new requests, batches or schedules; running invocations get 10 s; the queues are
    /// written out; processes and servers end.
    pub async fn stop(mut self) {
        self.callers_stop.request();
        let callers_end = tokio::time::timeout(INVOCATIONS_LIMIT, async {
            while self.callers.join_next().await.is_some() {}
            while self.lambda.running() > 0 {
                tokio::time::sleep(LOOK).await;
            }
        });
        if callers_end.await.is_err() {
            tracing::warn!(invocations = self.lambda.running(), "cut off by the stop");
        }
        self.callers.shutdown().await;
        self.kill.request();
        self.lambda.end_processes();
        self.servers_stop.request();
        let servers_end = tokio::time::timeout(SERVERS_LIMIT, async {
            while self.lambda.processes() > 0 {
                tokio::time::sleep(LOOK).await;
            }
            while self.servers.join_next().await.is_some() {}
        });
        // What has not ended by then is ended by the next line.
        let _ = servers_end.await;
        self.servers.shutdown().await;
        if let Err(error) = self.sqs.save() {
            tracing::error!(%error, "cannot write the queues");
        }
    }

    fn queue_name(&self, logical_id: &str) -> Option<&str> {
        let queue = self.stack.queues.iter().find(|queue| queue.logical_id == logical_id);
        queue.map(|queue| queue.name.as_str())
    }

    fn are_queues_empty(&self, holding: &[&str]) -> bool {
        let working = self.stack.queues.iter().filter(|queue| !self.dead_letters.contains(&queue.arn()));
        working.into_iter().all(|queue| {
            let held = |depth: &Depth| match holding.contains(&queue.logical_id.as_str()) {
                true => depth.in_flight,
                false => 0,
            };
            self.sqs.depth(&queue.name).is_none_or(|depth| depth.total() == held(&depth))
        })
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.lambda.end_processes();
    }
}
