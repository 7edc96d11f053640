//! The function behind the queue of plans.

use std::process::ExitCode;
use std::sync::Arc;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use super::HandlerError;
use crate::app::{App, MessageOutcome, Receipt};
use crate::queue::PlanTask;

/// A binary that works the queue of plans.
#[derive(Clone, Copy, Debug)]
pub struct PlanFunction {
    /// The name of the binary.
    pub binary: &'static str,
}

/// Works the queue for the Lambda runtime until the sandbox ends.
#[must_use]
pub fn serve(_: PlanFunction) -> ExitCode {
    super::run(async |app: Arc<App>| {
        app.store.connect().await;
        lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async {
            Ok::<_, HandlerError>(work(&app, event.payload).await)
        }))
        .await
    })
}

/// Works one batch, JSON in and JSON out.
///
/// # Errors
///
/// If the event is no SQS event.
pub async fn invoke(app: Arc<App>, event: LambdaEvent<Value>) -> Result<Value, HandlerError> {
    Ok(serde_json::to_value(work(&app, serde_json::from_value(event.payload)?).await)?)
}

/// Carries out the tasks of a batch at the same time, and reports those that are to be received again.
async fn work(app: &App, batch: SqsEvent) -> SqsBatchResponse {
    let outcomes = join_all(batch.records.iter().map(|message| carry_out(app, message))).await;
    let again = batch.records.iter().zip(outcomes).filter(|(_, outcome)| *outcome == MessageOutcome::Held);
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = again.map(|(message, _)| failure(message)).collect();
    response
}

async fn carry_out(app: &App, message: &SqsMessage) -> MessageOutcome {
    let Some(task) = read(message) else {
        tracing::error!(message.id = message.message_id, "a message is no task");
        return MessageOutcome::Held;
    };
    let count = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
    let handle = message.receipt_handle.as_deref().unwrap_or_default();
    app.carry_out_plan_task(&task, Receipt { handle, count: count.unwrap_or(1), turn_ms: None }).await
}

fn read(message: &SqsMessage) -> Option<PlanTask> {
    serde_json::from_str(message.body.as_deref()?).ok()
}

fn failure(message: &SqsMessage) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message.message_id.clone().unwrap_or_default();
    failure
}
