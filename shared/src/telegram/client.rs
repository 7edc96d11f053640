use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::{ErrorAnswer, TelegramError};
use super::keyboard::{Keyboard, MessageButton};
use super::types::ChatMember;
use crate::ids::{ChatId, TelegramBotId, UserId};
use crate::secret::{BotToken, WebhookSecret};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// How many updates Telegram may deliver at once.
const MAX_CONNECTIONS: u8 = 100;

/// The Bot API.
#[derive(Clone, Debug)]
pub struct Telegram {
    http: Client,
    base_url: String,
}

/// A kind of update that the webhook is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowedUpdate {
    /// `/start`.
    Message,
    /// The bot's own rights; blocks.
    MyChatMember,
    /// Joins and leaves.
    ChatMember,
    /// Requests to join.
    ChatJoinRequest,
    /// Buttons.
    CallbackQuery,
}

impl AllowedUpdate {
    /// All that Gatepost works with. They must be named: an empty list leaves `chat_member` out.
    pub const ALL: [Self; 5] =
        [Self::Message, Self::MyChatMember, Self::ChatMember, Self::ChatJoinRequest, Self::CallbackQuery];

    /// Telegram's word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::MyChatMember => "my_chat_member",
            Self::ChatMember => "chat_member",
            Self::ChatJoinRequest => "chat_join_request",
            Self::CallbackQuery => "callback_query",
        }
    }
}

/// What `getMe` says of a bot.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BotProfile {
    /// Telegram's id.
    pub id: TelegramBotId,
    /// Its display name.
    #[serde(default)]
    pub first_name: String,
    /// Without `@`.
    #[serde(default)]
    pub username: String,
}

/// What Telegram says of a bot's webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct WebhookInfo {
    /// Empty if there is none.
    #[serde(default)]
    pub url: String,
    /// How many updates wait to be delivered.
    #[serde(default)]
    pub pending_update_count: u64,
    /// When a delivery last failed, in Unix seconds.
    pub last_error_date: Option<i64>,
    /// Why, in Telegram's words.
    #[serde(default)]
    pub last_error_message: String,
    /// The kinds of updates that are delivered; `None` for Telegram's own choice, which leaves `chat_member` out.
    pub allowed_updates: Option<Vec<String>>,
}

/// A text to one person, by itself or below a media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// To whom.
    pub user: UserId,
    /// Its text.
    pub text: MessageText,
    /// Buttons below it, in rows.
    pub buttons: Vec<Vec<MessageButton>>,
    /// Whether it may exceed the free rate, for 0.1 Stars of the bot's owner.
    pub paid: bool,
}

/// What Telegram answers about a message that it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct SentMessage {
    /// Its id in the chat.
    pub message_id: i64,
}

/// How the text of a message is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageText {
    /// Telegram HTML.
    Html(String),
    /// Bare text.
    Plain(String),
}

#[derive(Serialize)]
struct SendMessage<'a> {
    chat_id: UserId,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parse_mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Keyboard<'a>>,
    #[serde(skip_serializing_if = "is_false")]
    allow_paid_broadcast: bool,
}

#[derive(Serialize)]
struct SetWebhook<'a> {
    url: &'a str,
    secret_token: &'a str,
    max_connections: u8,
    allowed_updates: [&'static str; AllowedUpdate::ALL.len()],
}

#[derive(Deserialize)]
struct Answer<T> {
    result: T,
}

impl Telegram {
    /// Talks to the Bot API under `base_url`.
    ///
    /// # Errors
    ///
    /// [`reqwest::Error`] if TLS cannot be set up; a build fault, not an input.
    pub fn new(base_url: String) -> Result<Self, reqwest::Error> {
        let http =
            crate::tls::http_client().connect_timeout(CONNECT_TIMEOUT).timeout(REQUEST_TIMEOUT).build()?;
        Ok(Self { http, base_url })
    }

    /// Who the token belongs to.
    ///
    /// # Errors
    ///
    /// [`TelegramError`].
    pub async fn get_me(&self, token: &BotToken) -> Result<BotProfile, TelegramError> {
        self.call(token, "getMe", &serde_json::json!({})).await
    }

