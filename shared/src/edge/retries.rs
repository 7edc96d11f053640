//! The function behind the queue of postbacks that are tried again.

use std::process::ExitCode;
use std::sync::Arc;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use super::HandlerError;
use super::queue::{failure, read};
use crate::app::{App, PostbackOutcome};

/// A binary that works the queue of retries.
#[derive(Clone, Copy, Debug)]
pub struct RetryFunction {
    /// The name of the binary.
    pub binary: &'static str,
}

/// Works the queue for the Lambda runtime until the sandbox ends.
#[must_use]
pub fn serve(_: RetryFunction) -> ExitCode {
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
    let again = join_all(batch.records.iter().map(|message| is_to_come_again(app, message))).await;
    let again = batch.records.iter().zip(again).filter(|(_, again)| *again);
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures =
        again.map(|(message, _)| failure(message.message_id.clone().unwrap_or_default())).collect();
    response
}

async fn is_to_come_again(app: &App, message: &SqsMessage) -> bool {
    let Some(task) = read(message) else {
        tracing::error!(message.id = message.message_id, "a message is no task");
        return true;
    };
    match app.retry_postback(&task).await {
        Ok(PostbackOutcome::Done) => false,
        Ok(PostbackOutcome::Busy) => true,
        Err(error) => {
            tracing::error!(message.id = message.message_id, ?error, "a task could not be carried out");
            true
        }
    }
}
