//! How quickly a host answers, as one process has seen it lately.

/// A host that takes longer than this on average is slow, in milliseconds.
const SLOW_MS: i64 = 3_000;

/// A moving average, of which the latest answer is a quarter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    average_ms: i64,
}

impl Pace {
    /// With one more attempt, which took so long.
    #[must_use]
    pub fn after(self, took_ms: i64) -> Self {
        Self { average_ms: (self.average_ms.saturating_mul(3).saturating_add(took_ms.max(0))) / 4 }
    }

    /// Whether others should not wait behind this host.
    #[must_use]
    pub fn is_slow(self) -> bool {
        self.average_ms > SLOW_MS
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_host_is_slow_after_a_few_slow_answers_and_quick_after_a_few_quick_ones() {
        let after = |times: &[i64]| times.iter().fold(Pace::default(), |pace, took_ms| pace.after(*took_ms));
        assert!(!after(&[9_000]).is_slow() && after(&[9_000, 9_000]).is_slow());
        assert!(!after(&[3_000; 100]).is_slow() && after(&[3_200; 20]).is_slow());
        assert!(!after(&[9_000, 9_000, 100, 100]).is_slow());
    }

    proptest! {
        #[test]
        fn the_average_lies_between_nothing_and_the_longest(times in proptest::collection::vec(0..20_000i64, 0..50)) {
            let pace = times.iter().fold(Pace::default(), |pace, took_ms| pace.after(*took_ms));
            prop_assert!((0..=times.iter().copied().max().unwrap_or_default()).contains(&pace.average_ms));
        }
    }
}
