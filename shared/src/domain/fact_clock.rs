//! The order of facts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// When a fact happened: Telegram's own date, then the update id within the second.
///
/// As text both numbers have a fixed width, so that text sorts as the facts do and DynamoDB can compare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactClock {
    /// Unix seconds, from the update.
    pub date: i64,
    /// The update's id; orders facts of the same second.
    pub update: i64,
}

/// The highest update id that the fixed width holds.
const UPDATE_MAX: i64 = 999_999_999_999;

impl FactClock {
    /// Not later than any fact of this second.
    #[must_use]
    pub const fn first_of_second(date: i64) -> Self {
        Self { date, update: 0 }
    }

    /// Not earlier than any fact of this second.
    #[must_use]
    pub const fn last_of_second(date: i64) -> Self {
        Self { date, update: UPDATE_MAX }
    }

    /// The latest clock before this one.
    #[must_use]
    pub const fn before(self) -> Self {
        match self.update {
            ..=0 => Self::last_of_second(self.date.saturating_sub(1)),
            update => Self { date: self.date, update: update - 1 },
        }
    }
}

impl fmt::Display for FactClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:011}.{:012}", self.date.max(0), self.update.max(0))
    }
}

/// The text is no fact clock.
#[derive(Debug, thiserror::Error)]
#[error("not a fact clock")]
pub struct NoFactClock;

impl FromStr for FactClock {
    type Err = NoFactClock;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (date, update) = text.split_once('.').ok_or(NoFactClock)?;
        let number = |digits: &str| digits.parse().map_err(|_| NoFactClock);
        Ok(Self { date: number(date)?, update: number(update)? })
    }
}

impl Serialize for FactClock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FactClock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_sorts_as_the_facts_do(a in 0..10_000_000_000i64, b in 0..10_000_000_000i64, u in 0..1_000_000_000_000i64, v in 0..1_000_000_000_000i64) {
            let (first, second) = (FactClock { date: a, update: u }, FactClock { date: b, update: v });
            prop_assert_eq!(first.cmp(&second), first.to_string().cmp(&second.to_string()));
            prop_assert_eq!(first.to_string().parse::<FactClock>().unwrap(), first);
        }
    }
}
