//! Functions behind queues: a batch of tasks in, and out which of its messages are to be received again.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::{BoxFuture, join_all};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::HandlerError;
use crate::app::App;
use crate::clock::Clock;

/// A binary that works a queue.
#[derive(Clone, Copy)]
pub struct QueueFunction {
    /// The name of the binary.
    pub binary: &'static str,
    /// Works a batch; never fails, what could not be carried out comes again.
    pub work: for<'a> fn(&'a App, Batch) -> BoxFuture<'a, Again>,
}

/// The ids of the messages that are to be received again.
pub type Again = Vec<String>;

/// What the queue hands over at once.
pub struct Batch {
    messages: Vec<SqsMessage>,
    /// When Lambda ends the function.
    pub deadline: Deadline,
}

/// A message and its task.
#[derive(Debug, PartialEq, Eq)]
pub struct Received<T> {
    /// The queue's name for it, the same each time.
    pub message_id: String,
    /// The queue's word for having handed it over this time.
    pub handle: String,
    /// How often it was handed over, this time included.
    pub receipts: u32,
    /// What to do.
    pub task: T,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The queue may forget it.
    Done,
    /// It is to be received again.
    Again,
}

/// When a function has to be done, in Unix milliseconds; 0 where nobody says.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(u64);

/// Works the queue for the Lambda runtime until the sandbox ends.
#[must_use]
pub fn serve(function: QueueFunction) -> ExitCode {
    super::run(async move |app: Arc<App>| {
        app.store.connect().await;
        lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async {
            Ok::<_, HandlerError>(answer(function, &app, event).await)
        }))
        .await
    })
}

/// Works one batch, JSON in and JSON out.
///
/// # Errors
///
/// If the event is no SQS event.
pub async fn invoke(
    function: QueueFunction,
    app: Arc<App>,
    event: LambdaEvent<Value>,
) -> Result<Value, HandlerError> {
    let batch = LambdaEvent::new(serde_json::from_value(event.payload)?, event.context);
    Ok(serde_json::to_value(answer(function, &app, batch).await)?)
}

async fn answer(function: QueueFunction, app: &App, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
    let batch = Batch { messages: event.payload.records, deadline: Deadline(event.context.deadline) };
    let again = (function.work)(app, batch).await.into_iter().map(|message_id| {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = message_id;
        failure
    });
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = again.collect();
    response
}

impl Batch {
    /// The messages with their tasks, in the queue's order; and those that are no such task, which come again until they
    /// are dead letters.
    #[must_use]
    pub fn read<T: DeserializeOwned>(self) -> (Vec<Received<T>>, Again) {
        let (mut received, mut again) = (Vec::new(), Again::new());
        for message in self.messages {
            match read(message) {
                Ok(message) => received.push(message),
                Err(message_id) => {
                    tracing::error!(message.id = message_id, "a message is no task");
                    again.push(message_id);
                }
            }
        }
        (received, again)
    }

    /// Carries out all tasks at the same time.
    pub async fn all_at_once<T, F>(self, carry_out: impl Fn(Received<T>) -> F) -> Again
    where
        T: DeserializeOwned,
        F: Future<Output = Outcome>,
    {
        let (received, mut again) = self.read();
        let carried_out = received.into_iter().map(|message| {
            let message_id = message.message_id.clone();
            let outcome = carry_out(message);
            async { (outcome.await == Outcome::Again).then_some(message_id) }
        });
        again.extend(join_all(carried_out).await.into_iter().flatten());
        again
    }

    /// Carries out one task after the other, in the queue's order; none is begun with less than `needed` left.
    pub async fn one_by_one<T, F>(
        self,
        clock: &Clock,
        needed: Duration,
        carry_out: impl Fn(Received<T>) -> F,
    ) -> Again
    where
        T: DeserializeOwned,
        F: Future<Output = Outcome>,
    {
        let deadline = self.deadline;
        let (received, mut again) = self.read();
        for message in received {
            let message_id = message.message_id.clone();
            if !deadline.leaves(clock, needed) || carry_out(message).await == Outcome::Again {
                again.push(message_id);
            }
        }
        again
    }
}

