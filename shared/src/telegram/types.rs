//! Telegram's JSON, read leniently: a field or a status that is new tomorrow must not lose an update today.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::invites::UsedInvite;
use crate::domain::person::Person;
use crate::ids::{ChatId, UserId};

/// One update. At most one of the kinds is there; a kind that is not listed here leaves all of them `None`.
#[derive(Clone, Debug, Deserialize)]
pub struct Update {
    /// Orders the updates of a bot within a second.
    pub update_id: i64,
    /// A message to the bot.
    #[serde(default, deserialize_with = "lenient")]
    pub message: Option<Message>,
    /// The bot's own membership changed, or a person blocked or unblocked it.
    #[serde(default, deserialize_with = "lenient")]
    pub my_chat_member: Option<ChatMemberUpdated>,
    /// Somebody's membership changed in a chat where the bot is administrator.
    #[serde(default, deserialize_with = "lenient")]
    pub chat_member: Option<ChatMemberUpdated>,
    /// Somebody asks to join.
    #[serde(default, deserialize_with = "lenient")]
    pub chat_join_request: Option<JoinRequest>,
    /// Somebody presses a button that reports to the bot.
    #[serde(default, deserialize_with = "lenient")]
    pub callback_query: Option<CallbackQuery>,
}

impl Update {
    /// When what it tells of happened, in Unix seconds; 0 for a kind that is not known.
    #[must_use]
    pub fn date(&self) -> i64 {
        let message = self.message.as_ref().map(|message| message.date);
        let member = self.chat_member.as_ref().or(self.my_chat_member.as_ref()).map(|change| change.date);
        message.or(member).or(self.chat_join_request.as_ref().map(|request| request.date)).unwrap_or_default()
    }
}

/// A value of another shape than expected, or none, reads as if it were not there.
pub(super) fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// A message.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// Its id in the chat; 0 if Telegram does not say it.
    #[serde(default, deserialize_with = "lenient")]
    pub message_id: i64,
    /// Who wrote it; absent in channels.
    #[serde(default, deserialize_with = "lenient")]
    pub from: Option<TelegramUser>,
    /// Where.
    #[serde(default, deserialize_with = "lenient")]
    pub chat: TelegramChat,
    /// Unix seconds.
    #[serde(default, deserialize_with = "lenient")]
    pub date: i64,
    /// Its text.
    #[serde(default, deserialize_with = "lenient")]
    pub text: Option<String>,
    /// The group became the supergroup with this id.
    #[serde(default, deserialize_with = "lenient")]
    pub migrate_to_chat_id: Option<ChatId>,
    /// The supergroup was the group with this id.
    #[serde(default, deserialize_with = "lenient")]
    pub migrate_from_chat_id: Option<ChatId>,
}

/// A press of a button. Telegram does not say when.
#[derive(Clone, Debug, Deserialize)]
pub struct CallbackQuery {
    /// What the answer names.
    #[serde(default, deserialize_with = "lenient")]
    pub id: String,
    /// Who presses.
    #[serde(default, deserialize_with = "lenient")]
    pub from: TelegramUser,
    /// The message with the button; its date is 0 where Telegram no longer shows it.
    #[serde(default, deserialize_with = "lenient")]
    pub message: Option<Message>,
    /// What the button reports.
    #[serde(default, deserialize_with = "lenient")]
    pub data: String,
}

/// A chat.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct TelegramChat {
    /// Negative for groups and channels.
    #[serde(default, deserialize_with = "lenient")]
    pub id: ChatId,
    /// `private`, `group`, `supergroup`, `channel`, or a word of tomorrow.
    #[serde(rename = "type", default, deserialize_with = "lenient")]
    pub kind: String,
    /// Its title; absent in private chats.
    #[serde(default, deserialize_with = "lenient")]
    pub title: String,
}

/// A person or a bot.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct TelegramUser {
    /// Telegram's id.
    #[serde(default, deserialize_with = "lenient")]
    pub id: i64,
    /// Whether it is a bot.
    #[serde(default, deserialize_with = "lenient")]
    pub is_bot: bool,
    /// First name.
    #[serde(default, deserialize_with = "lenient")]
    pub first_name: String,
    /// Last name.
    #[serde(default, deserialize_with = "lenient")]
    pub last_name: String,
    /// Without `@`.
    #[serde(default, deserialize_with = "lenient")]
    pub username: String,
    /// IETF tag.
    #[serde(default, deserialize_with = "lenient")]
    pub language_code: String,
    /// Whether they have Telegram Premium.
    #[serde(default, deserialize_with = "lenient")]
    pub is_premium: bool,
}

