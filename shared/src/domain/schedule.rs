//! When a delivery that failed is tried again.

/// A delivery that failed this often is not tried again by itself.
pub const TRIES: usize = 10;

/// The planned waits after the first attempt, the second and so on, in seconds: 73.6 hours in all.
const WAITS_SECONDS: [i64; TRIES - 1] = [10, 60, 300, 1_800, 7_200, 18_000, 36_000, 72_000, 129_600];

/// From the first attempt to the last one at least, in milliseconds: 72 hours, unless the last wait would be longer than
/// chance may make it.
const SPAN_MS: i64 = 259_200_000;

/// How far a wait may be off its plan, in thousandths, so that what failed together is not tried together.
pub const JITTER_THOUSANDTHS: i64 = 200;

/// A receiver that asks to be left alone is, for at most this many times the planned wait …
const RETRY_AFTER_TIMES: i64 = 10;

/// … and for at most a day, unless the plan is longer.
const RETRY_AFTER_MAX_MS: i64 = 86_400_000;

/// A request to a host takes at most so long, in milliseconds.
pub const PROBE_TAKES_MS: i64 = 10_000;

/// When the next attempt is due, in Unix milliseconds, after `tried` attempts of which the first began at `began_ms` and
/// the last was over at `over_ms`; `None` after the last one.
///
/// `jitter` is drawn by chance from −[`JITTER_THOUSANDTHS`] to +[`JITTER_THOUSANDTHS`]. `retry_after_ms` is what the
/// receiver asked for: at least the plan, at most ten times it and a day.
#[must_use]
pub fn next_attempt_ms(
    tried: usize,
    began_ms: i64,
    over_ms: i64,
    jitter: i64,
    retry_after_ms: Option<i64>,
) -> Option<i64> {
    let planned_ms = WAITS_SECONDS.get(tried.checked_sub(1)?)? * 1_000;
    let most_off_ms = planned_ms / 1_000 * JITTER_THOUSANDTHS;
    let (mut least_ms, longest_ms) = (planned_ms - most_off_ms, planned_ms + most_off_ms);
    if is_last_attempt(tried) {
        least_ms = began_ms.saturating_add(SPAN_MS).saturating_sub(over_ms).clamp(least_ms, longest_ms);
    }
    let share = jitter.clamp(-JITTER_THOUSANDTHS, JITTER_THOUSANDTHS) + JITTER_THOUSANDTHS;
    let wait_ms = least_ms + (longest_ms - least_ms) / (2 * JITTER_THOUSANDTHS) * share;
    let most_ms = planned_ms.saturating_mul(RETRY_AFTER_TIMES).min(RETRY_AFTER_MAX_MS).max(wait_ms);
    Some(over_ms.saturating_add(retry_after_ms.map_or(wait_ms, |asked_ms| asked_ms.clamp(wait_ms, most_ms))))
}

/// When the next attempt is due, in Unix milliseconds, after `tried` attempts of which the first began at `began_ms` and
/// the last was blocked at `blocked_ms` by a circuit that lets its next probe through at `probe_ms`; `None` after the last one.
///
/// At least the plan, and after the time in which the probe may be answered, so that no attempt is used up while that is
/// still open; by `jitter`, drawn as above, up to half of that wait later, so that what was blocked together is not tried
/// together.
#[must_use]
pub fn next_attempt_after_probe_ms(
    tried: usize,
    began_ms: i64,
    blocked_ms: i64,
    jitter: i64,
    probe_ms: i64,
) -> Option<i64> {
    let planned_ms = next_attempt_ms(tried, began_ms, blocked_ms, jitter, None)?;
    let wait_ms = probe_ms.saturating_add(PROBE_TAKES_MS).saturating_sub(blocked_ms);
    let share = jitter.clamp(-JITTER_THOUSANDTHS, JITTER_THOUSANDTHS) + JITTER_THOUSANDTHS;
    let spread_ms = wait_ms / (4 * JITTER_THOUSANDTHS) * share;
    Some(planned_ms.max(blocked_ms.saturating_add(wait_ms).saturating_add(spread_ms)))
}

