//! Changes to messages that the bot sent.

use serde::Serialize;
use serde::de::IgnoredAny;

use super::client::{MessageText, NewMessage, Telegram};
use super::error::TelegramError;
use super::keyboard::Keyboard;
use crate::ids::UserId;
use crate::secret::BotToken;

#[derive(Serialize)]
struct EditMessageText<'a> {
    chat_id: UserId,
    message_id: i64,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parse_mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Keyboard<'a>>,
}

impl Telegram {
    /// Has a text message of the bot say something else, under other buttons. Twice is refused, and the same as once.
    ///
    /// # Errors
    ///
    /// [`TelegramError`]; of one that says so already, [`TelegramError::is_said_already`].
    pub async fn edit_message(
        &self,
        token: &BotToken,
        message_id: i64,
        message: &NewMessage,
    ) -> Result<(), TelegramError> {
        let (text, parse_mode) = match &message.text {
            MessageText::Html(html) => (html, Some("HTML")),
            MessageText::Plain(plain) => (plain, None),
        };
        let reply_markup = Keyboard::of(&message.buttons);
        let parameters =
            EditMessageText { chat_id: message.user, message_id, text, parse_mode, reply_markup };
        self.call::<IgnoredAny>(token, "editMessageText", &parameters).await.map(drop)
    }
}
