use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

use super::retries::group;
use super::{DELAY_MAX_SECONDS, Queue, unavailable};
use crate::error::{AppError, AppResult};

/// Words of SQS for a message that it will never take.
const AT_FAULT: &[&str] = &[
    "InvalidMessageContents",
    "InvalidParameterValue",
    "InvalidAttributeValue",
    "MissingParameter",
    "BatchRequestTooLong",
    "ValidationError",
    "ValidationException",
];

/// A task that waited for its time outside of its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingTask<'t> {
    /// As its queue spells it.
    pub task: &'t str,
    /// What the queue is fair by; empty for none.
    pub group: &'t str,
    /// In how many seconds it is to be received; at most [`DELAY_MAX_SECONDS`] count.
    pub seconds: u64,
}

/// What became of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOn {
    /// The queue has it.
    Taken,
    /// The queue will not take it as it is.
    Refused,
    /// The queue may take it another time.
    Open,
}

/// What became of a request.
enum Batch {
    Answered(Vec<HandOn>),
    /// Refused whole for what one of its messages is.
    Refused,
}

impl Queue {
    /// Sends up to ten tasks to a standard queue in one request, and one by one if the request is refused for one of them.
    /// Answers for each of them in their order.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`] if the queue takes nothing now; safe to retry: at worst a task is there twice.
    pub async fn hand_on(&self, tasks: &[WaitingTask<'_>]) -> AppResult<Vec<HandOn>> {
        if let Batch::Answered(outcomes) = self.send_together(tasks).await? {
            return Ok(outcomes);
        }
        let mut outcomes = Vec::with_capacity(tasks.len());
        for task in tasks {
            match self.send_together(std::slice::from_ref(task)).await? {
                Batch::Answered(outcome) => outcomes.extend(outcome),
                Batch::Refused => outcomes.push(HandOn::Refused),
            }
        }
        Ok(outcomes)
    }

    async fn send_together(&self, tasks: &[WaitingTask<'_>]) -> AppResult<Batch> {
        let entries = tasks.iter().enumerate().map(|(index, task)| entry(index, task));
        let request = self.client.send_message_batch().queue_url(&self.url);
        let request = request.set_entries(Some(entries.collect::<AppResult<_>>()?));
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if is_at_fault(error.code().unwrap_or_default()) => return Ok(Batch::Refused),
            Err(error) => return Err(unavailable(error)),
        };
        let mut outcomes = vec![HandOn::Open; tasks.len()];
        let mut set = |id: &str, outcome| {
            if let Some(place) = id.parse().ok().and_then(|index: usize| outcomes.get_mut(index)) {
                *place = outcome;
            }
        };
        for taken in answer.successful() {
            set(taken.id(), HandOn::Taken);
        }
        for failure in answer.failed() {
            tracing::error!(queue.code = failure.code(), "a queue refuses a due item");
            set(failure.id(), if is_at_fault(failure.code()) { HandOn::Refused } else { HandOn::Open });
        }
        Ok(Batch::Answered(outcomes))
    }
}

fn entry(index: usize, task: &WaitingTask<'_>) -> AppResult<SendMessageBatchRequestEntry> {
    let delay_seconds = i32::try_from(task.seconds.min(DELAY_MAX_SECONDS)).unwrap_or_default();
    let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(task.task);
    let entry = entry.set_message_group_id(group(task.group)).delay_seconds(delay_seconds);
    entry.build().map_err(|error| AppError::unavailable(format!("SQS: {error}")))
}

fn is_at_fault(code: &str) -> bool {
    AT_FAULT.iter().any(|word| code.contains(word))
}
