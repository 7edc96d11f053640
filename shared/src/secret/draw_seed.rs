use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{hide, random};
use crate::error::AppResult;

/// How many bytes a seed has.
const BYTES: usize = 32;

/// What the winners of a contest follow from: secret until they are drawn, then shown to everybody.
#[derive(Clone, PartialEq, Eq)]
pub struct DrawSeed([u8; BYTES]);

hide!(DrawSeed);

impl DrawSeed {
    /// A fresh one of 256 bits.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`] if the system has no randomness.
    pub fn generate() -> AppResult<Self> {
        random().map(Self)
    }

    /// The bytes in clear, for the draw.
    #[must_use]
    pub const fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// As it is sealed.
    pub(super) fn spelled(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads what was sealed; `None` for text that is no seed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_reads_back_and_is_never_printed() {
        let seed = DrawSeed::generate().unwrap();
        assert!(DrawSeed::parse(&seed.spelled()) == Some(seed.clone()));
        assert_eq!(format!("{seed:?}"), "DrawSeed(…)");
        for none in ["", "AAAA", "!"] {
            assert!(DrawSeed::parse(none).is_none(), "{none}");
        }
    }
}
