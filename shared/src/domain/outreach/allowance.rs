//! How fast a lane may send.

use std::collections::VecDeque;

/// A lane sends no more than this in any second: Telegram takes about 30 from a bot, and five stay free for welcomes.
pub const PER_SECOND: usize = 25;

/// The same with paid broadcasts, of which Telegram takes 1,000.
pub const PAID_PER_SECOND: usize = 950;

const SECOND_MS: i64 = 1_000;

/// The moments at which a lane sent within the last second.
#[derive(Clone, Debug)]
pub struct Allowance {
    per_second: usize,
    sent_ms: VecDeque<i64>,
}

impl Allowance {
    /// Of so many a second, all of which count as used at `used_ms`, in Unix milliseconds: another sender may have used
    /// them.
    #[must_use]
    pub fn used_up(per_second: usize, used_ms: i64) -> Self {
        Self { per_second, sent_ms: std::iter::repeat_n(used_ms, per_second).collect() }
    }

    /// Takes one place, and answers the moment from which on it may be used, in Unix milliseconds.
    pub fn take(&mut self, now_ms: i64) -> i64 {
        let oldest_ms = if self.sent_ms.len() < self.per_second { None } else { self.sent_ms.pop_front() };
        let moment_ms = oldest_ms.map_or(now_ms, |oldest_ms| now_ms.max(oldest_ms + SECOND_MS));
        self.sent_ms.push_back(moment_ms);
        moment_ms
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn another_senders_second_is_waited_for() {
        let mut allowance = Allowance::used_up(2, 5_000);
        assert_eq!([5_400, 5_400, 5_400].map(|now_ms| allowance.take(now_ms)), [6_000, 6_000, 7_000]);
        assert_eq!(allowance.take(9_000), 9_000);
    }

    proptest! {
        #[test]
        fn no_second_has_more_than_are_allowed_and_none_is_wasted(waits in proptest::collection::vec(0i64..120, 1..300), per_second in 1usize..30) {
            let mut allowance = Allowance::used_up(per_second, 0);
            let (mut now_ms, mut moments) = (1_000, Vec::new());
            for wait in waits {
                now_ms = allowance.take(now_ms);
                moments.push(now_ms);
                now_ms += wait;
            }
            for (place, moment) in moments.iter().enumerate() {
                if let Some(later) = moments.get(place + per_second) {
                    prop_assert!(later - moment >= SECOND_MS);
                }
            }
        }
    }
}
