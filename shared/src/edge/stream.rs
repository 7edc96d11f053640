//! The functions behind the table's stream.

use std::process::ExitCode;
use std::sync::Arc;

use aws_lambda_events::dynamodb::EventRecord;
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::HandlerError;
use crate::app::{App, LeadChange, StreamBatch};
use crate::error::{AppError, AppResult};
use crate::store::{Lead, campaign_of_lead_partition};

/// A batch of the stream. Lambda names the shard because the trigger has a tumbling window; at a window's end a batch
/// may have no records.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    #[serde(rename = "Records", default)]
    records: Vec<EventRecord>,
    shard_id: Option<String>,
    /// The window's state; Gatepost has none and hands back what it gets, as Lambda requires.
    #[serde(default)]
    state: serde_json::Map<String, Value>,
}

/// The answer to a batch: the first record to come again, if any.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchAnswer {
    state: serde_json::Map<String, Value>,
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

/// A binary that works the stream.
#[derive(Clone, Copy)]
pub struct StreamFunction {
    /// The name of the binary.
    pub binary: &'static str,
    /// Works the records of a shard whole, or fails.
    pub work: for<'a> fn(&'a App, String, &'a [EventRecord]) -> BoxFuture<'a, AppResult<()>>,
}

/// Works the stream for the Lambda runtime until the sandbox ends.
#[must_use]
pub fn serve(function: StreamFunction) -> ExitCode {
    super::run(async move |app: Arc<App>| {
        app.store.connect().await;
        lambda_runtime::run(service_fn(|event: LambdaEvent<Batch>| async {
            Ok::<_, HandlerError>(work(function, &app, event.payload).await)
        }))
        .await
    })
}

/// Works one batch, JSON in and JSON out.
///
/// # Errors
///
/// If the event is no stream event.
pub async fn invoke(
    function: StreamFunction,
    app: Arc<App>,
    event: LambdaEvent<Value>,
) -> Result<Value, HandlerError> {
    let batch: Batch = serde_json::from_value(event.payload)?;
    Ok(serde_json::to_value(work(function, &app, batch).await)?)
}

/// Works a batch whole or, if that fails, has it come again from its first record.
///
/// A record that does not read would come again for ever: it is put aside in the dead-letter queue.
async fn work(function: StreamFunction, app: &App, batch: Batch) -> BatchAnswer {
    let Batch { records, shard_id, state } = batch;
    let shard = shard_id.unwrap_or_else(|| "unnamed".to_owned());
    let mut batch_item_failures = Vec::new();
    if let Err(error) = (function.work)(app, shard, &records).await {
        tracing::error!(?error, records = records.len(), "a batch of the stream has to come again");
        let first = records.first().map(sequence).unwrap_or_default().to_owned();
        batch_item_failures.push(ItemFailure { item_identifier: first });
    }
    BatchAnswer { state, batch_item_failures }
}

/// Works a batch of changes of leads.
pub fn leads<'a>(app: &'a App, shard: String, records: &'a [EventRecord]) -> BoxFuture<'a, AppResult<()>> {
    async move {
        let mut changes = Vec::with_capacity(records.len());
        for record in records {
            match read(record) {
                Ok(change) => changes.push(change),
                Err(error) => put_aside(app, &shard, record, &error).await?,
            }
        }
        app.process_lead_changes(&StreamBatch { shard, changes }).await
    }
    .boxed()
}

/// Puts a record that does not read where an operator finds it.
pub(super) async fn put_aside(
    app: &App,
    shard: &str,
    record: &EventRecord,
    error: &AppError,
) -> AppResult<()> {
    tracing::error!(?error, event.id = record.event_id, "a stream record does not read");
    app.put_aside_record(shard, &record.event_id, sequence(record)).await
}

/// The partition of a record's item.
pub(super) fn partition_of(record: &EventRecord) -> AppResult<String> {
    let keys: Keys = serde_dynamo::from_item(record.change.keys.clone())
        .map_err(|error| AppError::unavailable(format!("the record's keys do not read: {error}")))?;
    Ok(keys.partition)
}

fn read(record: &EventRecord) -> AppResult<LeadChange> {
    let campaign = campaign_of_lead_partition(&partition_of(record)?)
        .ok_or_else(|| AppError::unavailable("the record is no lead's"))?;
    let image = |item: &serde_dynamo::Item| {
        if item.is_empty() { Ok(None) } else { Lead::from_item(item.clone()).map(Some) }
    };
    Ok(LeadChange {
        campaign,
        old: image(&record.change.old_image)?,
        new: image(&record.change.new_image)?,
        sequence: sequence(record).to_owned(),
    })
}

#[derive(Deserialize)]
struct Keys {
    #[serde(rename = "PK")]
    partition: String,
}

fn sequence(record: &EventRecord) -> &str {
    record.change.sequence_number.as_deref().unwrap_or_default()
}
