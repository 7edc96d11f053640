//! The one error of the use cases. It knows nothing of HTTP; `edge` maps it to answers.

use serde::Serialize;

use crate::domain::outreach::CampaignRefusal;
use crate::ids::{OutreachCampaignId, SegmentId};

/// What a use case answers.
pub type AppResult<T> = Result<T, AppError>;

/// One thing that is wrong with what a client sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where, as the client spells it: `messages[0].content`
    pub field: String,
    /// What it must be, in plain words.
    pub reason: String,
}

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The API key is missing or wrong.
    #[error("the API key is missing or wrong")]
    Unauthorized,
    /// The account is suspended.
    #[error("the account is suspended")]
    Suspended,
    /// No such path, or not with this method.
    #[error("no such function")]
    UnknownRoute,
    /// A parameter is missing or malformed.
    #[error("{name}: {reason}")]
    Parameter {
        /// The parameter as the client spells it.
        name: &'static str,
        /// What it must be, in plain words.
        reason: String,
    },
    /// What was sent does not read; every fault that was found, at least one.
    #[error("{}", first_fault(.0))]
    Invalid(Vec<Fault>),
    /// Rules or filters that are not known.
    #[error("{}", first_fault(.0))]
    UnsupportedFilter(Vec<Fault>),
    /// The state of an outreach campaign does not allow it.
    #[error("{0}")]
    Refused(CampaignRefusal),
    /// Somebody else changed it since; read it again.
    #[error("it was changed since it was read")]
    VersionConflict,
    /// The client's key of a call came with another call before.
    #[error("another call came with this Idempotency-Key")]
    KeyOfOtherCall,
    /// The same call, under the same key, is being carried out. Safe to retry.
    #[error("the same call is being carried out, try again")]
    CallUnderWay,
    /// A campaign has nothing to send.
    #[error("the campaign has no message to send")]
    NoContent,
    /// A campaign has nobody to send to.
    #[error("no reachable contact matches the audience")]
    EmptyAudience,
    /// Campaigns that are not over, or segments, name the segment.
    #[error("the segment is in use")]
    SegmentInUse {
        /// The campaigns.
        campaigns: Vec<OutreachCampaignId>,
        /// The segments that leave it out.
        segments: Vec<SegmentId>,
    },
    /// What webhooks are told cannot be told again now: it is on its way, or the webhook is inactive, or it was tried too often.
    #[error("{0}")]
    NotRedeliverable(&'static str),
    /// The cursor is none, or that of another list.
    #[error("the cursor is not one of this list")]
    InvalidCursor,
    /// The account has no such object; says nothing of other accounts.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// A live campaign of the account tracks the chat already.
    #[error("this chat is already tracked by another campaign")]
    ChatTaken,
    /// The bot is no administrator of the chat.
    #[error("the bot is no administrator of this chat")]
    NoChat,
    /// The account has as many campaigns as it may.
    #[error("the campaign limit is reached")]
    CampaignLimit,
    /// Telegram does not know the bot token.
    #[error("the bot token is malformed or refused by Telegram")]
    TokenRefused,
    /// Another account has connected this bot.
    #[error("the bot is connected to another account")]
    BotTaken,
    /// Telegram refused the webhook.
    #[error("Telegram did not accept the webhook")]
    WebhookRefused,
    /// An upload without a file.
    #[error("the field file is missing")]
    FileMissing,
    /// A file is none of the formats that are taken, or not whole.
    #[error("must be a whole JPEG, PNG, WebP, GIF or MP4 file")]
    MediaType,
    /// A file has too many bytes or too many pixels.
    #[error("{0}")]
    MediaSize(&'static str),
    /// Storage or Telegram does not answer, or answers nonsense. Safe to retry.
    #[error("temporarily unavailable, try again")]
    Unavailable {
        /// For the log; never shown to a client.
        internal: String,
    },
}

impl AppError {
    /// A parameter error.
    pub fn parameter(name: &'static str, reason: impl Into<String>) -> Self {
        Self::Parameter { name, reason: reason.into() }
    }

    /// An outage, with what the log should say of it.
    pub fn unavailable(internal: impl Into<String>) -> Self {
        Self::Unavailable { internal: internal.into() }
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::CallUnderWay)
    }
}

/// The first of several faults, in words.
fn first_fault(faults: &[Fault]) -> String {
    faults.first().map(|Fault { field, reason }| format!("{field}: {reason}")).unwrap_or_default()
}
