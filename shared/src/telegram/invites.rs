use serde::{Deserialize, Serialize};

use super::client::Telegram;
use super::error::TelegramError;
use super::types::lenient;
use crate::ids::ChatId;
use crate::secret::BotToken;

/// An invite link of a bot.
#[derive(Clone, Debug, Serialize)]
pub struct NewInvite<'a> {
    /// Where it leads.
    pub chat_id: ChatId,
    /// What administrators see, up to 32 characters.
    pub name: &'a str,
    /// Whether people ask to join by it, rather than join.
    pub creates_join_request: bool,
}

/// What Telegram says of an invite link.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct InviteLink {
    /// The link.
    pub invite_link: String,
    /// Whether it leads nowhere any more.
    #[serde(default, deserialize_with = "lenient")]
    pub is_revoked: bool,
}

/// The invite link that somebody joined by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct UsedInvite {
    /// The link; the end of it is hidden from bots that did not make it.
    #[serde(default, deserialize_with = "lenient")]
    pub invite_link: String,
    /// Its name; empty if it has none.
    #[serde(default, deserialize_with = "lenient")]
    pub name: String,
}

#[derive(Serialize)]
struct EditInvite<'a> {
    invite_link: &'a str,
    #[serde(flatten)]
    invite: &'a NewInvite<'a>,
}

#[derive(Deserialize)]
struct FullChat {
    #[serde(default, deserialize_with = "lenient")]
    username: String,
}

impl Telegram {
    /// The name by which anybody finds a chat, without `@`; empty for a private one.
    ///
    /// # Errors
    ///
    /// [`TelegramError`].
    pub async fn chat_username(&self, token: &BotToken, chat: ChatId) -> Result<String, TelegramError> {
        let chat: FullChat = self.call(token, "getChat", &serde_json::json!({"chat_id": chat})).await?;
        Ok(chat.username)
    }

    /// Makes another invite link; twice makes two.
    ///
    /// # Errors
    ///
    /// [`TelegramError`]; [`TelegramError::ChatLost`] if the bot may not invite.
    pub async fn create_invite(
        &self,
        token: &BotToken,
        invite: &NewInvite<'_>,
    ) -> Result<InviteLink, TelegramError> {
        self.call(token, "createChatInviteLink", invite).await
    }

    /// Has a link of the bot's own be as `invite` says. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`TelegramError`]; [`TelegramError::Refused`] if the link is none, or was revoked.
    pub async fn edit_invite(
        &self,
        token: &BotToken,
        link: &str,
        invite: &NewInvite<'_>,
    ) -> Result<InviteLink, TelegramError> {
        self.call(token, "editChatInviteLink", &EditInvite { invite_link: link, invite }).await
    }
}
