//! The function behind the queue of postbacks that are tried again.

use std::iter::{once, repeat_with};

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};

use super::postbacks::by_lead;
use super::sqs::{Again, Batch, Received};
use crate::app::{App, PostbackOutcome, TaskSubject};
use crate::queue::Task;

/// Works a batch, all tasks at the same time.
pub fn work(app: &App, batch: Batch) -> BoxFuture<'_, Again> {
    async move {
        let (received, mut again) = batch.read::<Task>();
        let mut retries = Vec::new();
        for (received, first) in by_lead(app, received).await {
            let subjects = once(first).chain(repeat_with(|| None));
            retries.extend(
                received.into_iter().zip(subjects).map(|(message, subject)| retry(app, message, subject)),
            );
        }
        again.extend(join_all(retries).await.into_iter().flatten());
        again
    }
    .boxed()
}

/// The id of the message if it is to be received again.
async fn retry(app: &App, message: Received<Task>, subject: Option<TaskSubject>) -> Option<String> {
    match app.retry_postback(&message.task, subject).await {
        Ok(PostbackOutcome::Done) => None,
        Ok(PostbackOutcome::Busy) => Some(message.message_id),
        Err(error) => {
            tracing::error!(message.id = message.message_id, ?error, "a task could not be carried out");
            Some(message.message_id)
        }
    }
}
