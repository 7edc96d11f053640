//! The function behind the queue of postbacks that are tried again.

use futures::FutureExt;
use futures::future::BoxFuture;

use super::sqs::{Again, Batch, Outcome, Received};
use crate::app::{App, PostbackOutcome};
use crate::queue::Task;

/// Works a batch, all tasks at the same time.
pub fn work(app: &App, batch: Batch) -> BoxFuture<'_, Again> {
    batch.all_at_once(move |message| retry(app, message)).boxed()
}

async fn retry(app: &App, message: Received<Task>) -> Outcome {
    match app.retry_postback(&message.task).await {
        Ok(PostbackOutcome::Done) => Outcome::Done,
        Ok(PostbackOutcome::Busy) => Outcome::Again,
        Err(error) => {
            tracing::error!(message.id = message.message_id, ?error, "a task could not be carried out");
            Outcome::Again
        }
    }
}
