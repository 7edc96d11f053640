use super::App;
use super::postbacks::Delivery;
use crate::domain::course::{Course, Hold, Straggler};
use crate::domain::lead_event::LeadEvent;
use crate::domain::postback_id::PostbackId;
use crate::domain::postback_log::PostbackState;
use crate::error::AppResult;
use crate::store::LoggedPostback;

impl App {
    /// Has a postback wait that was not begun, if an earlier event of its lead is being retried; answers what is planned
    /// for it then. Only a lead that has such an event costs a read.
    pub(super) async fn hold_back(&self, delivery: &Delivery) -> AppResult<Option<Course>> {
        let (id, now_ms) = (delivery.postback.id, self.clock.now_ms());
        let earlier = delivery
            .postback
            .straggler
            .filter(|earlier| earlier.event != id.event && now_ms < earlier.until_ms);
        let Some(earlier) = earlier else { return Ok(None) };
        let Some((known, again_ms)) = self.holds(delivery, earlier.event).await? else { return Ok(None) };
        let until_ms = known.holds_until_ms();
        let hold = Hold { behind: earlier.event, until_ms, asked_ms: delivery.asked_ms };
        self.write_hold(delivery, hold, again_ms).await.map(Some)
    }

    /// Has the queue of retries make the first attempt, at once: it is fair by host.
    pub(super) async fn put_off(&self, delivery: &Delivery) -> AppResult<Course> {
        let now_ms = self.clock.now_ms();
        let hold = Hold { behind: delivery.postback.id.event, until_ms: now_ms, asked_ms: delivery.asked_ms };
        self.write_hold(delivery, hold, now_ms).await
    }

    async fn write_hold(&self, delivery: &Delivery, hold: Hold, next_ms: i64) -> AppResult<Course> {
        let course = Course { since_ms: None, next_ms: Some(next_ms), hold: Some(hold) };
        let held = LoggedPostback {
            id: delivery.postback.id,
            subscriber: delivery.user,
            state: PostbackState::Pending,
            url: String::new(),
            error: None,
            attempts: Vec::new(),
            course,
        };
        self.store.hold_postback(delivery.postback.account, &held, self.clock.now()).await?;
        Ok(course)
    }

    /// When to look again, if a postback that was held back has to wait longer.
    pub(super) async fn held_until_ms(&self, delivery: &Delivery) -> AppResult<Option<i64>> {
        let Some(hold) = delivery.course().and_then(|course| course.hold) else { return Ok(None) };
        if self.clock.now_ms() >= hold.until_ms {
            return Ok(None);
        }
        let holds = self.holds(delivery, hold.behind).await?;
        Ok(holds.map(|(_, again_ms)| again_ms.min(hold.until_ms)))
    }

    /// What is planned for an earlier event of the same lead, and when to look again, if it holds later ones back now.
    async fn holds(&self, delivery: &Delivery, earlier: LeadEvent) -> AppResult<Option<(Course, i64)>> {
        let id = PostbackId { event: earlier, ..delivery.postback.id };
        let Some(known) = self.store.postback(delivery.postback.account, id).await? else { return Ok(None) };
        if known.state != PostbackState::Pending && known.course.hold.is_none() {
            return Ok(None);
        }
        Ok(known.course.look_again_ms(self.clock.now_ms()).map(|again_ms| (known.course, again_ms)))
    }

    /// Tells the lead's later events to mind this one, for as long as it holds them back: it was begun, so that the one
    /// they were told of before is done with, over, or what this one waits for.
    pub(super) async fn note_straggler(&self, delivery: &Delivery, course: &Course) -> AppResult<()> {
        let until_ms = course.holds_until_ms();
        if self.clock.now_ms() >= until_ms {
            return Ok(());
        }
        let (seen, straggler) =
            (delivery.postback.straggler, Straggler { event: delivery.postback.id.event, until_ms });
        if seen == Some(straggler) {
            return Ok(());
        }
        self.store.note_straggler(delivery.campaign, delivery.user, seen, straggler).await
    }
}
