//! The flood gate of a bot: closed while Telegram wants silence, with a line of those who wait for it.

use serde::{Deserialize, Serialize};

/// Between two of those in line, in milliseconds: 15 a second, where Telegram takes about 30 from a bot in all.
///
/// The queue delays by whole seconds, so that the turns of two seconds may fall together: at 25 a second, 17 of 75 were
/// measured to be refused again.
pub const STEP_MS: i64 = 67;

/// When a bot may send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Nothing is sent before, in Unix milliseconds; 0 if it was never closed.
    #[serde(default)]
    pub closed_until_ms: i64,
    /// The turn of the last in line, in Unix milliseconds: only ever later, so that no turn is given out twice.
    #[serde(default)]
    pub line_end_ms: i64,
}

impl Gate {
    /// Whether anything may be sent at all.
    #[must_use]
    pub const fn is_open(&self, now_ms: i64) -> bool {
        now_ms >= self.closed_until_ms
    }

    /// Whether one may send whose turn is this, in Unix milliseconds; one who has none comes now.
    #[must_use]
    pub fn admits(&self, turn_ms: Option<i64>, now_ms: i64) -> bool {
        turn_ms.map_or_else(
            || self.admits_newcomers(now_ms),
            |turn_ms| self.is_open(now_ms) && now_ms >= turn_ms,
        )
    }

    /// Whether one who comes now may send at once: it is open, and the turn of all who waited has come.
    #[must_use]
    pub fn admits_newcomers(&self, now_ms: i64) -> bool {
        now_ms >= self.last_turn_ms()
    }

    /// When it is the turn of the last in line, in Unix milliseconds.
    #[must_use]
    pub fn last_turn_ms(&self) -> i64 {
        self.closed_until_ms.max(self.line_end_ms)
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
        let gate = Gate { closed_until_ms: 10_000, line_end_ms: 12_010 };
        assert!(!gate.is_open(9_999) && gate.is_open(10_000));
        assert_eq!(gate.last_turn_ms(), 12_010);
        assert!(!gate.admits(None, 12_009) && gate.admits(None, 12_010));
        assert!(!gate.admits(Some(10_067), 10_066) && gate.admits(Some(10_067), 10_067));
        assert!(!gate.admits(Some(9_000), 9_999), "closed anew, after the turn was given out");
    }

    #[test]
    fn seconds_are_never_too_few() {
        let table = [(1_000, 1_000, 0), (999, 1_000, 0), (1_001, 1_000, 1), (2_000, 1_000, 1)];
        for (moment_ms, now_ms, expected) in table {
            assert_eq!(seconds_until(moment_ms, now_ms), expected, "{moment_ms} from {now_ms}");
        }
    }
}
