//! What a campaign brings, by those who get nothing for comparison.

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::ab_test::{Arm, chance};

/// With fewer people on a side nothing is said.
const PEOPLE_MIN: u64 = 50;

/// A difference that chance alone makes as rarely as this counts as one.
const SIGNIFICANT: f64 = 0.05;

/// Some people, and how many of them converted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiftGroup {
    /// How many.
    pub people: u64,
    /// How many of them converted.
    pub converted: u64,
}

/// Those who were held out of a campaign, and those whom it reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiftGroups {
    /// Who would have got it.
    pub held_out: LiftGroup,
    /// Who got its first message.
    pub treated: LiftGroup,
}

/// By how much one group converted more than the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lift {
    /// In percent of the share of those who were held out; below zero if it was less.
    pub percent: Decimal,
    /// How likely so great a difference is by chance alone, in either direction.
    pub p_value: f64,
}

impl LiftGroup {
    const fn arm(self) -> Arm {
        Arm { delivered: self.people, successes: self.converted }
    }
}

impl LiftGroups {
    /// The difference; `None` while there are too few people for it, or nobody converted with whom to compare.
    #[must_use]
    pub fn lift(&self) -> Option<Lift> {
        let Self { held_out, treated } = *self;
        if held_out.people.min(treated.people) < PEOPLE_MIN || held_out.converted == 0 {
            return None;
        }
        let share = |group: LiftGroup| Decimal::from(group.converted) / Decimal::from(group.people);
        let percent = (share(treated) / share(held_out) - Decimal::ONE) * Decimal::ONE_HUNDRED;
        let p_value =
            (2.0 * chance(held_out.arm(), treated.arm()).min(chance(treated.arm(), held_out.arm()))).min(1.0);
        Some(Lift { percent: percent.round_dp(2).normalize(), p_value })
    }
}

impl Lift {
    /// Whether chance alone makes so great a difference once in twenty times at most.
    #[must_use]
    pub fn is_significant(&self) -> bool {
        self.p_value <= SIGNIFICANT
    }

    /// To four digits behind the point.
    #[must_use]
    pub fn shown_p_value(&self) -> Decimal {
        Decimal::from_f64(self.p_value).unwrap_or(Decimal::ONE).round_dp(4).normalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lift(held_out: (u64, u64), treated: (u64, u64)) -> Option<Lift> {
        let group = |(people, converted)| LiftGroup { people, converted };
        LiftGroups { held_out: group(held_out), treated: group(treated) }.lift()
    }

    #[test]
    fn the_difference_is_in_percent_of_those_who_got_nothing() {
        let more = lift((1_000, 20), (9_000, 270)).unwrap();
        assert_eq!(more.percent, Decimal::from(50));
        let less = lift((1_000, 40), (9_000, 270)).unwrap();
        assert_eq!(less.percent, Decimal::from(-25));
        assert_eq!(lift((300, 3), (300, 4)).unwrap().percent, Decimal::new(3333, 2));
    }

    #[test]
    fn only_what_chance_hardly_makes_is_significant() {
        assert!(lift((10_000, 200), (90_000, 2_700)).unwrap().is_significant());
        assert!(lift((10_000, 300), (90_000, 1_800)).unwrap().is_significant(), "in either direction");
        let equal = lift((1_000, 20), (9_000, 180)).unwrap();
        assert!(!equal.is_significant());
        assert_eq!((equal.percent, equal.shown_p_value()), (Decimal::ZERO, Decimal::ONE));
        assert!(!lift((100, 2), (900, 27)).unwrap().is_significant());
    }

    #[test]
    fn of_too_few_nothing_is_said() {
        assert_eq!(lift((49, 5), (900, 27)), None);
        assert_eq!(lift((50, 5), (49, 27)), None);
        assert_eq!(lift((5_000, 0), (9_000, 27)), None);
        assert!(lift((50, 1), (50, 0)).is_some());
    }

    /// Of groups that are alike, one in twenty is called different at most, about.
    #[test]
    fn equals_are_seldom_called_different() {
        let mut seed = 1_u64;
        let mut draw = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % 1_000
        };
        let mut group =
            |people: u64| (people, u64::try_from((0..people).filter(|_| draw() < 50).count()).unwrap());
        let called = (0..400).filter(|_| {
            let (held_out, treated) = (group(500), group(1_500));
            lift(held_out, treated).is_some_and(|lift| lift.is_significant())
        });
        let called = called.count();
        assert!(called <= 24, "{called} of 400");
    }
}
