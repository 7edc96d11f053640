use super::App;
use super::postbacks::Delivery;
use crate::domain::course::Course;
use crate::domain::postback_log::PostbackState;
use crate::error::AppResult;
use crate::store::LoggedPostback;

/// Nobody else makes an attempt for so long after one was begun, in milliseconds: longer than a function that does may
/// run, shorter than a queue hides a message that is being worked.
pub const ATTEMPT_LEASE_MS: i64 = 45_000;

/// What became of a task that tells a postback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostbackOutcome {
    /// Done, handed on, or nothing to do any more.
    Done,
    /// Somebody else is at it: to be received again, in case they are not done with it.
    Busy,
}

impl App {
    /// Leases the next attempt of a postback, in the log or not yet; `false` if somebody else is at it, or was since it was
    /// read.
    pub(super) async fn lease_attempt(&self, delivery: &Delivery) -> AppResult<bool> {
        let (account, id) = (delivery.postback.account, delivery.postback.id);
        let now_ms = self.clock.now_ms();
        let until_ms = now_ms.saturating_add(ATTEMPT_LEASE_MS);
        if let Some(known) = &delivery.known {
            return self.store.claim_postback(account, id, known.attempts.len(), now_ms, until_ms).await;
        }
        let untried = LoggedPostback {
            id,
            subscriber: delivery.user,
            state: PostbackState::Pending,
            url: String::new(),
            error: None,
            attempts: Vec::new(),
            course: Course::default(),
        };
        self.store.claim_new_postback(account, &untried, self.clock.now(), until_ms).await
    }
}
