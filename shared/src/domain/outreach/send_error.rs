/// Why somebody did not get a message, or nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SendError {
    /// They blocked the bot.
    UserBlocked,
    /// Their account is gone.
    UserDeactivated,
    /// Telegram knows no such chat.
    ChatNotFound,
    /// They never started the bot.
    NotStarted,
    /// The bot was removed.
    Kicked,
    /// The text or its marks are refused.
    ContentInvalid,
    /// The media is refused.
    MediaInvalid,
    /// The bot's token is revoked.
    BotTokenInvalid,
    /// Telegram asked to wait for too long.
    FloodExhausted,
    /// No answer came after the request went out.
    UnknownOutcome,
    /// Anything else.
    TelegramError,
}

impl SendError {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::UserBlocked,
        Self::UserDeactivated,
        Self::ChatNotFound,
        Self::NotStarted,
        Self::Kicked,
        Self::ContentInvalid,
        Self::MediaInvalid,
        Self::BotTokenInvalid,
        Self::FloodExhausted,
        Self::UnknownOutcome,
        Self::TelegramError,
    ];

    /// The word in the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UserBlocked => "USER_BLOCKED",
            Self::UserDeactivated => "USER_DEACTIVATED",
            Self::ChatNotFound => "CHAT_NOT_FOUND",
            Self::NotStarted => "NOT_STARTED",
            Self::Kicked => "KICKED",
            Self::ContentInvalid => "CONTENT_INVALID",
            Self::MediaInvalid => "MEDIA_INVALID",
            Self::BotTokenInvalid => "BOT_TOKEN_INVALID",
            Self::FloodExhausted => "FLOOD_EXHAUSTED",
            Self::UnknownOutcome => "UNKNOWN_OUTCOME",
            Self::TelegramError => "TELEGRAM_ERROR",
        }
    }

    /// The same in plain words.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::UserBlocked => "User has blocked the bot",
            Self::UserDeactivated => "User's account is deactivated",
            Self::ChatNotFound => "Telegram knows no such chat",
            Self::NotStarted => "User has not started the bot",
            Self::Kicked => "The bot was removed from the chat",
            Self::ContentInvalid => "Telegram refused the text",
            Self::MediaInvalid => "Telegram refused the media",
            Self::BotTokenInvalid => "The bot's token is revoked",
            Self::FloodExhausted => "Telegram asked to wait for too long",
            Self::UnknownOutcome => "No answer came after the message went out",
            Self::TelegramError => "Telegram refused the message",
        }
    }
}
