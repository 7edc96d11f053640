//! The functions behind the queues of what webhooks are told.

use futures::FutureExt;
use futures::future::BoxFuture;

use super::sqs::{Again, Batch, Outcome, Received};
use crate::app::{App, Receipt};
use crate::queue::WebhookTask;

/// Works a batch of first attempts; the template has one task in each.
pub fn begin(app: &App, batch: Batch) -> BoxFuture<'_, Again> {
    batch.all_at_once(move |message| first_attempt(app, message)).boxed()
}

/// Works a batch of what is tried again, all tasks at the same time.
pub fn retry(app: &App, batch: Batch) -> BoxFuture<'_, Again> {
    batch.all_at_once(move |message| next_attempt(app, message)).boxed()
}

async fn first_attempt(app: &App, message: Received<WebhookTask>) -> Outcome {
    let receipt = Receipt { handle: &message.handle, count: message.receipts, turn_ms: None };
    app.begin_delivery(&message.task, receipt).await.into()
}

async fn next_attempt(app: &App, message: Received<WebhookTask>) -> Outcome {
    match app.retry_delivery(&message.task).await {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            tracing::error!(message.id = message.message_id, ?error, "a webhook could not be told");
            Outcome::Again
        }
    }
}
