//! The function behind the queue of news for owners.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use super::HandlerError;
use crate::app::{App, NewsReceipt};
use crate::queue::OwnerTask;

/// A task is not begun when less than this is left: three texts, and the table before and after them.
const TASK_TIMEOUT: Duration = Duration::from_secs(28);

/// A binary that tells owners their news.
#[derive(Clone, Copy, Debug)]
pub struct OwnerNewsFunction {
    /// The name of the binary.
    pub binary: &'static str,
}

/// Works the queue for the Lambda runtime until the sandbox ends.
#[must_use]
pub fn serve(_: OwnerNewsFunction) -> ExitCode {
    super::run(async |app: Arc<App>| {
        app.store.connect().await;
        lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async {
            Ok::<_, HandlerError>(work(&app, event).await)
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
    let batch = LambdaEvent::new(serde_json::from_value(event.payload)?, event.context);
    Ok(serde_json::to_value(work(&app, batch).await)?)
}

/// Carries out one task after the other, because a chat takes one message a second, and reports those that are to be
/// received again.
async fn work(app: &App, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
    let deadline_ms = event.context.deadline;
    let mut response = SqsBatchResponse::default();
    for message in &event.payload.records {
        if is_too_late(app, deadline_ms) || !is_done(app, message).await {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.clone().unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
    }
    response
}

fn is_too_late(app: &App, deadline_ms: u64) -> bool {
    let left_ms = deadline_ms.saturating_sub(app.clock.now_ms().unsigned_abs());
    deadline_ms != 0 && Duration::from_millis(left_ms) < TASK_TIMEOUT
}

async fn is_done(app: &App, message: &SqsMessage) -> bool {
    let message_id = message.message_id.as_deref().unwrap_or_default();
    let body = message.body.as_deref().unwrap_or_default();
    let Ok(task) = serde_json::from_str::<OwnerTask>(body) else {
        tracing::error!(message.id = message_id, "a message is no task");
        return false;
    };
    let outcome = app.carry_out_owner_task(&task, receipt(message)).await;
    if let Err(error) = &outcome {
        tracing::warn!(message.id = message_id, ?error, "news for an owner have to wait");
    }
    outcome.is_ok()
}

/// Whether SQS counts more than one receipt of a message.
fn receipt(message: &SqsMessage) -> NewsReceipt {
    match message.attributes.get("ApproximateReceiveCount").map(String::as_str) {
        None | Some("1") => NewsReceipt::First,
        Some(_) => NewsReceipt::Again,
    }
}
