//! Taking back what was sent: how far a bot is with the messages of one execution.

use serde::{Deserialize, Serialize};

use super::delivery::Delivery;
use crate::ids::UserId;

/// Telegram lets a bot delete a message for so long, in seconds.
pub const DELETABLE_SECONDS: i64 = 48 * 3_600;

/// How far a bot is. Everything before its place has been tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// How often it was written; a step names the one that it was made after.
    pub step: u64,
    /// The last chunk that is done, by its sort key; `None` before the first.
    pub chunk: Option<String>,
    /// How many deliveries of the next one are done.
    pub place: usize,
    /// How many messages are gone.
    pub deleted: u64,
    /// How many stay, because Telegram refuses to delete them, or whom they went to was erased.
    pub kept: u64,
    /// Whether all of it was tried.
    pub done: bool,
}

/// The deliveries of a chunk from a place on that have a message, each with the place behind it. `None` for the person if
/// they were erased.
#[must_use]
pub fn deletable(deliveries: &[Delivery], from: usize) -> Vec<(usize, Option<UserId>, i64)> {
    let sent = deliveries.iter().enumerate().skip(from);
    sent.filter_map(|(place, delivery)| Some((place + 1, delivery.user, delivery.telegram_message()?)))
        .collect()
}

impl Deletion {
    /// As it is after some more of the next chunk, up to this place.
    #[must_use]
    pub fn after(&self, place: usize, deleted: u64, kept: u64) -> Self {
        let (deleted, kept) = (self.deleted + deleted, self.kept + kept);
        Self { step: self.step + 1, place, deleted, kept, ..self.clone() }
    }

    /// As it is when a chunk is done.
    #[must_use]
    pub fn after_chunk(&self, chunk: String) -> Self {
        Self { step: self.step + 1, chunk: Some(chunk), place: 0, ..self.clone() }
    }

    /// As it is when there is no chunk left.
    #[must_use]
    pub fn ended(&self) -> Self {
        Self { step: self.step + 1, done: true, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sent_is_deleted_and_a_place_is_passed_once() {
        let all = Delivery::read_all("5::0.0 0::0.0 7::0.0", Some("d1 fKICKED d3 u d5 -")).unwrap();
        let all_of_it = [(1, Some(UserId(5)), 1), (3, None, 3), (5, Some(UserId(7)), 5)];
        assert_eq!(deletable(&all, 0), all_of_it);
        assert_eq!(deletable(&all, 3), all_of_it[2..]);
        let half = Deletion::default().after(3, 1, 1);
        assert_eq!((half.place, half.deleted, half.kept, half.step), (3, 1, 1, 1));
        let next = half.after_chunk("a".to_owned());
        assert_eq!((next.place, next.chunk.as_deref(), next.done), (0, Some("a"), false));
        assert!(next.ended().done);
    }
}