impl Deadline {
    /// The moment, in Unix milliseconds; `None` where nobody says.
    #[must_use]
    pub fn moment_ms(self) -> Option<i64> {
        (self.0 != 0).then(|| i64::try_from(self.0).unwrap_or(i64::MAX))
    }

    /// Whether so much time is left.
    #[must_use]
    pub fn leaves(self, clock: &Clock, needed: Duration) -> bool {
        let left_ms = self.0.saturating_sub(clock.now_ms().unsigned_abs());
        self.0 == 0 || Duration::from_millis(left_ms) >= needed
    }
}

/// The id of the message if it is no task.
fn read<T: DeserializeOwned>(message: SqsMessage) -> Result<Received<T>, String> {
    let receipts = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
    let message_id = message.message_id.unwrap_or_default();
    match serde_json::from_str(message.body.as_deref().unwrap_or_default()) {
        Ok(task) => Ok(Received {
            message_id,
            handle: message.receipt_handle.unwrap_or_default(),
            receipts: receipts.unwrap_or(1),
            task,
        }),
        Err(_) => Err(message_id),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use serde_json::json;

    use super::*;

    /// A batch of these bodies, each with its number as id.
    fn batch(bodies: &[&str], deadline_ms: u64) -> Batch {
        let record = |(id, body): (usize, &&str)| {
            let attributes = json!({"ApproximateReceiveCount": (id + 1).to_string()});
            json!({"messageId": id.to_string(), "receiptHandle": format!("handle {id}"), "body": body,
                "attributes": attributes, "messageAttributes": {}, "eventSource": "aws:sqs"})
        };
        let records: Vec<_> = bodies.iter().enumerate().map(record).collect();
        let event: SqsEvent = serde_json::from_value(json!({"Records": records})).unwrap();
        Batch { messages: event.records, deadline: Deadline(deadline_ms) }
    }

    #[test]
    fn a_message_is_read_with_its_id_its_handle_and_how_often_it_came() {
        let (received, again) = batch(&["7", "no number", "8"], 0).read::<u8>();
        let seen =
            received.iter().map(|it| (it.message_id.as_str(), it.handle.as_str(), it.receipts, it.task));
        assert_eq!(seen.collect::<Vec<_>>(), [("0", "handle 0", 1, 7), ("2", "handle 2", 3, 8)]);
        assert_eq!(again, ["1"], "what is no task comes again");
        let mut uncounted = SqsMessage::default();
        uncounted.body = Some("7".to_owned());
        assert_eq!(read(uncounted).map(|it: Received<u8>| it.receipts), Ok(1));
    }

    #[tokio::test]
    async fn only_what_could_not_be_carried_out_comes_again() {
        let again = batch(&["1", "2", "3"], 0).all_at_once(async |it: Received<u8>| outcome(it.task == 2));
        assert_eq!(again.await, ["1"]);
    }

    #[tokio::test]
    async fn one_by_one_none_is_begun_too_late() {
        let clock = Clock::manual(1_000);
        let begun = RefCell::new(Vec::new());
        let slowly = async |it: Received<u8>| {
            begun.borrow_mut().push(it.task);
            clock.advance_ms(400);
            outcome(it.task == 1)
        };
        let again =
            batch(&["1", "2", "3"], 2_000).one_by_one(&clock, Duration::from_millis(600), slowly).await;
        assert_eq!(
            (begun.borrow().as_slice(), again),
            ([1, 2].as_slice(), vec!["0".to_owned(), "2".to_owned()])
        );
    }

    #[test]
    fn without_a_deadline_there_is_time() {
        let clock = Clock::manual(1_000);
        assert!(Deadline(0).leaves(&clock, Duration::from_secs(60)));
        assert!(Deadline(1_600).leaves(&clock, Duration::from_millis(600)));
        assert!(!Deadline(1_599).leaves(&clock, Duration::from_millis(600)));
        assert!(!Deadline(500).leaves(&clock, Duration::from_millis(600)), "it is over");
    }

    fn outcome(is_again: bool) -> Outcome {
        if is_again { Outcome::Again } else { Outcome::Done }
    }
}
