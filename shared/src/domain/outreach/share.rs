//! Shares of people that stay the same: ten of a hundred are among the fifty that are asked for later.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::ids::UserId;

/// Into how many places people are spread.
const PLACES: u64 = 1_000_000;

/// What people are shared out for; each use has places of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// Who is reached by a part of an execution.
    Share,
    /// Which variation they get.
    Variation,
    /// Who is held out.
    HoldOut,
    /// Who is sent a test of variations first.
    Test,
}

impl Draw {
    const fn salt(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Variation => "variation",
            Self::HoldOut => "holdout",
            Self::Test => "test",
        }
    }
}

/// A person's place from 0 to 999,999, the same for ever under one key, and without any relation under another.
#[must_use]
pub fn place(draw: Draw, key: &str, user: UserId) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let bytes = draw.salt().bytes().chain(*b"|").chain(key.bytes()).chain(*b"|");
    for byte in bytes.chain(user.0.to_be_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // FNV alone leaves neighbours together; these steps are the ending of MurmurHash3.
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    (hash ^ (hash >> 33)) % PLACES
}

/// Whether a place lies within the first so many of a hundred.
#[must_use]
pub fn is_within(place: u64, percent: Decimal) -> bool {
    let bound = percent * Decimal::from(PLACES / 100);
    bound.ceil().to_u64().is_some_and(|bound| place < bound)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_are_frozen() {
        let places = [1, 2, 7_000_000_001].map(|user| place(Draw::Share, "camp123", UserId(user)));
        insta::assert_snapshot!(format!("{places:?}"), @r#"[245765, 201258, 647110]"#);
    }

    #[test]
    fn shares_are_as_large_as_they_say_and_uses_know_nothing_of_each_other() {
        let share = |draw, percent: u64, users: &mut dyn Iterator<Item = i64>| {
            let percent = Decimal::from(percent);
            users.filter(|user| is_within(place(draw, "camp1", UserId(*user)), percent)).collect::<Vec<_>>()
        };
        for percent in [0, 1, 10, 50, 99, 100] {
            let count = share(Draw::Share, percent, &mut (0..100_000)).len();
            let expected = usize::try_from(percent).unwrap() * 1_000;
            assert!(count.abs_diff(expected) < 500, "{percent}: {count}");
        }
        let of_share = share(Draw::Share, 50, &mut (0..100_000));
        let both = share(Draw::Variation, 50, &mut of_share.into_iter()).len();
        assert!(both.abs_diff(25_000) < 500, "{both}");
    }

    proptest! {
        #[test]
        fn who_is_in_a_share_is_in_every_larger_one(user: i64, key in "[a-z0-9]{1,20}", small in 0u32..=1000, more in 0u32..=1000) {
            let place = place(Draw::Share, &key, UserId(user));
            let percent = |tenths: u32| Decimal::new(i64::from(tenths), 1);
            if is_within(place, percent(small)) {
                prop_assert!(is_within(place, percent((small + more).min(1000))));
            }
        }
    }
}
