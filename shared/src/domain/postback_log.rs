//! What the log knows of a postback, and what its attempts amount to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::postback_id::PostbackId;
use super::schedule::TRIES;
use super::verdict::{Verdict, judge};

/// A postback that was tried this often, replays included, is not sent again: its item has bounds.
pub const ATTEMPTS_MAX: usize = 200;

/// Of how many attempts of one postback, the last, what the receiver said is kept.
pub const ANSWERS_KEPT: usize = 10;

/// Where a postback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PostbackState {
    /// To be tried, or to be tried again.
    Pending,
    /// The advertiser took it.
    Delivered,
    /// The advertiser refused it, or was tried in vain too often.
    Failed,
    /// Decided, and by a rule not told.
    Skipped,
}

impl PostbackState {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Skipped];

    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// The text names no state.
#[derive(Debug, thiserror::Error)]
#[error("not a state of a postback")]
pub struct NoPostbackState;

impl FromStr for PostbackState {
    type Err = NoPostbackState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.name() == text).ok_or(NoPostbackState)
    }
}

/// Why a postback was not told, or got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PostbackError {
    /// The address is malformed or not one of the public internet; nothing was sent.
    Target,
    /// No answer in time.
    Timeout,
    /// No connection.
    Connect,
    /// The connection broke off.
    Broken,
    /// The leave came after the campaign's unsub window.
    Window,
    /// The event has no template any more.
    Template,
    /// The host did not answer lately: no connection was made.
    Circuit,
    /// The host asked for no more (410); it gets none until the templates are edited.
    Disabled,
}

impl PostbackError {
    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Broken => "broken",
            Self::Window => "window",
            Self::Template => "template",
            Self::Circuit => "circuit",
            Self::Disabled => "disabled",
        }
    }
}

/// One attempt to tell a postback.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostbackAttempt {
    /// Unix milliseconds when it began.
    pub started_ms: i64,
    /// How long it took.
    pub took_ms: i64,
    /// The HTTP status, if there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// What went wrong, if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<PostbackError>,
    /// The beginning of what the receiver said, at most 500 bytes; empty if it said nothing, or long ago.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub answer: String,
}

impl PostbackAttempt {
    /// What it means for its postback, by whether another attempt may help.
    #[must_use]
    pub fn verdict(&self) -> PostbackState {
        match judge(self.code) {
            Verdict::Delivered => PostbackState::Delivered,
            Verdict::Retry if self.error == Some(PostbackError::Target) => PostbackState::Failed,
            Verdict::Retry => PostbackState::Pending,
            Verdict::Disable | Verdict::GiveUp => PostbackState::Failed,
        }
    }
}

/// Where a postback stands after these attempts: the first final one decides, and the last of too many.
#[must_use]
pub fn state_after(attempts: &[PostbackAttempt]) -> PostbackState {
    let mut verdicts = attempts.iter().map(PostbackAttempt::verdict);
    match verdicts.find(|verdict| *verdict != PostbackState::Pending) {
        Some(decided) => decided,
        None if attempts.len() >= TRIES => PostbackState::Failed,
        None => PostbackState::Pending,
    }
}

/// Up to where the log was read; as text it is a page's cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogPlace {
    /// Up to this postback.
    Postback(PostbackId),
    /// Up to the beginning of this second, in Unix time.
    Second(i64),
}

impl fmt::Display for LogPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postback(id) => id.fmt(f),
            Self::Second(second) => second.fmt(f),
        }
    }
}

/// The text is no place in the log.
#[derive(Debug, thiserror::Error)]
#[error("not a place in the log")]
pub struct NoLogPlace;

impl FromStr for LogPlace {
    type Err = NoLogPlace;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let second = text.parse().ok().filter(|second: &i64| *second >= 0 && second.to_string() == text);
        let place = second.map(Self::Second).or_else(|| text.parse().ok().map(Self::Postback));
        place.ok_or(NoLogPlace)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::postback_id::any_id;

    fn answered(code: u16) -> PostbackAttempt {
        PostbackAttempt { started_ms: 0, took_ms: 0, code: Some(code), error: None, answer: String::new() }
    }

    fn unanswered(error: PostbackError) -> PostbackAttempt {
        PostbackAttempt { started_ms: 0, took_ms: 0, code: None, error: Some(error), answer: String::new() }
    }

    #[test]
    fn answers_are_judged_by_whether_another_attempt_may_help() {
        for code in [200, 204, 299] {
            assert_eq!(answered(code).verdict(), PostbackState::Delivered, "{code}");
        }
        for code in [408, 425, 429, 500, 503, 599] {
            assert_eq!(answered(code).verdict(), PostbackState::Pending, "{code}");
        }
        for code in [301, 302, 400, 401, 403, 404, 410] {
            assert_eq!(answered(code).verdict(), PostbackState::Failed, "{code}");
        }
        assert_eq!(unanswered(PostbackError::Timeout).verdict(), PostbackState::Pending);
        assert_eq!(unanswered(PostbackError::Target).verdict(), PostbackState::Failed);
    }

    #[test]
    fn the_first_final_attempt_decides_and_the_last_of_too_many() {
        assert_eq!(state_after(&[]), PostbackState::Pending);
        assert_eq!(state_after(&[answered(500), answered(200), answered(500)]), PostbackState::Delivered);
        assert_eq!(state_after(&[answered(500), answered(404)]), PostbackState::Failed);
        let vain = vec![unanswered(PostbackError::Connect); TRIES];
        assert_eq!(state_after(&vain[1..]), PostbackState::Pending);
        assert_eq!(state_after(&vain), PostbackState::Failed);
    }

    #[test]
    fn the_words_of_the_api_are_those_of_the_table() {
        for state in PostbackState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
            assert_eq!(state.name().parse::<PostbackState>().unwrap(), state);
        }
        for error in [PostbackError::Target, PostbackError::Circuit, PostbackError::Disabled] {
            assert_eq!(serde_json::to_value(error).unwrap(), error.name());
        }
    }

    #[test]
    fn what_is_no_place_in_the_log_is_refused() {
        for text in ["", "x", "-1", "01", "+1", "1.5", "1 ", "5-wait-1760000000-42", "99999999999999999999"] {
            assert!(text.parse::<LogPlace>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_place_in_the_log_reads_back(id in any_id(), second in 0..i64::MAX) {
            for place in [LogPlace::Postback(id), LogPlace::Second(second)] {
                prop_assert_eq!(place.to_string().parse::<LogPlace>().unwrap(), place);
            }
        }
    }
}