impl From<&TelegramUser> for Person {
    fn from(user: &TelegramUser) -> Self {
        Self {
            user: UserId(user.id),
            username: user.username.clone(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            language: user.language_code.clone(),
            premium: user.is_premium,
        }
    }
}

/// A membership that changed.
#[derive(Clone, Debug, Deserialize)]
pub struct ChatMemberUpdated {
    /// Where.
    #[serde(default, deserialize_with = "lenient")]
    pub chat: TelegramChat,
    /// Who did it; the person themself when they joined or left.
    #[serde(default, deserialize_with = "lenient")]
    pub from: TelegramUser,
    /// Unix seconds.
    #[serde(default, deserialize_with = "lenient")]
    pub date: i64,
    /// Before.
    #[serde(default, deserialize_with = "lenient")]
    pub old_chat_member: ChatMember,
    /// After; its `user` is the person.
    #[serde(default, deserialize_with = "lenient")]
    pub new_chat_member: ChatMember,
    /// The link that the person joined by, where Telegram says so.
    #[serde(default, deserialize_with = "lenient")]
    pub invite_link: Option<UsedInvite>,
}

/// A person's membership.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ChatMember {
    /// Whose.
    #[serde(default, deserialize_with = "lenient")]
    pub user: TelegramUser,
    /// `creator`, `administrator`, `member`, `restricted`, `left`, `kicked`, or a word of tomorrow.
    #[serde(default, deserialize_with = "lenient")]
    pub status: String,
    /// Whether a restricted person is in the chat.
    #[serde(default, deserialize_with = "lenient")]
    pub is_member: bool,
}

/// What a membership means for tracking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// In the chat.
    Present,
    /// Not in the chat.
    Absent,
    /// Banned.
    Banned,
    /// A status that Telegram did not have when this was written.
    Unknown,
}

impl ChatMember {
    /// What the status means, by Telegram's documentation of `ChatMember`.
    #[must_use]
    pub fn membership(&self) -> Membership {
        match self.status.as_str() {
            "creator" | "administrator" | "member" => Membership::Present,
            "restricted" if self.is_member => Membership::Present,
            "restricted" | "left" => Membership::Absent,
            "kicked" => Membership::Banned,
            _ => Membership::Unknown,
        }
    }

    /// Whether it is an administrator, or the chat's creator.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        matches!(self.status.as_str(), "creator" | "administrator")
    }
}

/// A request to join.
#[derive(Clone, Debug, Deserialize)]
pub struct JoinRequest {
    /// Where.
    #[serde(default, deserialize_with = "lenient")]
    pub chat: TelegramChat,
    /// Who asks.
    #[serde(default, deserialize_with = "lenient")]
    pub from: TelegramUser,
    /// Unix seconds.
    #[serde(default, deserialize_with = "lenient")]
    pub date: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_of_tomorrow_are_unknown_and_lose_nothing() {
        let member = |json: &str| serde_json::from_str::<ChatMember>(json).unwrap().membership();
        assert_eq!(
            member(r#"{"status":"guest_member_2027","user":{"id":2,"new_field":[1]}}"#),
            Membership::Unknown
        );
        assert_eq!(member(r#"{"status":"restricted","is_member":true}"#), Membership::Present);
        assert_eq!(member(r#"{"status":"restricted","is_member":false}"#), Membership::Absent);
        assert_eq!(member(r#"{"status":"kicked","until_date":0}"#), Membership::Banned);
    }

    #[test]
    fn nulls_and_other_shapes_read_as_absent() {
        let json = r#"{"update_id":1,"message":{"chat":{"id":7,"type":"private","title":null},"from":null,"date":"x"},
            "chat_member":7,"my_chat_member":{"date":1}}"#;
        let update: Update = serde_json::from_str(json).unwrap();
        let message = update.message.unwrap();
        assert!(message.from.is_none() && message.chat.title.is_empty() && message.date == 0);
        assert!(update.chat_member.is_none());
        assert_eq!(update.my_chat_member.unwrap().new_chat_member.membership(), Membership::Unknown);
    }

    #[test]
    fn an_update_of_an_unknown_kind_reads_as_none_of_the_known() {
        let update: Update =
            serde_json::from_str(r#"{"update_id":6,"brand_new_update_2027":{"a":1}}"#).unwrap();
        assert!(update.message.is_none() && update.chat_member.is_none() && update.my_chat_member.is_none());
    }
}
