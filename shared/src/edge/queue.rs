//! Functions behind a queue.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use super::HandlerError;
use crate::app::{App, TaskOutcome};
use crate::outbound::TARGET_TIMEOUT;
use crate::queue::Task;

/// A task is not begun when less than this is left: one request to a target, and the table before and after it.
const TASK_TIMEOUT: Duration = TARGET_TIMEOUT.saturating_add(Duration::from_secs(10));

/// How long an event that is being retried holds back the lead's later ones.
const HOLD_BACK_MS: i64 = 60_000;

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

/// Carries out each task and reports those that are to be received again. Tasks of one lead are carried out one
/// after the other, in the order in which they were decided; different leads at the same time.
async fn work(app: &App, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
    let mut failures = Vec::new();
    let mut by_lead: BTreeMap<String, Vec<Received>> = BTreeMap::new();
    for message in event.payload.records {
        let message_id = message.message_id.clone().unwrap_or_default();
        match read(&message) {
            Some(task) => by_lead.entry(task.group()).or_default().push(Received { message_id, task }),
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

/// How a task ended.
enum Ending {
    Done,
    /// To be received again, and the lead's later events with it.
    HoldsBack,
    /// To be received again; the lead's later events need not wait any longer.
    LetsPass,
}

/// The ids of the messages to be received again. An event that is not done holds the lead's later ones back for the
/// first minute.
async fn in_order(app: &App, received: Vec<Received>, deadline_ms: u64) -> Vec<String> {
    let mut again = Vec::new();
    let mut held_back = false;
    for Received { message_id, task } in received {
        let now_ms = app.clock.now_ms().unsigned_abs();
        held_back |=
            deadline_ms != 0 && Duration::from_millis(deadline_ms.saturating_sub(now_ms)) < TASK_TIMEOUT;
        let ending = if held_back { Ending::HoldsBack } else { carry_out(app, &message_id, &task).await };
        match ending {
            Ending::Done => continue,
            Ending::HoldsBack => held_back = true,
            Ending::LetsPass => {}
        }
        again.push(message_id);
    }
    again
}

async fn carry_out(app: &App, message_id: &str, task: &Task) -> Ending {
    match app.carry_out_task(task).await {
        Ok(TaskOutcome::Done) => Ending::Done,
        Ok(TaskOutcome::Again { since_ms }) if app.clock.now_ms() - since_ms >= HOLD_BACK_MS => {
            Ending::LetsPass
        }
        Ok(TaskOutcome::Again { .. }) => Ending::HoldsBack,
        Err(error) => {
            tracing::error!(message.id = message_id, ?error, "a task could not be carried out");
            Ending::HoldsBack
        }
    }
}

fn read(message: &SqsMessage) -> Option<Task> {
    serde_json::from_str(message.body.as_deref()?).ok()
}

fn failure(message_id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message_id;
    failure
}
