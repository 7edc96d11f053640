//! The flood gate of a bot: closed while Telegram wants silence, with a line of those who wait for it.

use serde::{Deserialize, Serialize};

/// Between two of those in line, in milliseconds: 15 a second, where Telegram takes about 30 from a bot in all.
///
/// The queue delays by whole seconds, so that the turns of two seconds may fall together: at 25 a second, 17 of 75 were
/// measured to be refused again.
const STEP_MS: i64 = 67;

/// When a bot may send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Nothing is sent before, in Unix milliseconds; 0 if it was never closed.
    #[serde(default)]
    pub closed_until_ms: i64,
    /// How many places in line were given out since it was closed.
    #[serde(default)]
    pub waiting: i64,
}

impl Gate {
    /// Whether one who waited for their turn may send.
    #[must_use]
    pub const fn is_open(&self, now_ms: i64) -> bool {
        now_ms >= self.closed_until_ms
    }

    /// Whether one who comes now may send at once: it is open, and the turn of all who waited has come.
    #[must_use]
    pub const fn admits_newcomers(&self, now_ms: i64) -> bool {
        now_ms >= self.last_turn_ms()
    }

    /// When it is the turn of the last in line, in Unix milliseconds.
    #[must_use]
    pub const fn last_turn_ms(&self) -> i64 {
        self.closed_until_ms.saturating_add(self.waiting.saturating_mul(STEP_MS))
    }
}

/// The whole seconds from one moment to another, both in milliseconds, never too few; 0 if it has passed.
#[must_use]
pub fn seconds_until(moment_ms: i64, now_ms: i64) -> u64 {
    moment_ms.saturating_sub(now_ms).max(0).unsigned_abs().div_ceil(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_that_was_never_closed_lets_everybody_through() {
        assert!(Gate::default().is_open(1) && Gate::default().admits_newcomers(1));
    }

    #[test]
    fn those_in_line_go_first_one_after_the_other_from_the_opening_on() {
        let gate = Gate { closed_until_ms: 10_000, waiting: 30 };
        assert!(!gate.is_open(9_999) && gate.is_open(10_000));
        assert_eq!(gate.last_turn_ms(), 12_010);
        assert!(!gate.admits_newcomers(12_009) && gate.admits_newcomers(12_010));
        let for_ever = Gate { closed_until_ms: i64::MAX, waiting: i64::MAX };
        assert!(!for_ever.is_open(0) && !for_ever.admits_newcomers(0));
    }

    #[test]
    fn seconds_are_never_too_few() {
        let table = [(1_000, 1_000, 0), (999, 1_000, 0), (1_001, 1_000, 1), (2_000, 1_000, 1)];
        for (moment_ms, now_ms, expected) in table {
            assert_eq!(seconds_until(moment_ms, now_ms), expected, "{moment_ms} from {now_ms}");
        }
    }
}
