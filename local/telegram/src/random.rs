//! A small seeded random, so that a run with the same seed makes the same choices.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/// `SplitMix64`.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The same seed gives the same sequence.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// True for this share of calls: never at 0, always at 1. Draws nothing at 0 or below.
    pub fn happens(&mut self, share: f64) -> bool {
        if share <= 0.0 {
            return false;
        }
        let draw = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        f64::from(draw) < share * 4_294_967_296.0
    }

    /// Text of `length` characters of `A-Za-z0-9_-`.
    pub fn text(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length);
        for _ in 0..length {
            let index = usize::try_from(self.next() >> 58).unwrap_or_default();
            text.push(char::from(ALPHABET.get(index).copied().unwrap_or(b'A')));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_choices() {
        let (mut a, mut b) = (Random::new(7), Random::new(7));
        let choices: Vec<bool> = (0..100).map(|_| a.happens(0.3)).collect();
        assert_eq!(choices, (0..100).map(|_| b.happens(0.3)).collect::<Vec<_>>());
        assert!(choices.contains(&true) && choices.contains(&false));
    }

    #[test]
    fn a_share_of_one_always_happens_and_of_zero_never() {
        let mut random = Random::new(1);
        assert!((0..1000).all(|_| random.happens(1.0)));
        assert!((0..1000).all(|_| !random.happens(0.0)));
    }
}
