//! SQS: tasks carry ids only and their version in their name, because messages outlive deployments.

mod batches;
mod bot_task;
mod dead_letters;
mod erasure_task;
mod hand_on;
mod import_task;
mod lane_task;
mod message_task;
mod owner_task;
mod plan_task;
mod retries;
mod task;
mod webhook_task;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::Serialize;

pub use batches::Grouped;
pub use bot_task::BotTask;
pub use dead_letters::{DeadLetterQueue, DeadLetters};
pub use erasure_task::ErasureTask;
pub use hand_on::{HandOn, WaitingTask};
pub use import_task::ImportTask;
pub use lane_task::LaneTask;
pub use message_task::{MessageTask, QueuedMessage};
pub use owner_task::OwnerTask;
pub use plan_task::PlanTask;
pub use task::Task;
pub use webhook_task::WebhookTask;

use crate::error::{AppError, AppResult};

/// The longest that a message may be delayed when it is sent, in seconds.
pub const DELAY_MAX_SECONDS: u64 = 900;

/// The longest that a received message may be held, in seconds: twelve hours in all, less what its receiver needs.
pub const HOLD_MAX_SECONDS: u64 = 43_000;

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

    /// Sends tasks to a FIFO queue, up to ten at a time: those of one group stay in this order, also if the queue takes a part
    /// of them, and it drops one that was sent within the last five minutes. After an error some may have been sent; sending
    /// all again is safe.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn send<T: Grouped>(&self, tasks: &[T]) -> AppResult<()> {
        for some in batches::batches(tasks) {
            let entries = some.into_iter().enumerate().map(|(index, task)| entry(index, task));
            let request = self.client.send_message_batch().queue_url(&self.url);
            let request = request.set_entries(Some(entries.collect::<AppResult<_>>()?));
            let answer = request.send().await.map_err(unavailable)?;
            if let Some(failure) = answer.failed().first() {
                return Err(AppError::unavailable(format!("SQS refuses a message: {}", failure.code())));
            }
        }
        Ok(())
    }

    /// Sends a task to a standard queue, to be received after so many seconds; at most [`DELAY_MAX_SECONDS`] count.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry: at worst the task is there twice.
    pub async fn send_later(&self, task: &MessageTask, seconds: u64) -> AppResult<()> {
        self.send_spelled_later(task.spelled()?, seconds).await
    }

    /// The same with a task that has a turn: the turn goes with it, in case the queue cannot delay for that long.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry: at worst the task is there twice.
    pub async fn send_in_line(&self, queued: &QueuedMessage, seconds: u64) -> AppResult<()> {
        self.send_spelled_later(spell(queued)?, seconds).await
    }

    /// Sends a task to a standard queue.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry: at worst the task is there twice.
    pub async fn send_erasure(&self, task: &ErasureTask) -> AppResult<()> {
        self.send_text(task.spelled()?).await
    }

    /// Sends a lane's token to a FIFO queue, which takes one of each turn.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn send_token(&self, token: &LaneTask) -> AppResult<()> {
        let request = self.client.send_message().queue_url(&self.url).message_body(token.spelled()?);
        let request = request.message_group_id(token.group()).message_deduplication_id(token.id());
        request.send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn send_spelled_later(&self, task: String, seconds: u64) -> AppResult<()> {
        let delay_seconds = i32::try_from(seconds.min(DELAY_MAX_SECONDS)).unwrap_or_default();
        let request = self.client.send_message().queue_url(&self.url).message_body(task);
        request.delay_seconds(delay_seconds).send().await.map_err(unavailable)?;
        Ok(())
    }

    /// Hides a received message for so many seconds from now; at most [`HOLD_MAX_SECONDS`] count.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn hold(&self, receipt: &str, seconds: u64) -> AppResult<()> {
        let seconds = i32::try_from(seconds.min(HOLD_MAX_SECONDS)).unwrap_or_default();
        let request = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        request.visibility_timeout(seconds).send().await.map_err(unavailable)?;
        Ok(())
    }

    /// Sends one text as it is: a task that is spelled, or what goes to a dead-letter queue.
    /// Sends one text as it is, to a standard queue.
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

fn entry(index: usize, task: &impl Grouped) -> AppResult<SendMessageBatchRequestEntry> {
    let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(spell(task)?);
    let entry = entry.message_group_id(task.group()).message_deduplication_id(task.id());
    entry.build().map_err(|error| AppError::unavailable(format!("SQS: {error}")))
}

fn spell(task: &impl Serialize) -> AppResult<String> {
    serde_json::to_string(task)
        .map_err(|error| AppError::unavailable(format!("a task does not write: {error}")))
}

/// An outage, told to the log by code and message alone.
fn unavailable<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> AppError {
    let metadata = error.meta();
    let (code, message) = (metadata.code().unwrap_or("no answer"), metadata.message().unwrap_or_default());
    AppError::unavailable(format!("SQS: {code} {message}"))
}
