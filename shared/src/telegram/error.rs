use serde::Deserialize;

/// Why a Bot API call did not succeed, sorted by what the caller must do. Never contains the token; what it shows has
/// nothing of what Telegram quotes, which may be a URL with a click.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TelegramError {
    /// 401, 404: the token is revoked or malformed. Disable the bot.
    #[error("Telegram refuses the token")]
    TokenRefused,
    /// The person blocked the bot, is deactivated, never started it, or does not exist. Do not write again.
    #[error("the person cannot be reached: {}", without_quotes(.0))]
    PersonUnreachable(String),
    /// The bot was removed from the chat, or lacks the rights.
    #[error("the bot lost the chat: {}", without_quotes(.0))]
    ChatLost(String),
    /// The group became a supergroup with this id.
    #[error("the chat moved to {0}")]
    ChatMigrated(i64),
    /// Telegram does not take the text, the markup or the button.
    #[error("Telegram does not take the content: {}", without_quotes(.0))]
    ContentRefused(String),
    /// Telegram does not take the file, or does not know it: wrong or of another bot. Upload it, or do without.
    #[error("Telegram does not take the media: {}", without_quotes(.0))]
    MediaRefused(String),
    /// 429: nothing of this bot may be sent for so many seconds.
    #[error("Telegram wants {retry_after_seconds} s of silence")]
    Flood {
        /// As Telegram says; may be hours.
        retry_after_seconds: u64,
    },
    /// The request never left: no connection. Safe to retry.
    #[error("no connection to Telegram")]
    NotSent,
    /// The request may have been carried out: time-out, reset or 5xx after it went out, or an answer that is not
    /// Telegram's, whatever its status.
    #[error("no usable answer from Telegram: {0}")]
    Ambiguous(String),
    /// Any other refusal.
    #[error("Telegram answers {code}: {}", without_quotes(description))]
    Refused {
        /// Telegram's `error_code`.
        code: u16,
        /// Telegram's words.
        description: String,
    },
}

/// The error half of Telegram's answer.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorAnswer {
    #[serde(default)]
    error_code: u16,
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: ErrorParameters,
}

#[derive(Debug, Default, Deserialize)]
struct ErrorParameters {
    migrate_to_chat_id: Option<i64>,
    retry_after: Option<u64>,
}

/// Telegram's words for a person who never started the bot.
const NEVER_STARTED: &str = "bot can't initiate conversation";

/// Telegram's words for a person who cannot be written to.
const UNREACHABLE: &[&str] = &[
    "bot was blocked by the user",
    "user is deactivated",
    NEVER_STARTED,
    "chat not found",
    "user not found",
    "PEER_ID_INVALID",
];

/// Telegram's words for rights that are missing.
const RIGHTS: &[&str] = &["not enough rights", "CHAT_ADMIN_REQUIRED", "need administrator rights"];

/// Telegram's words for content it does not take.
const CONTENT: &[&str] = &[
    "can't parse entities",
    "message is too long",
    "message text is empty",
    "text must be non-empty",
    "caption is too long",
    "BUTTON_URL_INVALID",
    "Wrong HTTP URL",
    "inline keyboard button",
];

/// Telegram's words for a file it does not take or does not know. Words in capitals come from behind the Bot API.
const MEDIA: &[&str] = &[
    "file identifier",
    "failed to get HTTP URL content",
    "can't use file of type",
    "type of file mismatch",
    "file must be non-empty",
    "file is too big",
    "too big for a photo",
    "PHOTO_",
    "IMAGE_",
    "VIDEO_",
    "MEDIA_",
    "FILE_",
];
/// Telegram's words for a request to join that is not open any more.
const REQUEST_OVER: &[&str] = &["HIDE_REQUESTER_MISSING", "USER_ALREADY_PARTICIPANT"];

impl TelegramError {
    /// Whether the bot may not write because the person never started it, or not any more since their request to join
    /// is over: it says nothing of whether they block it.
    #[must_use]
    pub fn is_want_of_start(&self) -> bool {
        matches!(self, Self::PersonUnreachable(words) if words.contains(NEVER_STARTED))
    }

    /// Whether a message was to be changed into what it says already.
    #[must_use]
    pub fn is_said_already(&self) -> bool {
        matches!(self, Self::Refused { description, .. } if description.contains("message is not modified"))
    }

