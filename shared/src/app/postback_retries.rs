use super::App;
use super::postback_batches::TaskSubject;
use super::postback_leases::PostbackOutcome;
use super::postbacks::{Attempted, Delivery};
use crate::domain::course::Course;
use crate::domain::gate::seconds_until;
use crate::domain::schedule::next_attempt_ms;
use crate::error::AppResult;
use crate::queue::{DELAY_MAX_SECONDS, Grouped, Task};
use crate::store::{Due, DueQueue};

/// By how much clocks of functions may differ, in milliseconds.
pub(super) const SKEW_MS: i64 = 100;

impl App {
    /// Carries out a task of the queue of retries: one attempt, if it is due. What is to be tried again, or has to wait
    /// longer, is written down until it is due. `subject` is what the task is about, where that has been read with others'.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry: at most the attempt in flight is repeated.
    pub async fn retry_postback(
        &self,
        task: &Task,
        subject: Option<TaskSubject>,
    ) -> AppResult<PostbackOutcome> {
        let Some(delivery) = self.open_delivery(task, subject).await? else {
            return Ok(PostbackOutcome::Done);
        };
        let now_ms = self.clock.now_ms();
        if let Some(due_ms) = self.not_before_ms(&delivery).await?.filter(|due_ms| *due_ms > now_ms) {
            self.put_retry(&delivery, due_ms).await?;
            return Ok(PostbackOutcome::Done);
        }
        if !self.lease_attempt(&delivery).await? {
            return Ok(PostbackOutcome::Busy);
        }
        match self.attempt_postback(&delivery).await? {
            Attempted::Planned(course) => {
                self.put_retry(&delivery, course.next_ms.unwrap_or_else(|| self.clock.now_ms())).await?;
            }
            Attempted::Ended => {}
            Attempted::Overtaken => return Ok(PostbackOutcome::Busy),
        }
        Ok(PostbackOutcome::Done)
    }

    /// When the next attempt may be made at the earliest: as planned, or when what it waits for is looked at again. Where
    /// another replay ended the plan, it is the schedule's time after the last attempt that counts.
    async fn not_before_ms(&self, delivery: &Delivery) -> AppResult<Option<i64>> {
        let (Some(first), Some(last)) = (delivery.counted.first(), delivery.counted.last()) else {
            return self.held_until_ms(delivery).await;
        };
        let over_ms = last.started_ms.saturating_add(last.took_ms);
        let planned_ms = delivery.course().and_then(|course| course.next_ms);
        Ok(planned_ms.or_else(|| next_attempt_ms(delivery.counted.len(), first.started_ms, over_ms, 0, None)))
    }

    /// Hands a postback on that was begun by the postback queue: to the queue of retries, with a delay, or for longer to
    /// the sweep. First the lead's later events are told to mind it.
    pub(super) async fn hand_on(&self, delivery: &Delivery, course: Course) -> AppResult<()> {
        self.note_straggler(delivery, &course).await?;
        let now_ms = self.clock.now_ms();
        let due_ms = course.next_ms.unwrap_or(now_ms);
        let seconds = seconds_until(due_ms.saturating_add(SKEW_MS), now_ms);
        if seconds > DELAY_MAX_SECONDS {
            return self.put_retry(delivery, due_ms).await;
        }
        self.retry_queue()?.send_retry(delivery.task.spelled()?, &delivery.request.host(), seconds).await
    }

    async fn put_retry(&self, delivery: &Delivery, due_ms: i64) -> AppResult<()> {
        let due = Due {
            due_ms: due_ms.saturating_add(SKEW_MS),
            id: delivery.task.id(),
            task: delivery.task.spelled()?,
            queue: DueQueue::Retries,
            group: delivery.request.host(),
        };
        self.store.put_due(&due, self.clock.now_ms()).await
    }
}