/// Whether the attempt after `tried` others is the last one that is made by itself.
#[must_use]
pub fn is_last_attempt(tried: usize) -> bool {
    tried + 1 >= TRIES
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A first attempt so long ago that the last one may be early.
    const LONG_AGO: i64 = -400_000_000;

    #[test]
    fn ten_attempts_are_due_over_more_than_three_days() {
        let mut due_ms = vec![0];
        while let Some(next_ms) = next_attempt_ms(due_ms.len(), LONG_AGO, due_ms[due_ms.len() - 1], 0, None) {
            due_ms.push(next_ms);
        }
        let seconds: Vec<_> = due_ms.iter().map(|ms| ms / 1_000).collect();
        assert_eq!(seconds, [0, 10, 70, 370, 2_170, 9_370, 27_370, 63_370, 135_370, 264_970]);
        assert!(seconds[9] >= 72 * 3_600);
    }

    #[test]
    fn chance_moves_each_attempt_by_a_fifth_of_its_wait() {
        let table = [
            (1, 8_000, 12_000),
            (2, 48_000, 72_000),
            (3, 240_000, 360_000),
            (4, 1_440_000, 2_160_000),
            (5, 5_760_000, 8_640_000),
            (6, 14_400_000, 21_600_000),
            (7, 28_800_000, 43_200_000),
            (8, 57_600_000, 86_400_000),
            (9, 103_680_000, 155_520_000),
        ];
        for (tried, least_ms, most_ms) in table {
            assert_eq!(next_attempt_ms(tried, LONG_AGO, 0, -200, None), Some(least_ms), "{tried}");
            assert_eq!(next_attempt_ms(tried, LONG_AGO, 0, 200, None), Some(most_ms), "{tried}");
        }
        let none = [0, 10].map(|tried| next_attempt_ms(tried, LONG_AGO, 0, 0, None));
        assert_eq!(none, [None, None]);
    }

    #[test]
    fn whatever_chance_says_the_last_attempt_is_three_days_after_the_first_and_its_wait_within_a_fifth() {
        for jitter in [-200, -100, 0, 200] {
            let (mut over_ms, mut wait_ms) = (1_000, 0);
            for tried in 1..TRIES {
                let next_ms = next_attempt_ms(tried, 1_000, over_ms, jitter, None).unwrap();
                (over_ms, wait_ms) = (next_ms, next_ms - over_ms);
            }
            assert!(over_ms - 1_000 >= 72 * 3_600_000, "{jitter}: {over_ms} ms");
            assert!((103_680_000..=155_520_000).contains(&wait_ms), "{jitter}: {wait_ms} ms");
        }
        let due = |jitter| next_attempt_ms(9, 0, 118_000_000, jitter, None).unwrap();
        assert_eq!(
            (due(-200), due(200)),
            (259_200_000, 273_520_000),
            "what failed together is spread all the same"
        );
    }

    #[test]
    fn what_the_receiver_asks_for_counts_between_the_plan_ten_times_it_and_a_day() {
        let due = |tried, asked_s: i64| {
            next_attempt_ms(tried, LONG_AGO, 0, 0, Some(asked_s * 1_000)).map(|ms| ms / 1_000)
        };
        let table = [
            (1, 0, 10),
            (1, 9, 10),
            (1, 42, 42),
            (1, 100, 100),
            (1, 101, 100),
            (3, 3_600, 3_000),
            (5, 36_000, 36_000),
            (5, 72_001, 72_000),
            (7, 90_000, 86_400),
            (8, 1, 72_000),
            (8, 80_000, 80_000),
            (8, 1_000_000, 86_400),
            (9, 1, 129_600),
            (9, 1_000_000, 129_600),
        ];
        for (tried, asked, expected) in table {
            assert_eq!(due(tried, asked), Some(expected), "after {tried}, asked for {asked} s");
        }
    }

    #[test]
    fn what_a_circuit_blocked_is_spread_over_half_the_wait_for_its_probe() {
        let due = |tried, jitter, probe_ms: i64| {
            next_attempt_after_probe_ms(tried, LONG_AGO, 1_000_000, jitter, 1_000_000 + probe_ms)
        };
        assert_eq!(due(1, -200, 30_000), Some(1_040_000));
        assert_eq!(due(1, 0, 30_000), Some(1_050_000));
        assert_eq!(due(1, 200, 30_000), Some(1_060_000));
        assert_eq!(due(1, 200, 600_000), Some(1_914_800), "a long wait counts in full");
        assert_eq!(due(3, -200, 30_000), Some(1_240_000), "not before the plan");
        assert_eq!(due(10, 0, 30_000), None);
    }

    #[test]
    fn only_the_tenth_attempt_is_the_last() {
        let last: Vec<_> = (0..TRIES).filter(|tried| is_last_attempt(*tried)).collect();
        assert_eq!(last, [9]);
    }

    proptest! {
        #[test]
        fn what_a_circuit_blocked_is_due_when_its_probe_is_over(
            tried in 0..12usize, blocked_ms in 0..4_000_000_000_000i64, jitter in -1_000..1_000i64, wait_ms in 0..600_000i64,
        ) {
            let next = next_attempt_after_probe_ms(tried, LONG_AGO, blocked_ms, jitter, blocked_ms + wait_ms);
            prop_assert_eq!(next.is_some(), (1..TRIES).contains(&tried));
            if let Some(next_ms) = next {
                let open_ms = wait_ms + PROBE_TAKES_MS;
                let planned_ms = WAITS_SECONDS[tried - 1] * 1_000;
                prop_assert!(next_ms >= blocked_ms + open_ms);
                prop_assert!(next_ms <= blocked_ms + (open_ms * 3 / 2).max(planned_ms * 12 / 10));
            }
        }

        #[test]
        fn the_next_attempt_is_never_before_the_plan_nor_after_ten_times_it(
            tried in 0..12usize, since_ms in 0..400_000_000i64, over_ms in 0..4_000_000_000_000i64, jitter in -1_000..1_000i64,
            asked in proptest::option::of(any::<i64>()),
        ) {
            let next = next_attempt_ms(tried, over_ms - since_ms, over_ms, jitter, asked);
            prop_assert_eq!(next.is_some(), (1..TRIES).contains(&tried));
            if let Some(next_ms) = next {
                let wait_ms = next_ms - over_ms;
                let planned_ms = WAITS_SECONDS[tried - 1] * 1_000;
                prop_assert!(wait_ms >= planned_ms * 8 / 10);
                prop_assert!(wait_ms <= (planned_ms * 10).min(RETRY_AFTER_MAX_MS).max(planned_ms * 12 / 10));
            }
        }
    }
}
