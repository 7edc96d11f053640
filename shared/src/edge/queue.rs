//! Functions behind a queue.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use super::HandlerError;
use crate::app::{App, TaskOutcome};
use crate::ids::{CampaignKey, UserId};
use crate::outbound::TARGET_TIMEOUT;
use crate::queue::Task;

/// A binary that works a queue.
#[derive(Clone, Copy, Debug)]
pub struct QueueFunction {
    /// The name of the binary.
    pub binary: &'static str,
}

/// A message and its task.
struct Received {
    message_id: String,
    task: Task,
}

/// Works the queue for the Lambda runtime until the sandbox ends.
#[must_use]
pub fn serve(_: QueueFunction) -> ExitCode {
    super::run(async |app: Arc<App>| {
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

/// Carries out each task and reports those that are to be received again. Tasks of one lead are carried out one
/// after the other, in the order of their events; different leads at the same time.
async fn work(app: &App, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
    let mut failures = Vec::new();
    let mut by_lead: BTreeMap<(CampaignKey, UserId), Vec<Received>> = BTreeMap::new();
    for message in event.payload.records {
        let message_id = message.message_id.clone().unwrap_or_default();
        match read(&message) {
            Some(task) => by_lead.entry(lead_of(&task)).or_default().push(Received { message_id, task }),
            None => {
                tracing::error!(message.id = message_id, "a message is no task");
                failures.push(message_id);
            }
        }
    }
    let leads = by_lead.into_values().map(|received| in_order(app, received, event.context.deadline));
    failures.extend(join_all(leads).await.into_iter().flatten());
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failures.into_iter().map(failure).collect();
    response
}

/// The ids of the messages to be received again.
async fn in_order(app: &App, mut received: Vec<Received>, deadline_ms: u64) -> Vec<String> {
    received.sort_by_key(|message| {
        let Task::PostbackV1 { event, .. } = message.task;
        (event.clock, event.status)
    });
    let mut again = Vec::new();
    for Received { message_id, task } in received {
        let left_ms = i64::try_from(deadline_ms).unwrap_or(i64::MAX) - app.clock.now_ms();
        if deadline_ms != 0 && u128::from(left_ms.max(0).unsigned_abs()) < TARGET_TIMEOUT.as_millis() {
            again.push(message_id);
            continue;
        }
        match app.carry_out_task(&task).await {
            Ok(TaskOutcome::Done) => {}
            Ok(TaskOutcome::Again) => again.push(message_id),
            Err(error) => {
                tracing::error!(message.id = message_id, ?error, "a task could not be carried out");
                again.push(message_id);
            }
        }
    }
    again
}

fn read(message: &SqsMessage) -> Option<Task> {
    serde_json::from_str(message.body.as_deref()?).ok()
}

fn lead_of(task: &Task) -> (CampaignKey, UserId) {
    let Task::PostbackV1 { campaign, user, .. } = task;
    (*campaign, *user)
}

fn failure(message_id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message_id;
    failure
}
