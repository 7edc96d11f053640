//! The function behind the queue of decided postbacks.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use super::HandlerError;
use crate::app::{App, PostbackOutcome, TaskSubject};
use crate::outbound::TARGET_TIMEOUT;
use crate::queue::Task;

/// A task is not begun when less than this is left: one request to a target, and the table before and after it.
const TASK_TIMEOUT: Duration = TARGET_TIMEOUT.saturating_add(Duration::from_secs(10));

/// A binary that works the queue of decided postbacks.
#[derive(Clone, Copy, Debug)]
pub struct QueueFunction {
    /// The name of the binary.
    pub binary: &'static str,
}

/// A message and its task.
struct Received {
    message_id: String,
    task: Task,
    /// How often it was received, this time included.
    receipts: u32,
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
            Some(task) => {
                let received = Received { message_id, task, receipts: receipts(&message) };
                by_lead.entry(received.task.group()).or_default().push(received);
            }
            None => {
                tracing::error!(message.id = message_id, "a message is no task");
                failures.push(message_id);
            }
        }
    }
    let subjects = subjects(app, &by_lead).await.into_iter().chain(std::iter::repeat_with(|| None));
    let leads = by_lead.into_values().zip(subjects);
    let leads = leads.map(|(received, first)| in_order(app, received, first, event.context.deadline));
    failures.extend(join_all(leads).await.into_iter().flatten());
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failures.into_iter().map(failure).collect();
    response
}

/// What the first task of each lead is about, read together; nothing without storage, and each task reads for itself.
async fn subjects(app: &App, by_lead: &BTreeMap<String, Vec<Received>>) -> Vec<Option<TaskSubject>> {
    let first: Vec<_> =
        by_lead.values().filter_map(|received| Some(received.first()?.task.clone())).collect();
    app.read_subjects(&first).await.unwrap_or_default()
}

/// The ids of the messages to be received again: from the first that could not be carried out on, because the later ones
/// of a lead are not to overtake it.
async fn in_order(
    app: &App,
    received: Vec<Received>,
    mut first: Option<TaskSubject>,
    deadline_ms: u64,
) -> Vec<String> {
    let mut again = Vec::new();
    for message in received {
        let now_ms = app.clock.now_ms().unsigned_abs();
        let is_late =
            deadline_ms != 0 && Duration::from_millis(deadline_ms.saturating_sub(now_ms)) < TASK_TIMEOUT;
        if is_late || !again.is_empty() || !is_carried_out(app, &message, first.take()).await {
            again.push(message.message_id);
        }
    }
    again
}

async fn is_carried_out(app: &App, message: &Received, subject: Option<TaskSubject>) -> bool {
    match app.begin_postback(&message.task, subject, message.receipts).await {
        Ok(outcome) => outcome == PostbackOutcome::Done,
        Err(error) => {
            tracing::error!(message.id = message.message_id, ?error, "a task could not be carried out");
            false
        }
    }
}

fn receipts(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
    count.unwrap_or(1)
}

pub(super) fn read(message: &SqsMessage) -> Option<Task> {
    serde_json::from_str(message.body.as_deref()?).ok()
}

pub(super) fn failure(message_id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message_id;
    failure
}
