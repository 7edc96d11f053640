//! The function behind the queue of news for owners.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::sqs::{Again, Batch, Outcome, Received};
use crate::app::{App, NewsReceipt};
use crate::queue::OwnerTask;

/// A task is not begun when less than this is left: three texts, and the table before and after them.
const TASK_TIMEOUT: Duration = Duration::from_secs(28);

/// Works a batch, one task after the other, because a chat takes one message a second.
pub fn work(app: &App, batch: Batch) -> BoxFuture<'_, Again> {
    batch.one_by_one(&app.clock, TASK_TIMEOUT, move |message| carry_out(app, message)).boxed()
}

async fn carry_out(app: &App, message: Received<OwnerTask>) -> Outcome {
    let receipt = if message.receipts > 1 { NewsReceipt::Again } else { NewsReceipt::First };
    match app.carry_out_owner_task(&message.task, receipt).await {
        Ok(()) => Outcome::Done,
        Err(error) => {
            tracing::warn!(message.id = message.message_id, ?error, "news for an owner have to wait");
            Outcome::Again
        }
    }
}
