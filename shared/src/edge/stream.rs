//! The function behind the table's stream.

use std::process::ExitCode;
use std::sync::Arc;

use aws_lambda_events::dynamodb::{EventRecord, TimeWindowEvent, TimeWindowEventResponse};
use aws_lambda_events::streams::DynamoDbBatchItemFailure;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use super::HandlerError;
use crate::app::{App, LeadChange, StreamBatch};
use crate::error::{AppError, AppResult};
use crate::store::{Lead, campaign_of_lead_partition};

/// The binary that works the stream.
#[derive(Clone, Copy, Debug)]
pub struct StreamFunction {
    /// The name of the binary.
    pub binary: &'static str,
}

/// Works the stream for the Lambda runtime until the sandbox ends.
#[must_use]
pub fn serve(_: StreamFunction) -> ExitCode {
    super::run(async |app: Arc<App>| {
        app.store.connect().await;
        lambda_runtime::run(service_fn(|event: LambdaEvent<TimeWindowEvent>| async {
            Ok::<_, HandlerError>(work(&app, event.payload).await)
        }))
        .await
    })
}

/// Works one batch, JSON in and JSON out.
///
/// # Errors
///
/// If the event is no stream event with a window.
pub async fn invoke(app: Arc<App>, event: LambdaEvent<Value>) -> Result<Value, HandlerError> {
    let batch: TimeWindowEvent = serde_json::from_value(event.payload)?;
    Ok(serde_json::to_value(work(&app, batch).await)?)
}

/// Works a batch whole or, if that fails, has it come again from its first record.
///
/// A record that does not read would come again for ever: it is put aside in the dead-letter queue.
async fn work(app: &App, event: TimeWindowEvent) -> TimeWindowEventResponse {
    let mut response = TimeWindowEventResponse::default();
    let window = event.time_window_properties;
    response.time_window_event_response_properties.state = window.state;
    let records = &event.dynamo_db_event.records;
    let shard = window.shard_id.unwrap_or_else(|| "unnamed".to_owned());
    if let Err(error) = process(app, shard, records).await {
        tracing::error!(?error, records = records.len(), "a batch of the stream has to come again");
        response.batch_item_failures = records.first().map(failure).into_iter().collect();
    }
    response
}

async fn process(app: &App, shard: String, records: &[EventRecord]) -> AppResult<()> {
    let mut changes = Vec::with_capacity(records.len());
    for record in records {
        match read(record) {
            Ok(change) => changes.push(change),
            Err(error) => {
                tracing::error!(?error, event.id = record.event_id, "a stream record does not read");
                app.put_aside_record(&shard, &record.event_id, sequence(record)).await?;
            }
        }
    }
    app.process_lead_changes(&StreamBatch { shard, changes }).await
}

fn read(record: &EventRecord) -> AppResult<LeadChange> {
    let keys: Keys = serde_dynamo::from_item(record.change.keys.clone())
        .map_err(|error| AppError::unavailable(format!("the record's keys do not read: {error}")))?;
    let campaign = campaign_of_lead_partition(&keys.partition)
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

#[derive(serde::Deserialize)]
struct Keys {
    #[serde(rename = "PK")]
    partition: String,
}

fn sequence(record: &EventRecord) -> &str {
    record.change.sequence_number.as_deref().unwrap_or_default()
}

fn failure(record: &EventRecord) -> DynamoDbBatchItemFailure {
    let mut failure = DynamoDbBatchItemFailure::default();
    failure.item_identifier = Some(sequence(record).to_owned());
    failure
}