    /// Whether a request to join cannot be approved because somebody has decided it, or the person took it back.
    #[must_use]
    pub fn is_request_over(&self) -> bool {
        let Self::Refused { description, .. } = self else { return false };
        REQUEST_OVER.iter().any(|word| description.contains(word))
    }

    /// Whether it is the chat of the call that the bot has lost. Telegram's "chat not found" names the person where the
    /// call writes to one, and the chat elsewhere.
    #[must_use]
    pub fn is_about_chat(&self) -> bool {
        match self {
            Self::ChatLost(_) => true,
            Self::PersonUnreachable(words) => words.contains("chat not found"),
            _ => false,
        }
    }

    /// Whether the bot is in the chat still, without the right that the call needs.
    #[must_use]
    pub fn is_lack_of_rights(&self) -> bool {
        let Self::ChatLost(words) = self else { return false };
        RIGHTS.iter().any(|word| words.contains(word))
    }
}

impl ErrorAnswer {
    /// Sorts the answer by the table of Telegram's errors.
    pub(super) fn sort(self, http_status: u16) -> TelegramError {
        let code = match (self.error_code, http_status) {
            // Who answers with other words than Telegram's is something on the way to it.
            (0, 413) => 413,
            (0, _) => {
                return TelegramError::Ambiguous(format!("status {http_status} without Telegram's words"));
            }
            (code, _) => code,
        };
        let says = |words: &[&str]| words.iter().any(|word| self.description.contains(word));
        match (code, self.parameters) {
            (_, ErrorParameters { migrate_to_chat_id: Some(chat), .. }) => TelegramError::ChatMigrated(chat),
            (429, ErrorParameters { retry_after, .. }) => {
                TelegramError::Flood { retry_after_seconds: retry_after.unwrap_or(1) }
            }
            (401 | 404, _) => TelegramError::TokenRefused,
            (500..=599, _) => TelegramError::Ambiguous(format!("status {code}")),
            (400 | 403, _) if says(UNREACHABLE) => TelegramError::PersonUnreachable(self.description),
            (403, _) => TelegramError::ChatLost(self.description),
            (400, _) if says(RIGHTS) => TelegramError::ChatLost(self.description),
            (400, _) if says(CONTENT) => TelegramError::ContentRefused(self.description),
            (400, _) if says(MEDIA) => TelegramError::MediaRefused(self.description),
            (413, _) => TelegramError::MediaRefused(self.description),
            _ => TelegramError::Refused { code, description: self.description },
        }
    }
}

/// Stands for what is cut.
const CUT: &str = "…";

/// Telegram's words without what they quote, and without URLs.
fn without_quotes(words: &str) -> String {
    let words = ['\'', '"'].into_iter().fold(words.to_owned(), |words, quote| without_quoted(&words, quote));
    let shown: Vec<_> = words.split(' ').map(|word| if word.contains("://") { CUT } else { word }).collect();
    shown.join(" ")
}

