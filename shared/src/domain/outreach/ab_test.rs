//! Which variation of a message is better: only one that passes a test is.

use serde::{Deserialize, Serialize};

/// What one variation came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arm {
    /// How many people got it.
    pub delivered: u64,
    /// How many of them did what is measured.
    pub successes: u64,
}

/// When a variation counts as better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standard {
    /// Each arm must have been delivered to so many people.
    pub per_arm_min: u64,
    /// How sure it must be, as a share of one: at 0.95, of a hundred tests between equals five declare a winner at most.
    pub confidence: f64,
}

/// The arm to go on with, by its place among the arms, of which the first is the base. A variation wins if it is better
/// than the base by a one-sided test of two proportions with Yates's correction for small numbers, at a level shared out
/// among the variations (Bonferroni); of several the one with the highest share of successes. Else the base wins.
#[must_use]
pub fn winner(arms: &[Arm], standard: Standard) -> usize {
    let Some((base, variations)) = arms.split_first() else { return 0 };
    if arms.iter().any(|arm| arm.delivered < standard.per_arm_min.max(1)) {
        return 0;
    }
    let level = (1.0 - standard.confidence) / as_float(u64::try_from(variations.len()).unwrap_or(u64::MAX));
    let better = variations.iter().enumerate().filter(|(_, arm)| chance(*base, **arm) <= level);
    let best = better.max_by(|(_, one), (_, other)| one.share().total_cmp(&other.share()));
    best.map_or(0, |(place, _)| place + 1)
}

/// How likely so much more than the base is by chance alone; 1 if it is no more.
#[must_use]
pub fn chance(base: Arm, arm: Arm) -> f64 {
    let (base_count, arm_count) = (as_float(base.delivered), as_float(arm.delivered));
    let pooled = as_float(base.successes + arm.successes) / (base_count + arm_count);
    let spread = 1.0 / base_count + 1.0 / arm_count;
    let deviation = (pooled * (1.0 - pooled) * spread).sqrt();
    let difference = arm.share() - base.share() - spread / 2.0;
    if deviation > 0.0 && difference > 0.0 {
        libm::erfc(difference / deviation / std::f64::consts::SQRT_2) / 2.0
    } else {
        1.0
    }
}

impl Arm {
    /// What came since an earlier count.
    #[must_use]
    pub const fn since(self, before: Self) -> Self {
        let delivered = self.delivered.saturating_sub(before.delivered);
        Self { delivered, successes: self.successes.saturating_sub(before.successes) }
    }

    fn share(self) -> f64 {
        as_float(self.successes) / as_float(self.delivered)
    }
}

/// Exact up to 2^53, which no campaign has people.
#[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^53")]
const fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Standard = Standard { per_arm_min: 100, confidence: 0.95 };

    fn arm(delivered: u64, successes: u64) -> Arm {
        Arm { delivered, successes }
    }

    #[test]
    fn a_variation_wins_only_by_passing_the_test() {
        let table: [(&[Arm], usize); 9] = [
            (&[], 0),
            (&[arm(1_000, 50)], 0),
            (&[arm(1_000, 50), arm(1_000, 50)], 0),
            (&[arm(1_000, 50), arm(1_000, 60)], 0),
            (&[arm(1_000, 50), arm(1_000, 90)], 1),
            (&[arm(1_000, 90), arm(1_000, 50)], 0),
            (&[arm(99, 1), arm(1_000, 500)], 0),
            (&[arm(1_000, 0), arm(1_000, 0)], 0),
            (&[arm(1_000, 50), arm(1_000, 90), arm(1_000, 120), arm(1_000, 70)], 2),
        ];
        for (arms, expected) in table {
            assert_eq!(winner(arms, USUAL), expected, "{arms:?}");
        }
        let close = [arm(1_000, 50), arm(1_000, 70)];
        assert_eq!(winner(&close, USUAL), 1);
        assert_eq!(winner(&close, Standard { confidence: 0.99, ..USUAL }), 0);
        let among_five = [close[0], close[1], close[0], close[0], close[0]];
        assert_eq!(winner(&among_five, USUAL), 0, "more tries, a stricter test");
    }

    /// A known sequence that looks like chance (SplitMix64), from 0 to 1.
    fn chances(seed: u64) -> impl FnMut() -> f64 {
        let mut state = seed;
        move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            as_float((mixed ^ (mixed >> 31)) >> 11) / as_float(1 << 53)
        }
    }

    #[test]
    fn between_equals_a_winner_is_no_more_frequent_than_the_level_says() {
        for (arms, rate, people) in [(2, 0.05, 400), (2, 0.5, 150), (4, 0.1, 300), (3, 0.02, 1_000)] {
            let mut chance = chances(arms * 1_000 + people);
            let mut false_winners = 0;
            for _ in 0..1_000 {
                let mut draw = || {
                    let successes = (0..people).filter(|_| chance() < rate).count();
                    arm(people, u64::try_from(successes).unwrap())
                };
                let arms: Vec<_> = (0..arms).map(|_| draw()).collect();
                false_winners += u64::from(winner(&arms, USUAL) > 0);
            }
            assert!(false_winners <= 50, "{arms} arms of {people} at {rate}: {false_winners}");
        }
    }
}
