//! The function behind the queue of plans.

use futures::FutureExt;
use futures::future::BoxFuture;

use super::sqs::{Again, Batch, Outcome, Received};
use crate::app::{App, Receipt};
use crate::queue::PlanTask;

/// Works a batch, all tasks at the same time.
pub fn work(app: &App, batch: Batch) -> BoxFuture<'_, Again> {
    batch.all_at_once(move |message| carry_out(app, message)).boxed()
}

async fn carry_out(app: &App, message: Received<PlanTask>) -> Outcome {
    let receipt = Receipt { handle: &message.handle, count: message.receipts, turn_ms: None };
    app.carry_out_plan_task(&message.task, receipt).await.into()
}
