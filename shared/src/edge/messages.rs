//! The function behind the queue of messages that had to wait.

use futures::FutureExt;
use futures::future::BoxFuture;

use super::sqs::{Again, Batch, Outcome, Received};
use crate::app::{App, MessageOutcome, Receipt};
use crate::queue::QueuedMessage;

/// Works a batch, all tasks at the same time.
pub fn work(app: &App, batch: Batch) -> BoxFuture<'_, Again> {
    batch.all_at_once(move |message| carry_out(app, message)).boxed()
}

async fn carry_out(app: &App, message: Received<QueuedMessage>) -> Outcome {
    let Received { handle, receipts, task: QueuedMessage { task, turn_ms }, .. } = message;
    app.carry_out_message_task(&task, Receipt { handle: &handle, count: receipts, turn_ms }).await.into()
}

impl From<MessageOutcome> for Outcome {
    fn from(outcome: MessageOutcome) -> Self {
        match outcome {
            MessageOutcome::Done => Self::Done,
            MessageOutcome::Held => Self::Again,
        }
    }
}
