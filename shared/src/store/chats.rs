use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use serde::{Deserialize, Serialize};

use super::access::{number, text, to_attribute};
use super::{FactWrite, Key, Store};
use crate::domain::fact_clock::FactClock;
use crate::error::AppResult;
use crate::ids::{BotKey, ChatId, TrackingCampaignId};

/// A channel or group that a bot was seen in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    /// Telegram's id.
    pub id: ChatId,
    /// Its title when last seen.
    pub title: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ChatKind,
    /// Whether the bot may track it.
    pub rights: ChatRights,
    /// When the bot's rights last changed.
    pub seen: FactClock,
    /// The live campaign that tracks it.
    pub campaign: Option<TrackingCampaignId>,
    /// The supergroup that this group became.
    pub moved_to: Option<ChatId>,
}

/// What a chat is, by Telegram's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatKind {
    /// A channel.
    Channel,
    /// A basic group.
    Group,
    /// A supergroup.
    Supergroup,
}

impl ChatKind {
    /// Telegram's word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Group => "group",
            Self::Supergroup => "supergroup",
        }
    }
}

/// Whether a bot is administrator of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatRights {
    /// It is.
    Admin,
    /// It was.
    Lost,
}

impl Store {
    /// One chat of a bot.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn chat(&self, bot: BotKey, chat: ChatId) -> AppResult<Option<Chat>> {
        self.get(&Key::Chat(bot, chat)).await
    }

    /// Every chat a bot was seen in.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn chats(&self, bot: BotKey) -> AppResult<Vec<Chat>> {
        self.query(Key::Chat(bot, ChatId(0)).partition(), "CHAT#").await
    }

    /// Notes what a bot may do in a chat, unless something newer is known. The claim of a campaign stays.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn record_chat(&self, bot: BotKey, chat: &Chat) -> AppResult<FactWrite> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Chat(bot, chat.id).attributes()))
            .update_expression(
                "SET id = :id, title = :title, #type = :type, rights = :rights, #fact = :clock",
            )
            .expression_attribute_names("#type", "type")
            .expression_attribute_values(":id", number(chat.id))
            .expression_attribute_values(":title", text(&chat.title))
            .expression_attribute_values(":type", to_attribute(&chat.kind)?)
            .expression_attribute_values(":rights", to_attribute(&chat.rights)?)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        self.move_register(update, "seen", chat.seen).await
    }
}
