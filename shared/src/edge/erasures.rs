//! The function behind the queue of erasures.

use std::process::ExitCode;
use std::sync::Arc;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use super::HandlerError;
use super::queue::failure;
use crate::app::{App, MessageOutcome, Receipt};
use crate::queue::ErasureTask;

/// A binary that works the queue of erasures.
#[derive(Clone, Copy, Debug)]
pub struct ErasureFunction {
    /// The name of the binary.
    pub binary: &'static str,
}

/// Works the queue for the Lambda runtime until the sandbox ends.
#[must_use]
pub fn serve(_: ErasureFunction) -> ExitCode {
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

/// Carries out the tasks of a batch, which has one, and reports those that are to be received again.
async fn work(app: &App, batch: SqsEvent) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for message in &batch.records {
        if carry_out(app, message).await == MessageOutcome::Held {
            let id = message.message_id.clone().unwrap_or_default();
            response.batch_item_failures.push(failure(id));
        }
    }
    response
}

async fn carry_out(app: &App, message: &SqsMessage) -> MessageOutcome {
    let task: Option<ErasureTask> = message.body.as_deref().and_then(|body| serde_json::from_str(body).ok());
    let Some(task) = task else {
        tracing::error!(message.id = message.message_id, "a message is no task");
        return MessageOutcome::Held;
    };
    let count = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
    let handle = message.receipt_handle.as_deref().unwrap_or_default();
    app.carry_out_erasure(&task, Receipt { handle, count: count.unwrap_or(1), turn_ms: None }).await
}
