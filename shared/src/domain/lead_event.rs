//! The five words of a lead: its statuses and the events told by postback.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::fact_clock::FactClock;

/// A lead's status, and the event that tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LeadStatus {
    /// Started the bot.
    Wait,
    /// Asked to join.
    Hold,
    /// Joined.
    Approve,
    /// Left by themself.
    Cancel,
    /// Was removed.
    Trash,
}

impl LeadStatus {
    /// All five, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Wait, Self::Hold, Self::Approve, Self::Cancel, Self::Trash];

    /// The word in postbacks and template names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Hold => "hold",
            Self::Approve => "approve",
            Self::Cancel => "cancel",
            Self::Trash => "trash",
        }
    }

    /// The API parameter that carries the postback template of this event.
    #[must_use]
    pub const fn template_parameter(self) -> &'static str {
        match self {
            Self::Wait => "pb_wait",
            Self::Hold => "pb_hold",
            Self::Approve => "pb_approve",
            Self::Cancel => "pb_cancel",
            Self::Trash => "pb_trash",
        }
    }

    /// The number in API answers: 0 wait to 4 trash.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for LeadStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no status.
#[derive(Debug, thiserror::Error)]
#[error("not a lead status")]
pub struct NoLeadStatus;

impl FromStr for LeadStatus {
    type Err = NoLeadStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.name() == text).ok_or(NoLeadStatus)
    }
}

/// Something that happened to a lead and may be told by postback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LeadEvent {
    /// What happened.
    pub status: LeadStatus,
    /// When, by the fact that caused it.
    pub clock: FactClock,
}
