//! What is planned for a postback that is not done with, and how long it holds back the lead's later ones.

use serde::{Deserialize, Serialize};

use super::lead_event::LeadEvent;

/// How long an event that is being retried holds back the lead's later ones, from its first attempt on, in milliseconds.
pub const HOLD_MS: i64 = 60_000;

/// From the moment an earlier event's attempt is due to the look at what came of it, in milliseconds.
const LOOK_AFTER_MS: i64 = 3_000;

/// What is planned for a postback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// When the first attempt began, those before a replay left out, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
    /// When the next attempt is due, in Unix milliseconds; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_ms: Option<i64>,
    /// What it waits for before its first attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
}

/// A wait for an earlier event of the same lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The earlier one; itself where it only goes another way.
    pub behind: LeadEvent,
    /// At the latest it is over then, in Unix milliseconds.
    pub until_ms: i64,
    /// When the replay that waits was asked for; `None` for a first delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_ms: Option<i64>,
}

/// The latest of a lead's events that a later one has to mind; a register of the lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Straggler {
    /// The event.
    pub event: LeadEvent,
    /// From then on nobody minds it, in Unix milliseconds.
    pub until_ms: i64,
}

impl Course {
    /// When the lead's later events need not wait for this one any longer, whatever becomes of it, in Unix milliseconds.
    #[must_use]
    pub fn holds_until_ms(&self) -> i64 {
        let untried_until_ms = self.hold.map(|hold| hold.until_ms);
        untried_until_ms.or(self.since_ms).unwrap_or_default().saturating_add(HOLD_MS)
    }

    /// When to look again at a postback that is pending and holds a later one back; `None` if it does not any longer.
    #[must_use]
    pub fn look_again_ms(&self, now_ms: i64) -> Option<i64> {
        let until_ms = self.holds_until_ms();
        let next_ms = self.next_ms.unwrap_or(now_ms).max(now_ms).saturating_add(LOOK_AFTER_MS);
        (now_ms < until_ms).then_some(next_ms.min(until_ms))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::fact_clock::FactClock;
    use crate::domain::lead_event::LeadStatus;

    fn hold(until_ms: i64) -> Option<Hold> {
        let event = LeadEvent { status: LeadStatus::Wait, clock: FactClock { date: 1, update: 1 } };
        Some(Hold { behind: event, until_ms, asked_ms: None })
    }

    #[test]
    fn a_later_event_looks_after_the_next_attempt_and_goes_ahead_after_a_minute() {
        let tried = |next_ms| Course { since_ms: Some(1_000), next_ms: Some(next_ms), hold: None };
        assert_eq!(tried(11_000).look_again_ms(1_500), Some(14_000));
        assert_eq!(tried(11_000).look_again_ms(12_000), Some(15_000), "its attempt is under way");
        assert_eq!(tried(90_000).look_again_ms(15_000), Some(61_000));
        assert_eq!(tried(90_000).look_again_ms(60_999), Some(61_000));
        assert_eq!(tried(90_000).look_again_ms(61_000), None);
    }

    #[test]
    fn an_event_that_waits_itself_holds_back_for_a_minute_more_than_its_own_wait() {
        let waits = Course { since_ms: None, next_ms: Some(14_000), hold: hold(61_000) };
        assert_eq!(waits.holds_until_ms(), 121_000);
        assert_eq!(waits.look_again_ms(2_000), Some(17_000));
        assert_eq!(waits.look_again_ms(121_000), None);
    }

    proptest! {
        #[test]
        fn a_wait_goes_on_and_ends(since in 0..1_000_000i64, next in proptest::option::of(0..9_000_000i64), now in 0..2_000_000i64) {
            let course = Course { since_ms: Some(since), next_ms: next, hold: None };
            match course.look_again_ms(now) {
                Some(again) => prop_assert!(again > now && again <= since + HOLD_MS),
                None => prop_assert!(now >= since + HOLD_MS),
            }
        }
    }
}