    /// Has Telegram deliver updates to `url`, each with `secret` in its header. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`TelegramError`].
    pub async fn set_webhook(
        &self,
        token: &BotToken,
        url: &str,
        secret: &WebhookSecret,
    ) -> Result<(), TelegramError> {
        let parameters = SetWebhook {
            url,
            secret_token: secret.reveal(),
            max_connections: MAX_CONNECTIONS,
            allowed_updates: AllowedUpdate::ALL.map(AllowedUpdate::name),
        };
        self.call::<bool>(token, "setWebhook", &parameters).await.map(drop)
    }

    /// Has Telegram deliver nothing any more.
    ///
    /// # Errors
    ///
    /// [`TelegramError`].
    pub async fn delete_webhook(&self, token: &BotToken) -> Result<(), TelegramError> {
        self.call::<bool>(token, "deleteWebhook", &serde_json::json!({})).await.map(drop)
    }

    /// Where Telegram delivers a bot's updates, and how that goes.
    ///
    /// # Errors
    ///
    /// [`TelegramError`].
    pub async fn get_webhook_info(&self, token: &BotToken) -> Result<WebhookInfo, TelegramError> {
        self.call(token, "getWebhookInfo", &serde_json::json!({})).await
    }

    /// What somebody, a person or the bot itself, is in a chat. A bot that is no administrator of a channel is refused.
    ///
    /// # Errors
    ///
    /// [`TelegramError`].
    pub async fn get_chat_member(
        &self,
        token: &BotToken,
        chat: ChatId,
        user: UserId,
    ) -> Result<ChatMember, TelegramError> {
        self.call(token, "getChatMember", &serde_json::json!({"chat_id": chat, "user_id": user})).await
    }

    /// Lets in a person who asked to join. Twice is refused as [`TelegramError::Refused`].
    ///
    /// # Errors
    ///
    /// [`TelegramError`].
    pub async fn approve_chat_join_request(
        &self,
        token: &BotToken,
        chat: ChatId,
        user: UserId,
    ) -> Result<(), TelegramError> {
        let parameters = serde_json::json!({"chat_id": chat, "user_id": user});
        self.call::<bool>(token, "approveChatJoinRequest", &parameters).await.map(drop)
    }

    /// Sends a text. Telegram knows no idempotency key: [`TelegramError::Ambiguous`] may have arrived.
    ///
    /// # Errors
    ///
    /// [`TelegramError`].
    pub async fn send_message(
        &self,
        token: &BotToken,
        message: &NewMessage,
    ) -> Result<SentMessage, TelegramError> {
        let (text, parse_mode) = match &message.text {
            MessageText::Html(html) => (html, Some("HTML")),
            MessageText::Plain(plain) => (plain, None),
        };
        let parameters = SendMessage {
            chat_id: message.user,
            text,
            parse_mode,
            reply_markup: Keyboard::of(&message.buttons),
            allow_paid_broadcast: message.paid,
        };
        self.call(token, "sendMessage", &parameters).await
    }

    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        token: &BotToken,
        method: &str,
        parameters: &impl Serialize,
    ) -> Result<T, TelegramError> {
        let request = self.request(token, method).json(parameters);
        read(request.send().await.map_err(|error| unsent(&error))?).await
    }

    pub(super) fn request(&self, token: &BotToken, method: &str) -> RequestBuilder {
        self.http.post(format!("{}/bot{}/{method}", self.base_url, token.reveal()))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde lends the field")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

pub(super) async fn read<T: DeserializeOwned>(response: Response) -> Result<T, TelegramError> {
    let status = response.status();
    let body = response.bytes().await.map_err(|_| TelegramError::Ambiguous("the answer broke off".into()))?;
    if status.is_success() {
        let answer: Result<Answer<T>, _> = serde_json::from_slice(&body);
        return answer
            .map(|answer| answer.result)
            .map_err(|_| TelegramError::Ambiguous("not an answer".into()));
    }
    let answer: ErrorAnswer = serde_json::from_slice(&body).unwrap_or_default();
    Err(answer.sort(status.as_u16()))
}

/// An error of the client carries the URL, and with it the token: only its kind goes on.
pub(super) fn unsent(error: &reqwest::Error) -> TelegramError {
    if error.is_connect() || error.is_builder() {
        TelegramError::NotSent
    } else if error.is_timeout() {
        TelegramError::Ambiguous("time-out".into())
    } else {
        TelegramError::Ambiguous("connection lost".into())
    }
}