/// What stands between the first quote and the last is cut: what is quoted may have quotes of its own.
fn without_quoted(words: &str, quote: char) -> String {
    // The apostrophe of "can't" opens nothing.
    let mut opening = words.match_indices(quote).map(|(at, _)| at);
    let opening = opening.find(|at| !words.get(..*at).unwrap_or_default().ends_with(char::is_alphanumeric));
    let Some(opening) = opening else { return words.to_owned() };
    let before = words.get(..opening).unwrap_or_default();
    let closing = words.rfind(quote).filter(|closing| *closing > opening);
    let after = closing.and_then(|closing| words.get(closing + 1..)).unwrap_or_default();
    format!("{before}{CUT}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(status: u16, body: &str) -> TelegramError {
        serde_json::from_str::<ErrorAnswer>(body).unwrap().sort(status)
    }

    #[test]
    fn answers_are_sorted_by_what_to_do() {
        let answer = |code: u16, text: &str| {
            sorted(code, &format!(r#"{{"ok":false,"error_code":{code},"description":"{text}"}}"#))
        };
        assert_eq!(answer(401, "Unauthorized"), TelegramError::TokenRefused);
        assert_eq!(answer(404, "Not Found"), TelegramError::TokenRefused);
        let blocked = "Forbidden: bot was blocked by the user";
        assert_eq!(answer(403, blocked), TelegramError::PersonUnreachable(blocked.into()));
        let kicked = "Forbidden: bot was kicked from the channel chat";
        assert_eq!(answer(403, kicked), TelegramError::ChatLost(kicked.into()));
        let parse = "Bad Request: can't parse entities: unclosed tag";
        assert_eq!(answer(400, parse), TelegramError::ContentRefused(parse.into()));
        for refused in [
            "Bad Request: wrong file identifier/HTTP URL specified",
            "Bad Request: wrong remote file identifier specified: Wrong padding in the string",
            "Bad Request: can't use file of type Animation as Video",
            "Bad Request: PHOTO_INVALID_DIMENSIONS",
            "Bad Request: IMAGE_PROCESS_FAILED",
        ] {
            assert_eq!(answer(400, refused), TelegramError::MediaRefused(refused.into()));
        }
        assert!(matches!(answer(413, "Request Entity Too Large"), TelegramError::MediaRefused(_)));
        let button =
            "Bad Request: inline keyboard button URL 'https://e.com/MEDIA_1' is invalid: BUTTON_URL_INVALID";
        assert_eq!(answer(400, button), TelegramError::ContentRefused(button.into()));
        assert!(matches!(answer(502, "Bad Gateway"), TelegramError::Ambiguous(_)));
        let odd = TelegramError::Refused { code: 409, description: "Conflict".into() };
        assert_eq!(answer(409, "Conflict"), odd);
    }

    #[test]
    fn a_call_for_a_chat_tells_a_chat_that_is_lost_from_a_right_that_is_missing() {
        let answer = |code: u16, text: &str| {
            let error = sorted(code, &format!(r#"{{"error_code":{code},"description":"{text}"}}"#));
            (error.is_about_chat(), error.is_lack_of_rights())
        };
        assert_eq!(answer(403, "Forbidden: bot was kicked from the channel chat"), (true, false));
        assert_eq!(answer(400, "Bad Request: chat not found"), (true, false));
        assert_eq!(answer(400, "Bad Request: not enough rights to manage chat invite link"), (true, true));
        assert_eq!(answer(400, "Bad Request: CHAT_ADMIN_REQUIRED"), (true, true));
        assert_eq!(answer(400, "Bad Request: user not found"), (false, false));
    }

    #[test]
    fn an_answer_that_is_not_telegrams_says_nothing_whatever_its_status() {
        for status in [400, 401, 403, 404, 409, 429, 502] {
            let error = ErrorAnswer::default().sort(status);
            assert!(matches!(error, TelegramError::Ambiguous(_)), "{status}: {error}");
            assert!(matches!(sorted(status, r#"{"message":"no"}"#), TelegramError::Ambiguous(_)));
        }
        assert!(matches!(ErrorAnswer::default().sort(413), TelegramError::MediaRefused(_)));
    }

    #[test]
    fn what_is_shown_has_nothing_of_what_telegram_quotes() {
        let shown = |code: u16, description: &str| {
            let answer = serde_json::json!({"error_code": code, "description": description});
            sorted(code, &answer.to_string()).to_string()
        };
        let button =
            "inline keyboard button URL 'https://e.com/?q=it's&c=CLICK' is invalid: BUTTON_URL_INVALID";
        let text =
            "Telegram does not take the content: inline keyboard button URL … is invalid: BUTTON_URL_INVALID";
        assert_eq!(shown(400, button), text);
        let bare = "Telegram answers 400: bad webhook: … failed";
        assert_eq!(shown(400, "bad webhook: https://e.com/CLICK failed"), bare);
        let cannot = "Forbidden: bot can't initiate conversation with a user";
        assert_eq!(shown(403, cannot), format!("the person cannot be reached: {cannot}"));
        let tag =
            "Telegram does not take the content: can't parse entities: unsupported start tag … at byte 3";
        assert_eq!(shown(400, r#"can't parse entities: unsupported start tag "CLICK" at byte 3"#), tag);
        assert_eq!(shown(409, "cut off 'https://e.com/CLI"), "Telegram answers 409: cut off …");
    }

    #[test]
    fn floods_and_migrations_carry_their_numbers() {
        let flood = sorted(429, r#"{"error_code":429,"parameters":{"retry_after":70000}}"#);
        assert_eq!(flood, TelegramError::Flood { retry_after_seconds: 70_000 });
        let moved = sorted(400, r#"{"error_code":400,"parameters":{"migrate_to_chat_id":-100123}}"#);
        assert_eq!(moved, TelegramError::ChatMigrated(-100_123));
    }
}
