//! The function behind the queue of decided postbacks.

use std::collections::BTreeMap;
use std::iter::repeat_with;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};

use super::sqs::{Again, Batch, Deadline, Received};
use crate::app::{App, PostbackOutcome, TaskSubject};
use crate::outbound::TARGET_TIMEOUT;
use crate::queue::{Grouped, Task};

/// A task is not begun when less than this is left: one request to a target, and the table before and after it.
const TASK_TIMEOUT: Duration = TARGET_TIMEOUT.saturating_add(Duration::from_secs(10));

/// Works a batch. Tasks of one lead are carried out one after the other, in the order in which they were decided;
/// different leads at the same time.
pub fn work(app: &App, batch: Batch) -> BoxFuture<'_, Again> {
    async move {
        let deadline = batch.deadline;
        let (received, mut again) = batch.read::<Task>();
        let leads = by_lead(app, received).await.into_iter();
        let leads = leads.map(|(received, first)| in_order(app, received, first, deadline));
        again.extend(join_all(leads).await.into_iter().flatten());
        again
    }
    .boxed()
}

/// The messages of each lead, with what the first of them is about, read together; `None` where that is nobody, or without
/// storage, and each task reads for itself.
pub(super) async fn by_lead(
    app: &App,
    received: Vec<Received<Task>>,
) -> Vec<(Vec<Received<Task>>, Option<TaskSubject>)> {
    let mut by_lead: BTreeMap<String, Vec<Received<Task>>> = BTreeMap::new();
    for message in received {
        by_lead.entry(message.task.group()).or_default().push(message);
    }
    let first: Vec<_> =
        by_lead.values().filter_map(|received| Some(received.first()?.task.clone())).collect();
    let subjects = app.read_subjects(&first).await.unwrap_or_default();
    by_lead.into_values().zip(subjects.into_iter().chain(repeat_with(|| None))).collect()
}

/// The messages to be received again: from the first that could not be carried out on, because the later ones of a lead
/// are not to overtake it.
async fn in_order(
    app: &App,
    received: Vec<Received<Task>>,
    mut first: Option<TaskSubject>,
    deadline: Deadline,
) -> Again {
    let mut again = Again::new();
    for message in received {
        let is_begun = again.is_empty() && deadline.leaves(&app.clock, TASK_TIMEOUT);
        if !is_begun || !is_carried_out(app, &message, first.take()).await {
            again.push(message.message_id);
        }
    }
    again
}

async fn is_carried_out(app: &App, message: &Received<Task>, subject: Option<TaskSubject>) -> bool {
    match app.begin_postback(&message.task, subject, message.receipts).await {
        Ok(outcome) => outcome == PostbackOutcome::Done,
        Err(error) => {
            tracing::error!(message.id = message.message_id, ?error, "a task could not be carried out");
            false
        }
    }
}
