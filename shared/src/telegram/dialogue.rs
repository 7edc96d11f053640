//! Short answers: bare texts with a button that reports to the bot, and the answers to its presses.

use serde::Serialize;
use serde::de::IgnoredAny;

use super::client::Telegram;
use super::error::TelegramError;
use super::keyboard::{CallbackButton, Keyboard};
use crate::ids::{ChatId, UserId};
use crate::secret::BotToken;

/// A bare text to a person or a group, without formatting and without a preview of what it might link to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// To whom; a person's chat has the person's id.
    pub chat: ChatId,
    /// At most 4,096 characters.
    pub text: String,
    /// A button below it.
    pub button: Option<CallbackButton>,
}

#[derive(Serialize)]
struct SendMessage<'a> {
    chat_id: ChatId,
    text: &'a str,
    link_preview_options: LinkPreview,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Keyboard<'a>>,
}

#[derive(Serialize)]
struct LinkPreview {
    is_disabled: bool,
}

#[derive(Serialize)]
struct AnswerCallbackQuery<'a> {
    callback_query_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl Telegram {
    /// Sends a bare text. Telegram knows no idempotency key: [`TelegramError::Ambiguous`] may have arrived.
    ///
    /// # Errors
    ///
    /// [`TelegramError`].
    pub async fn send_note(&self, token: &BotToken, note: &Note) -> Result<(), TelegramError> {
        let parameters = SendMessage {
            chat_id: note.chat,
            text: &note.text,
            link_preview_options: LinkPreview { is_disabled: true },
            reply_markup: note.button.map(Keyboard::single),
        };
        self.call::<IgnoredAny>(token, "sendMessage", &parameters).await.map(drop)
    }

    /// Deletes a message that the bot sent to a person within the last two days. Twice is refused.
    ///
    /// # Errors
    ///
    /// [`TelegramError`]; of one that is gone, [`TelegramError::Refused`].
    pub async fn delete_message(
        &self,
        token: &BotToken,
        user: UserId,
        message: i64,
    ) -> Result<(), TelegramError> {
        let parameters = serde_json::json!({"chat_id": user, "message_id": message});
        self.call::<bool>(token, "deleteMessage", &parameters).await.map(drop)
    }

    /// Ends the wait of somebody who pressed a button, with a notice or silently. Telegram takes an answer for some
    /// minutes only.
    ///
    /// # Errors
    ///
    /// [`TelegramError`].
    pub async fn answer_press(
        &self,
        token: &BotToken,
        press: &str,
        notice: Option<&str>,
    ) -> Result<(), TelegramError> {
        let parameters = AnswerCallbackQuery { callback_query_id: press, text: notice };
        self.call::<IgnoredAny>(token, "answerCallbackQuery", &parameters).await.map(drop)
    }
}
