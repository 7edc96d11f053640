//! One delivery of stream records, and what becomes of records given up.

use std::sync::Arc;

use serde_json::{Value, json};

use super::partial::{self, Report};
use super::stream::Cursor;
use super::window::Window;
use crate::clock;
use crate::dynamodb::Record;
use crate::lambda::Lambda;
use crate::sqs::{Draft, Sqs};
use crate::template::names;

/// Where a stream's records go.
pub struct Delivery {
    /// The function's name.
    pub function: String,
    /// The function's binary.
    pub binary: String,
    /// All functions.
    pub lambda: Arc<Lambda>,
    /// All queues, for records given up.
    pub sqs: Arc<Sqs>,
}

/// What became of a delivery; the state is that of the tumbling window, if there is one.
pub enum Outcome {
    /// All records are done.
    Done(Option<Value>),
    /// So many records are done, at least one, and the rest is to be delivered again.
    DoneUpTo(usize, Option<Value>),
    /// No record is done.
    Failed(String),
}

impl Delivery {
    /// Delivers records of one window.
    pub async fn records(&self, cursor: &Cursor, records: &[Record], window: Option<&Window>) -> Outcome {
        let events: Vec<_> = records.iter().map(|record| &record.event).collect();
        let mut event = json!({"Records": events});
        if let Some(window) = window {
            window.describe(&mut event, cursor.stream.shard_id(), cursor.stream.arn(), false);
        }
        let answer = match self.lambda.invoke(&self.binary, event).await {
            Ok(answer) => answer,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let state = match window.map(|_| state(&answer)).transpose() {
            Ok(state) => state,
            Err(error) => return Outcome::Failed(error),
        };
        if !cursor.trigger.partial_failures {
            return Outcome::Done(state);
        }
        match partial::read(&answer) {
            Report::Complete => Outcome::Done(state),
            Report::Malformed => Outcome::Failed("the answer is no report of failures".to_owned()),
            Report::Failed(failed) => match first_failure(records, &failed) {
                Some(0) => Outcome::Failed("the function reports the first record".to_owned()),
                Some(count) => Outcome::DoneUpTo(count, state),
                None => Outcome::Failed("the function reports a record that it was not given".to_owned()),
            },
        }
    }

    /// The final invocation of a window.
    pub async fn end_of_window(&self, cursor: &Cursor, window: &Window) -> Result<(), String> {
        let mut event = json!({"Records": []});
        window.describe(&mut event, cursor.stream.shard_id(), cursor.stream.arn(), true);
        self.lambda.invoke(&self.binary, event).await.map(drop).map_err(|error| error.to_string())
    }

    /// Tells the destination, if there is one, where the records are that nobody will process.
    pub fn give_up(&self, cursor: &Cursor, records: &[Record], attempts: u32) {
        let Some(queue) = cursor.trigger.on_failure.as_deref().and_then(|arn| arn.rsplit(':').next()) else {
            return;
        };
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return };
        let report = json!({
            "requestContext": {
                "requestId": uuid::Uuid::new_v4().to_string(),
                "functionArn": names::arn("lambda", &format!("function:{}", self.function)),
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": attempts,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": clock::iso_milliseconds(clock::now_ms()),
            "DDBStreamBatchInfo": {
                "shardId": cursor.stream.shard_id(),
                "startSequenceNumber": first.sequence,
                "endSequenceNumber": last.sequence,
                "approximateArrivalOfFirstRecord": clock::iso_seconds(first.created_s * 1_000),
                "approximateArrivalOfLastRecord": clock::iso_seconds(last.created_s * 1_000),
                "batchSize": records.len(),
                "streamArn": cursor.stream.arn(),
            },
        });
        if let Err(error) = self.sqs.send(queue, Draft::of(report.to_string())) {
            tracing::error!(%error, "cannot tell the destination");
        }
    }
}

fn state(answer: &Value) -> Result<Value, String> {
    match &answer["state"] {
        Value::Null => Err("the answer has no state for its window".to_owned()),
        state => Ok(state.clone()),
    }
}

/// The place of the earliest record reported; `None` if a stranger is among them.
fn first_failure(records: &[Record], failed: &[String]) -> Option<usize> {
    let places = failed.iter().map(|sequence| records.iter().position(|record| record.sequence == *sequence));
    places.collect::<Option<Vec<_>>>()?.into_iter().min()
}
