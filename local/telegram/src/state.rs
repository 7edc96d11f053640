//! What is kept: bots, people, chats and messages. Everything here survives a restart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::formatting::Entity;
use crate::queues::UpdateQueues;

/// The whole state, as written to the data file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    pub bots: BTreeMap<i64, BotState>,
    pub users: BTreeMap<i64, User>,
    pub chats: BTreeMap<i64, Chat>,
    pub messages: BTreeMap<i64, SentMessage>,
    pub files: BTreeMap<String, StoredFile>,
    pub callbacks: BTreeMap<String, Callback>,
    /// Ids already given out, of bots, people, chats and messages alike.
    pub last_number: i64,
    /// The person who owns chats that were created without an owner.
    pub default_owner: Option<i64>,
    /// `chat_member` and `my_chat_member` updates that were withheld for ever.
    pub withheld_updates: u64,
}

/// A bot, as its creator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bot {
    /// The bot's user id.
    pub id: i64,
    /// The secret part of every request's path.
    pub token: String,
    /// Without `@`.
    pub username: String,
    /// What people see.
    pub name: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct BotState {
    pub bot: Bot,
    pub webhook: Option<Webhook>,
    /// `None` is the default: everything but `chat_member`.
    pub allowed_updates: Option<Vec<String>>,
    pub last_update_id: i64,
    pub queues: UpdateQueues,
    /// What each person has to do with the bot.
    pub people: BTreeMap<i64, Relation>,
    pub commands: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Webhook {
    pub url: String,
    pub secret_token: Option<String>,
    pub max_connections: usize,
    pub last_error_date: Option<i64>,
    pub last_error_message: Option<String>,
    /// Since when every answer was 410.
    pub gone_since_ms: Option<i64>,
}

/// A person and a bot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Relation {
    /// The person has pressed Start at least once.
    pub is_started: bool,
    /// The person has blocked the bot.
    pub is_blocked: bool,
    /// A join request lets the bot write until then.
    pub may_write_until_ms: i64,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Telegram's user id.
    pub id: i64,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: Option<String>,
    /// Without `@`.
    pub username: Option<String>,
    /// IETF language tag.
    pub language_code: Option<String>,
    /// Has Telegram Premium.
    pub is_premium: bool,
    /// The account was deleted.
    pub is_deactivated: bool,
}

/// What kind of chat, by Telegram's word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatKind {
    /// One writes, many read.
    Channel,
    /// A group as nearly all are today.
    Supergroup,
    /// A small group of the old kind; may migrate to a supergroup.
    Group,
}

impl ChatKind {
    /// The word in the Bot API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Supergroup => "supergroup",
            Self::Group => "group",
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Chat {
    pub id: i64,
    pub kind: ChatKind,
    pub title: String,
    pub username: Option<String>,
    pub join_by_request: bool,
    pub owner: i64,
    /// People and bots.
    pub members: BTreeMap<i64, Standing>,
    pub invite_links: Vec<InviteLink>,
    /// The join requests that wait for an answer.
    pub requests: BTreeMap<i64, JoinRequest>,
    /// Where the group went.
    pub migrated_to: Option<i64>,
}

/// What somebody is in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Made the chat.
    Owner,
    /// Promoted, with these rights.
    Administrator(Rights),
    /// An ordinary member.
    Member,
    /// Under restrictions, which outlive leaving.
    Restricted {
        /// In the chat at the moment.
        is_member: bool,
    },
    /// Not in the chat.
    Left,
    /// Removed, and kept out.
    Banned,
}

impl Standing {
    /// In the chat at the moment.
    pub const fn is_present(self) -> bool {
        matches!(
            self,
            Self::Owner | Self::Administrator(_) | Self::Member | Self::Restricted { is_member: true }
        )
    }

    /// The word in the Bot API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "creator",
            Self::Administrator(_) => "administrator",
            Self::Member => "member",
            Self::Restricted { .. } => "restricted",
            Self::Left => "left",
            Self::Banned => "kicked",
        }
    }
}

/// The rights of an administrator that make a difference here. All by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rights {
    /// Make invite links, see and answer join requests.
    pub can_invite_users: bool,
    /// Ban and unban.
    pub can_restrict_members: bool,
    /// Write in a channel.
    pub can_post_messages: bool,
}

impl Default for Rights {
    fn default() -> Self {
        Self { can_invite_users: true, can_restrict_members: true, can_post_messages: true }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InviteLink {
    pub link: String,
    /// A bot or the owner.
    pub creator: i64,
    pub name: Option<String>,
    pub creates_join_request: bool,
    pub is_primary: bool,
    pub is_revoked: bool,
    pub expire_date: Option<i64>,
    pub member_limit: Option<i64>,
    pub joined: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JoinRequest {
    pub date: i64,
    pub invite_link: Option<String>,
}

/// A message, as the people in its chat see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentMessage {
    /// Unique over all chats of the simulator.
    pub message_id: i64,
    /// The bot that wrote it, or that it was written to.
    pub bot: i64,
    /// The person's id in a private chat.
    pub chat: i64,
    /// The person wrote it to the bot.
    pub is_from_person: bool,
    /// Seconds since 1970.
    pub date: i64,
    /// Text or caption, after formatting.
    pub text: String,
    /// Formatting; offsets and lengths in UTF-16 units.
    pub entities: Vec<Entity>,
    /// As the bot asked for it.
    pub parse_mode: Option<String>,
    /// Photo, video or animation.
    pub media: Option<Media>,
    /// The inline keyboard, row by row.
    pub buttons: Vec<Vec<Button>>,
    /// When it was edited last.
    pub edit_date: Option<i64>,
}

/// A button of an inline keyboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Button {
    /// What is written on it.
    pub text: String,
    /// The link it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What the bot hears when it is pressed, 1–64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_data: Option<String>,
    /// Any other action and property, as the bot gave it.
    #[serde(flatten)]
    pub other: serde_json::Map<String, Value>,
}

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    /// `sendPhoto`
    Photo,
    /// `sendVideo`
    Video,
    /// `sendAnimation`
    Animation,
}

impl MediaKind {
    /// The parameter and the message's field of this kind.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Video => "video",
            Self::Animation => "animation",
        }
    }
}

/// The file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// For sending it again, by the same bot only.
    pub file_id: String,
    /// As uploaded.
    pub file_name: Option<String>,
    /// Of the upload; 0 for a link, which is not fetched.
    pub size_bytes: usize,
    /// The link it was sent by.
    pub url: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredFile {
    pub bot: i64,
    pub media: Media,
}

/// A button that was pressed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Callback {
    pub bot: i64,
    pub user: i64,
    pub message_id: i64,
    pub date: i64,
    pub answer: Option<CallbackAnswer>,
}

/// What the bot answered to a pressed button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackAnswer {
    /// The notice, if any.
    pub text: Option<String>,
    /// As an alert rather than a passing notice.
    pub is_alert: bool,
}
