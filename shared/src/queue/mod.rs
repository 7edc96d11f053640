//! SQS: tasks carry ids only and their version in their name, because messages outlive deployments.

mod task;

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

pub use task::Task;

use crate::error::{AppError, AppResult};

/// A task and how long it waits before it is seen; at most 15 minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelayedTask {
    /// What is to be done.
    pub task: Task,
    /// Not before this has passed.
    pub delay: Duration,
}

/// One queue.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// Uses the queue at `url`.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Sends tasks, ten at a time. After an error some may have been sent: sending all again is safe, as
    /// a task does its work once however often it is received.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn send(&self, tasks: &[DelayedTask]) -> AppResult<()> {
        for some in tasks.chunks(10) {
            let entries = some.iter().enumerate().map(|(index, delayed)| entry(index, delayed));
            let request = self.client.send_message_batch().queue_url(&self.url);
            let request = request.set_entries(Some(entries.collect::<AppResult<_>>()?));
            let answer = request.send().await.map_err(unavailable)?;
            if let Some(failure) = answer.failed().first() {
                return Err(AppError::unavailable(format!("SQS refuses a message: {}", failure.code())));
            }
        }
        Ok(())
    }

    /// Sends one text as it is, for a dead-letter queue.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry: at worst the text is there twice.
    pub async fn send_text(&self, text: String) -> AppResult<()> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(text)
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

fn entry(index: usize, delayed: &DelayedTask) -> AppResult<SendMessageBatchRequestEntry> {
    let body = serde_json::to_string(&delayed.task)
        .map_err(|error| AppError::unavailable(format!("a task does not write: {error}")))?;
    let seconds = i32::try_from(delayed.delay.as_secs()).unwrap_or(i32::MAX);
    let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body);
    entry.delay_seconds(seconds).build().map_err(unavailable)
}

fn unavailable<E: std::error::Error>(error: E) -> AppError {
    AppError::unavailable(format!("SQS: {}", DisplayErrorContext(error)))
}
