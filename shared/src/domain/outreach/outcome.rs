//! What became of a recipient.

use std::fmt;
use std::str::FromStr;

use super::send_error::SendError;

/// What became of one recipient of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Telegram accepted the message and gave it this id.
    Delivered(i64),
    /// Telegram refused it.
    Failed(SendError),
    /// It was not tried.
    Skipped(SkipReason),
    /// The request may have been carried out, or not: nobody knows.
    Unknown,
}

/// Why a message was not tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// The person became unreachable after planning.
    Unreachable,
    /// The person wants no messages any more.
    Unsubscribed,
    /// The person had enough messages of late.
    FrequencyCapped,
    /// A field of the text has neither a value nor a default.
    TemplateRender,
    /// The campaign's end came first.
    Expired,
    /// The person was erased.
    Erased,
    /// An earlier execution settled this message to them.
    AlreadyReached,
    /// The account's endpoint has nothing for them.
    NoContent,
}

const SKIPS: [(SkipReason, &str); 8] = [
    (SkipReason::Unreachable, "UNREACHABLE"),
    (SkipReason::Unsubscribed, "UNSUBSCRIBED"),
    (SkipReason::FrequencyCapped, "FREQUENCY_CAPPED"),
    (SkipReason::TemplateRender, "TEMPLATE_RENDER_ERROR"),
    (SkipReason::Expired, "EXPIRED"),
    (SkipReason::Erased, "ERASED"),
    (SkipReason::AlreadyReached, "ALREADY_REACHED"),
    (SkipReason::NoContent, "NO_CONTENT"),
];

impl SkipReason {
    /// The word in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        SKIPS.into_iter().find(|(reason, _)| *reason == self).map_or("", |(_, name)| name)
    }

    /// The words of all reasons.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SKIPS.into_iter().map(|(_, name)| name)
    }
}

/// As the ledger spells it: a letter, and what belongs to it.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered(message) => write!(f, "d{message}"),
            Self::Failed(error) => write!(f, "f{}", error.code()),
            Self::Skipped(reason) => write!(f, "s{}", reason.name()),
            Self::Unknown => f.write_str("u"),
        }
    }
}

/// A text that spells no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no outcome")]
pub struct NoOutcome;

impl FromStr for Outcome {
    type Err = NoOutcome;

    fn from_str(text: &str) -> Result<Self, NoOutcome> {
        let (letter, rest) = text.split_at_checked(1).ok_or(NoOutcome)?;
        let failure = || SendError::ALL.into_iter().find(|error| error.code() == rest);
        let skip = || SKIPS.into_iter().find(|(_, name)| *name == rest).map(|(reason, _)| reason);
        match letter {
            "d" => rest.parse().map(Self::Delivered).map_err(|_| NoOutcome),
            "f" => failure().map(Self::Failed).ok_or(NoOutcome),
            "s" => skip().map(Self::Skipped).ok_or(NoOutcome),
            "u" if rest.is_empty() => Ok(Self::Unknown),
            _ => Err(NoOutcome),
        }
    }
}
