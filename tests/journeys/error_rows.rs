//! The rows of Telegram's table of errors, and what a bot sends that may meet them.

/// What a bot sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The welcome, by the webhook.
    Welcome,
    /// The welcome, from the queue.
    QueuedWelcome,
    /// The welcome below a picture.
    Media,
    /// A link for the welcome.
    Invite,
    /// The answer to a request to join.
    Approval,
    /// The answer to a start that leads nowhere.
    PoliteReply,
    /// What the owner hears of leads.
    Notice,
}

/// A row of the table, as Telegram words it.
pub struct Row {
    pub name: &'static str,
    pub code: u16,
    pub words: &'static str,
    /// Why it does not happen to some.
    pub not_for: &'static [(Sender, &'static str)],
}

const NO_PERSON: &str = "asks about a chat, not a person";
const NO_CHAT: &str = "goes to a person, who has no chat to lose";
const NO_CONTENT: &str = "has no content";
const PLAIN: &str = "is short, bare text without a button";

pub const ROWS: &[Row] = &[
    Row { name: "token revoked", code: 401, words: "Unauthorized", not_for: &[] },
    Row { name: "token malformed", code: 404, words: "Not Found", not_for: &[] },
    Row {
        name: "blocked",
        code: 403,
        words: "Forbidden: bot was blocked by the user",
        not_for: &[(Sender::Invite, NO_PERSON), (Sender::Approval, NO_PERSON)],
    },
    Row {
        name: "deactivated",
        code: 403,
        words: "Forbidden: user is deactivated",
        not_for: &[(Sender::Invite, NO_PERSON)],
    },
    Row {
        name: "never started",
        code: 403,
        words: "Forbidden: bot can't initiate conversation with a user",
        not_for: &[(Sender::Invite, NO_PERSON), (Sender::Approval, NO_PERSON)],
    },
    Row {
        name: "kicked",
        code: 403,
        words: "Forbidden: bot was kicked from the channel chat",
        not_for: &[
            (Sender::Welcome, NO_CHAT),
            (Sender::QueuedWelcome, NO_CHAT),
            (Sender::Media, NO_CHAT),
            (Sender::PoliteReply, NO_CHAT),
        ],
    },
    Row {
        name: "not a member",
        code: 403,
        words: "Forbidden: bot is not a member of the channel chat",
        not_for: &[
            (Sender::Welcome, NO_CHAT),
            (Sender::QueuedWelcome, NO_CHAT),
            (Sender::Media, NO_CHAT),
            (Sender::PoliteReply, NO_CHAT),
        ],
    },
    Row {
        name: "migrated",
        code: 400,
        words: "",
        not_for: &[
            (Sender::Welcome, NO_CHAT),
            (Sender::QueuedWelcome, NO_CHAT),
            (Sender::Media, NO_CHAT),
            (Sender::PoliteReply, NO_CHAT),
        ],
    },
    Row { name: "chat not found", code: 400, words: "Bad Request: chat not found", not_for: &[] },
    Row {
        name: "user not found",
        code: 400,
        words: "Bad Request: user not found",
        not_for: &[(Sender::Invite, NO_PERSON)],
    },
    Row {
        name: "can't parse",
        code: 400,
        words: "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        not_for: &[(Sender::Invite, NO_CONTENT), (Sender::Approval, NO_CONTENT)],
    },
    Row {
        name: "too long",
        code: 400,
        words: "Bad Request: message is too long",
        not_for: &[(Sender::Invite, NO_CONTENT), (Sender::Approval, NO_CONTENT)],
    },
    Row {
        name: "button",
        code: 400,
        words: "Bad Request: inline keyboard button URL 'https://e' is invalid: BUTTON_URL_INVALID",
        not_for: &[
            (Sender::Invite, NO_CONTENT),
            (Sender::Approval, NO_CONTENT),
            (Sender::PoliteReply, PLAIN),
            (Sender::Notice, PLAIN),
        ],
    },
    Row {
        name: "wrong file",
        code: 400,
        words: "Bad Request: wrong file identifier/HTTP URL specified",
        not_for: &[
            (Sender::Welcome, PLAIN),
            (Sender::QueuedWelcome, PLAIN),
            (Sender::Invite, NO_CONTENT),
            (Sender::Approval, NO_CONTENT),
            (Sender::PoliteReply, PLAIN),
            (Sender::Notice, PLAIN),
        ],
    },
    Row {
        name: "no content of a URL",
        code: 400,
        words: "Bad Request: failed to get HTTP URL content",
        not_for: &[
            (Sender::Welcome, PLAIN),
            (Sender::QueuedWelcome, PLAIN),
            (Sender::Invite, NO_CONTENT),
            (Sender::Approval, NO_CONTENT),
            (Sender::PoliteReply, PLAIN),
            (Sender::Notice, PLAIN),
        ],
    },
    Row {
        name: "rights",
        code: 400,
        words: "Bad Request: not enough rights",
        not_for: &[
            (Sender::Welcome, NO_CHAT),
            (Sender::QueuedWelcome, NO_CHAT),
            (Sender::Media, NO_CHAT),
            (Sender::PoliteReply, NO_CHAT),
        ],
    },
    Row {
        name: "admin required",
        code: 400,
        words: "Bad Request: CHAT_ADMIN_REQUIRED",
        not_for: &[
            (Sender::Welcome, NO_CHAT),
            (Sender::QueuedWelcome, NO_CHAT),
            (Sender::Media, NO_CHAT),
            (Sender::PoliteReply, NO_CHAT),
        ],
    },
    Row { name: "5xx", code: 500, words: "Internal Server Error", not_for: &[] },
    Row { name: "page of a proxy", code: 502, words: "", not_for: &[] },
    Row {
        name: "no answer after delivery",
        code: 0,
        words: "",
        not_for: &[
            (Sender::Invite, "is no message: a repeat shows nobody anything"),
            (Sender::Approval, "is no message: a repeat is refused"),
        ],
    },
    // Last, because the clock goes on by a day.
    Row { name: "flood", code: 429, words: "", not_for: &[] },
];
