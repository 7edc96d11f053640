//! Who is in a chunk, in as few bytes as will do: a chunk is written before and after each ten of them.

use crate::ids::UserId;

/// A chunk has no more recipients than this.
pub const CHUNK_RECIPIENTS_MAX: usize = 100;

/// In the place of who was erased: an id that Telegram gives to no one. Nothing is sent to it.
pub const NOBODY: UserId = UserId(0);

/// Somebody who gets a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Telegram's id; [`NOBODY`] if they were erased.
    pub user: UserId,
    /// The segment that they count in, by its place in the plan; `None` where the campaign names none.
    pub segment: Option<usize>,
    /// For each message the variation they get; 0 is the message itself.
    pub variations: Vec<usize>,
    /// The messages that they do not get, because an earlier execution settled them.
    pub reached: Vec<usize>,
}

impl Recipient {
    /// Recipients as text: `user:segment:variation.variation`, with blanks between them; `:message.message` follows where
    /// there are messages that they do not get.
    #[must_use]
    pub fn spell_all(recipients: &[Self]) -> String {
        recipients.iter().map(Self::spelled).collect::<Vec<_>>().join(" ")
    }

    /// Reads what [`Recipient::spell_all`] wrote; `None` for anything else.
    #[must_use]
    pub fn read_all(text: &str) -> Option<Vec<Self>> {
        text.split_ascii_whitespace().map(Self::read).collect()
    }

    /// Whether this was somebody who was erased; nothing may be sent then.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.user == NOBODY
    }

    /// Takes the name away. What they were to the execution stays, so that what was counted stays true.
    pub const fn forget(&mut self) {
        self.user = NOBODY;
    }

    fn spelled(&self) -> String {
        let segment = self.segment.map(|segment| segment.to_string()).unwrap_or_default();
        let variations: Vec<_> = self.variations.iter().map(usize::to_string).collect();
        let reached: Vec<_> = self.reached.iter().map(usize::to_string).collect();
        let reached = if reached.is_empty() { String::new() } else { format!(":{}", reached.join(".")) };
        format!("{}:{segment}:{}{reached}", self.user, variations.join("."))
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (user, segment, variations) = (parts.next()?, parts.next()?, parts.next()?);
        let number = |text: &str| text.parse::<usize>().ok();
        let segment = if segment.is_empty() { None } else { Some(number(segment)?) };
        let numbers = |text: &str| -> Option<Vec<usize>> {
            text.split('.').filter(|text| !text.is_empty()).map(number).collect()
        };
        let (variations, reached) = (numbers(variations)?, numbers(parts.next().unwrap_or_default())?);
        let recipient = Self { user: user.parse().ok()?, segment, variations, reached };
        parts.next().is_none().then_some(recipient)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recipient(user: i64, segment: Option<usize>, variations: &[usize], reached: &[usize]) -> Recipient {
        let (variations, reached) = (variations.to_vec(), reached.to_vec());
        Recipient { user: UserId(user), segment, variations, reached }
    }

    #[test]
    fn the_text_is_frozen() {
        let recipients = [
            recipient(7_000_000_001, None, &[0], &[]),
            recipient(7_000_000_002, Some(3), &[2, 0], &[]),
            recipient(7_000_000_003, None, &[0, 1], &[1]),
        ];
        insta::assert_snapshot!(Recipient::spell_all(&recipients), @"7000000001::0 7000000002:3:2.0 7000000003::0.1:1");
        for nothing in ["x::", "1", "1:2", "1:x:0", "1::0:x", "1::0:5:", "1::-1"] {
            assert_eq!(Recipient::read_all(nothing), None, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_reads_the_same(
            drawn in proptest::collection::vec((any::<i64>(), proptest::option::of(0usize..50), proptest::collection::vec(0usize..11, 0..10), proptest::collection::vec(0usize..10, 0..3)), 0..100),
        ) {
            let drawn = drawn.iter().map(|(user, segment, variations, reached)| {
                recipient(*user, *segment, variations, reached)
            });
            let recipients: Vec<_> = drawn.collect();
            prop_assert_eq!(Recipient::read_all(&Recipient::spell_all(&recipients)), Some(recipients));
        }
    }
}
