//! The cursor of a long list: where the next page begins.

use std::fmt;
use std::str::FromStr;

/// What a client hands back to get the next page. Clients take it as it is; its letters need no escaping in a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The last row of the page before: its place in the list, as the list spells it.
    pub place: String,
    /// How many rows the list had when it was begun.
    pub total: u64,
    /// The question that the list answers: the cursor of another one does not fit.
    pub question: String,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}~{}", self.place, self.total, self.question)
    }
}

/// The text is no cursor.
#[derive(Debug, thiserror::Error)]
#[error("not a cursor")]
pub struct NoCursor;

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '~');
        let mut part = || parts.next().ok_or(NoCursor);
        let (place, total, question) = (part()?.to_owned(), part()?, part()?.to_owned());
        Ok(Self { place, total: total.parse().map_err(|_| NoCursor)?, question })
    }
}

/// Spells the parts of a question; an absent one is `-`.
#[must_use]
pub fn spell_question<const N: usize>(parts: [Option<i64>; N]) -> String {
    parts.map(|part| part.map_or_else(|| "-".to_owned(), |number| number.to_string())).join(".")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_went(
            place in "[0-9.]{1,40}", total: u64, parts in proptest::array::uniform4(proptest::option::of(any::<i64>())),
        ) {
            let cursor = Cursor { place, total, question: spell_question(parts) };
            let spelled = cursor.to_string();
            prop_assert_eq!(spelled.parse::<Cursor>().unwrap(), cursor);
            prop_assert!(spelled.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text.parse::<Cursor>();
        }
    }
}
