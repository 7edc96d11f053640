//! The function behind the queue of lanes.

use futures::FutureExt;
use futures::future::BoxFuture;

use super::sqs::{Again, Batch, Outcome, Received};
use crate::app::{App, Receipt};
use crate::queue::LaneTask;

/// What a sender needs to end a group, with an upload that takes as long as it may, and to pass its lane on, in milliseconds.
const MARGIN_MS: i64 = 24_000;

/// For how long a lane is worked where nobody says when the function ends, in milliseconds.
const WORK_MS: i64 = 66_000;

/// Works a batch, all lanes at the same time; the template has one in each.
pub fn work(app: &App, batch: Batch) -> BoxFuture<'_, Again> {
    let now_ms = app.clock.now_ms();
    let until_ms = batch.deadline.moment_ms().map_or(now_ms + WORK_MS, |end_ms| end_ms - MARGIN_MS);
    batch.all_at_once(move |message| carry_out(app, message, until_ms)).boxed()
}

async fn carry_out(app: &App, message: Received<LaneTask>, until_ms: i64) -> Outcome {
    let receipt = Receipt { handle: &message.handle, count: message.receipts, turn_ms: None };
    app.carry_out_lane_task(&message.task, receipt, until_ms).await.into()
}
