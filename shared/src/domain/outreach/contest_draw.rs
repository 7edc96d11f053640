//! Who wins a contest: a rule that anybody can follow who knows the seed and the numbers.
//!
//! The number of an entry is fixed when it is made, and all numbers are fixed before the seed is shown. The winners are those
//! of the least HMAC-SHA256(seed, number), in this order; who may not win is passed over, with the reason.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{Context, SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use serde::{Deserialize, Serialize};

/// In how many rows entries are numbered: people press together, and a row takes some hundred presses a second.
pub const NUMBER_ROWS: u64 = 16;

/// How many are passed over at most; a draw that would pass over more has fewer winners.
pub const PASSED_OVER_MAX: u64 = 1_000;

/// How the draw came past a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It won.
    Won,
    /// It won, though nobody could be asked any more whether the person is a member; they were when they entered.
    WonUnasked,
    /// The person is no member any more.
    Left,
    /// The person was erased.
    Erased,
}

impl Verdict {
    /// Whether it won.
    #[must_use]
    pub const fn has_won(self) -> bool {
        matches!(self, Self::Won | Self::WonUnasked)
    }

    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::WonUnasked => "won_unasked",
            Self::Left => "left",
            Self::Erased => "erased",
        }
    }
}

/// A number that the draw came past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// The number.
    pub number: u64,
    /// How.
    pub verdict: Verdict,
}

/// The number of the entry at a place of a row, both from 0.
#[must_use]
pub const fn number_at(row: u64, place: u64) -> u64 {
    place * NUMBER_ROWS + row + 1
}

/// The row of a number, and its place there.
#[must_use]
pub const fn place_of(number: u64) -> (u64, u64) {
    let before = number.saturating_sub(1);
    (before % NUMBER_ROWS, before / NUMBER_ROWS)
}

/// All numbers, by how many each row has, in order.
pub fn numbers(rows: &[u64]) -> impl Iterator<Item = u64> {
    let longest = rows.iter().copied().max().unwrap_or_default();
    let rows: Vec<_> = (0..).zip(rows.iter().copied()).collect();
    (0..longest).flat_map(move |place| {
        let there: Vec<_> = rows.iter().filter(|(_, count)| place < *count).map(|(row, _)| *row).collect();
        there.into_iter().map(move |row| number_at(row, place))
    })
}

/// The first so many numbers in the order of the draw.
#[must_use]
pub fn first_drawn(seed: &[u8], rows: &[u64], count: usize) -> Vec<u64> {
    let key = Key::new(HMAC_SHA256, seed);
    let mut best: BTreeSet<(Vec<u8>, u64)> = BTreeSet::new();
    for number in numbers(rows) {
        let score = sign(&key, number.to_string().as_bytes());
        if best.len() < count || best.last().is_some_and(|(worst, _)| score.as_ref() < worst.as_slice()) {
            best.insert((score.as_ref().to_vec(), number));
        }
        if best.len() > count {
            best.pop_last();
        }
    }
    best.into_iter().map(|(_, number)| number).collect()
}

/// The next number that the draw looks at, of those in its order; `None` once there are as many winners as there are to be,
/// or too many were passed over.
#[must_use]
pub fn next_pick(drawn: &[u64], picks: &[Pick], winners: u64) -> Option<u64> {
    let count = |won: bool| picks.iter().filter(|pick| pick.verdict.has_won() == won).count();
    let is_over = u64::try_from(count(true)).unwrap_or(u64::MAX) >= winners
        || u64::try_from(count(false)).unwrap_or(u64::MAX) >= PASSED_OVER_MAX;
    if is_over { None } else { drawn.get(picks.len()).copied() }
}

/// SHA-256 of all numbers in order, each with a line end behind it.
#[must_use]
pub fn numbers_digest(rows: &[u64]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    numbers(rows).for_each(|number| context.update(format!("{number}\n").as_bytes()));
    context.finish().as_ref().to_vec()
}

/// SHA-256 of a seed.
#[must_use]
pub fn seed_digest(seed: &[u8]) -> Vec<u8> {
    digest(&SHA256, seed).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_draw_is_what_another_implementation_says() {
        // By hmac and hashlib of Python 3.11, over seed = bytes(range(32)) and the numbers of these rows.
        let seed: Vec<u8> = (0..32).collect();
        let rows: Vec<u64> = (0..16).map(|row| 60 + row % 3).collect();
        assert_eq!(first_drawn(&seed, &rows, 10), PYTHON_DRAWN);
        assert_eq!(hex(&numbers_digest(&rows)), PYTHON_NUMBERS);
        assert_eq!(hex(&seed_digest(&seed)), PYTHON_SEED);
    }

    const PYTHON_DRAWN: [u64; 10] = [521, 517, 956, 568, 674, 226, 912, 972, 397, 651];
    const PYTHON_NUMBERS: &str = "fd6f8688c5aead029bcb7fa27cb283466ebb0109b0c7e0861f067bea2f540028";
    const PYTHON_SEED: &str = "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd";

    #[test]
    fn a_number_tells_its_row_and_numbers_are_in_order_and_only_once() {
        let rows = [3, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4];
        let all: Vec<_> = numbers(&rows).collect();
        assert_eq!(all, [1, 3, 4, 16, 17, 20, 32, 33, 48, 64]);
        assert!(all.iter().all(|number| {
            let (row, place) = place_of(*number);
            number_at(row, place) == *number && place < rows[usize::try_from(row).unwrap()]
        }));
        assert_eq!(numbers(&[]).count(), 0);
    }

    #[test]
    fn who_is_passed_over_makes_room_for_the_next_and_an_empty_contest_has_no_winner() {
        let picks = |verdicts: &[Verdict]| {
            let picks = verdicts.iter().zip(1..);
            picks.map(|(verdict, number)| Pick { number, verdict: *verdict }).collect::<Vec<_>>()
        };
        let drawn: Vec<u64> = (1..2_000).collect();
        assert_eq!(next_pick(&drawn, &[], 1), Some(1));
        assert_eq!(next_pick(&drawn, &picks(&[Verdict::Won]), 1), None);
        assert_eq!(next_pick(&drawn, &picks(&[Verdict::Left, Verdict::Erased]), 1), Some(3));
        assert_eq!(next_pick(&drawn, &picks(&[Verdict::Left, Verdict::WonUnasked]), 1), None);
        assert_eq!(next_pick(&drawn, &picks(&[Verdict::Left; 1_000]), 1), None);
        assert_eq!(next_pick(&[], &[], 1), None);
        assert_eq!(next_pick(&drawn[..2], &picks(&[Verdict::Won, Verdict::Won]), 3), None);
    }

    proptest! {
        #[test]
        fn the_first_drawn_are_the_beginning_of_all_in_order(
            seed in any::<[u8; 32]>(),
            rows in prop::collection::vec(0u64..6, 16),
            count in 0usize..20,
        ) {
            let all = first_drawn(&seed, &rows, 1_000);
            prop_assert_eq!(all.len(), numbers(&rows).count());
            prop_assert_eq!(&first_drawn(&seed, &rows, count)[..], &all[..count.min(all.len())]);
        }
    }
}
