use std::time::Duration;

use super::App;
use super::webhooks::webhook_url;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, BotKey, ChatId, TelegramBotId};
use crate::secret::{BotToken, SealError, SealedToken, WebhookSecret};
use crate::store::{Bot, BotLease, BotStatus, Chat, ChatKind, ChatRights};
use crate::telegram::{BotProfile, TelegramError};

/// A bot that was just connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectedBot {
    /// Its id within the account.
    pub id: BotId,
    /// Without `@`.
    pub username: String,
    /// Its display name.
    pub name: String,
}

/// A bot in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotSummary {
    /// Its id within the account.
    pub id: BotId,
    /// Telegram's id.
    pub tg: TelegramBotId,
    /// Without `@`.
    pub username: String,
    /// Its display name.
    pub name: String,
    /// How it is.
    pub state: BotState,
    /// Unix seconds.
    pub created: i64,
}

/// How a bot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BotState {
    /// All is well.
    Active,
    /// It is no longer administrator in a chat that a campaign tracks, or Telegram refuses its token.
    Warning,
    /// Disconnected.
    Deleted,
}

/// A chat that a campaign may track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackableChat {
    /// Telegram's id.
    pub id: ChatId,
    /// Its title.
    pub title: String,
    /// What it is.
    pub kind: ChatKind,
}

/// A bot that is to be written down with the webhook that Telegram is to have.
pub(super) struct Connection<'a> {
    pub token: &'a BotToken,
    /// As it is to be, with the hash of `secret`.
    pub bot: Bot,
    /// As it is, if it is known.
    pub previous: Option<Bot>,
    pub secret: &'a WebhookSecret,
    pub url: String,
}

/// How often, and at what intervals, a call asks for a bot that another call of the account is connecting.
const LEASE_TRIES: usize = 40;
const LEASE_PAUSE: Duration = Duration::from_millis(250);

impl App {
    /// Connects a bot and sets its webhook. A bot that was deleted comes back with its campaigns.
    ///
    /// # Errors
    ///
    /// - [`AppError::TokenRefused`] if the token is malformed or Telegram refuses it.
    /// - [`AppError::BotTaken`] if another account has the bot.
    /// - [`AppError::WebhookRefused`] if Telegram does not take the webhook; all is as before then, unless its answer
    ///   was lost: the bot is connected then, and connecting it again makes sure of its webhook.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn connect_bot(
        &self,
        account: AccountId,
        token: &str,
        request_host: &str,
    ) -> AppResult<ConnectedBot> {
        let token = BotToken::parse(token).ok_or(AppError::TokenRefused)?;
        let profile = self.telegram()?.get_me(&token).await.map_err(token_error)?;
        self.lease_bot(account, profile.id).await?;
        let connected = self.connect_leased_bot(account, &token, &profile, request_host).await;
        let ended = self.store.end_lease(profile.id).await;
        connected.and_then(|bot| ended.map(|()| bot))
    }

    /// Waits for calls of the same account that connect the same bot; that takes them a second or two.
    async fn lease_bot(&self, account: AccountId, telegram: TelegramBotId) -> AppResult<()> {
        for _ in 0..LEASE_TRIES {
            if self.store.lease_bot(account, telegram, self.clock.now()).await? == BotLease::Granted {
                return Ok(());
            }
            let owner = self.store.bot_owner(telegram).await?;
            if owner.is_some_and(|owner| !owner.is_free_for(account)) {
                return Err(AppError::BotTaken);
            }
            tokio::time::sleep(LEASE_PAUSE).await;
        }
        Err(AppError::unavailable("the bot is being connected by another call"))
    }

    async fn connect_leased_bot(
        &self,
        account: AccountId,
        token: &BotToken,
        profile: &BotProfile,
        request_host: &str,
    ) -> AppResult<ConnectedBot> {
        let previous = self.own_bot(account, profile.id).await?;
        let secret = WebhookSecret::generate()?;
        let base = self.webhook_base(request_host);
        let bot = Bot {
            webhook_base: Some(base.clone()),
            ..self.new_bot(account, token, profile, &secret, previous.as_ref()).await?
        };
        let key = BotKey { account, bot: bot.id };
        let connected = ConnectedBot { id: bot.id, username: bot.username.clone(), name: bot.name.clone() };
        let connection = Connection { token, bot, previous, secret: &secret, url: webhook_url(&base, key) };
        match self.set_fresh_webhook(account, connection).await? {
            None => {
                self.begin_looking(key).await?;
                Ok(connected)
            }
            // It may have been set: a look finds out, and sets it if it was not.
            Some(TelegramError::Ambiguous(_)) => {
                self.begin_looking(key).await?;
                Err(AppError::WebhookRefused)
            }
            Some(_) => Err(AppError::WebhookRefused),
        }
    }

    /// Writes a bot down with a fresh secret and has Telegram use it, under a lease. What Telegram refuses it for, if it
    /// does: all is as before then, unless the answer was lost.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn set_fresh_webhook(
        &self,
        account: AccountId,
        connection: Connection<'_>,
    ) -> AppResult<Option<TelegramError>> {
        let Connection { token, mut bot, previous, secret, url } = connection;
        self.store.save_bot(account, &bot).await?;
        let Err(error) = self.telegram()?.set_webhook(token, &url, secret).await else {
            bot.confirmed = true;
            self.store.save_bot(account, &bot).await?;
            return Ok(None);
        };
        tracing::warn!(account.id = %account, bot.id = %bot.id, %error, "setWebhook failed");
        match (&error, previous) {
            // Telegram may have taken the new secret: the bot stays as written and knows the old one as well.
            (TelegramError::Ambiguous(_), _) => {}
            (_, Some(previous)) => self.store.save_bot(account, &previous).await?,
            (_, None) => self.store.discard_bot(account, &bot).await?,
        }
        Ok(Some(error))
    }

    /// The account's bots, deleted ones included.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn list_bots(&self, account: AccountId) -> AppResult<Vec<BotSummary>> {
        let mut summaries = Vec::new();
        for bot in self.store.bots(account).await? {
            let state = match bot.status {
                BotStatus::Deleted => BotState::Deleted,
                BotStatus::Disabled => BotState::Warning,
                BotStatus::Active => state_by(&self.store.chats(BotKey { account, bot: bot.id }).await?),
            };
            let Bot { id, tg, username, name, created, .. } = bot;
            summaries.push(BotSummary { id, tg, username, name, state, created });
        }
        Ok(summaries)
    }

    /// The chats where a bot is administrator and which no live campaign tracks.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such live bot.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn list_trackable_chats(
        &self,
        account: AccountId,
        bot: BotId,
    ) -> AppResult<Vec<TrackableChat>> {
        let bot = self.live_bot(account, bot).await?;
        let chats = self.store.chats(BotKey { account, bot: bot.id }).await?;
        let tracked = self.store.tracked_chats(account).await?;
        let is_admin = |chat: &Chat| chat.rights == ChatRights::Admin && chat.moved_to.is_none();
        let trackable = chats.into_iter().filter(|chat| is_admin(chat) && !tracked.contains(&chat.id));
        Ok(trackable.map(|chat| TrackableChat { id: chat.id, title: chat.title, kind: chat.kind }).collect())
    }

    /// Disconnects a bot: the webhook is dropped, leads and statistics stay.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such live bot.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn delete_bot(&self, account: AccountId, bot: BotId) -> AppResult<()> {
        let bot = self.live_bot(account, bot).await?;
        let token = self.open_token(BotKey { account, bot: bot.id }, &bot.token).await?;
        match self.telegram()?.delete_webhook(&token).await {
            Ok(()) | Err(TelegramError::TokenRefused) => {}
            // The updates that still come are answered and dropped: the bot is deleted.
            Err(error) => {
                tracing::warn!(account.id = %account, bot.id = %bot.id, %error, "deleteWebhook failed")
            }
        }
        if self.store.delete_bot(account, &bot).await? { Ok(()) } else { Err(AppError::NotFound("bot")) }
    }

    pub(super) async fn live_bot(&self, account: AccountId, bot: BotId) -> AppResult<Bot> {
        let found = self.store.bot(BotKey { account, bot }).await?;
        found.filter(|bot| bot.status != BotStatus::Deleted).ok_or(AppError::NotFound("bot"))
    }

    pub(super) async fn open_token(&self, bot: BotKey, sealed: &SealedToken) -> AppResult<BotToken> {
        self.seal()?.open(bot, sealed).await.map_err(seal_error)
    }

    async fn new_bot(
        &self,
        account: AccountId,
        token: &BotToken,
        profile: &BotProfile,
        secret: &WebhookSecret,
        previous: Option<&Bot>,
    ) -> AppResult<Bot> {
        let id = match previous {
            Some(bot) => bot.id,
            None => self.store.next_bot_id(account).await?.ok_or(AppError::NotFound("account"))?,
        };
        Ok(Bot {
            id,
            tg: profile.id,
            username: profile.username.clone(),
            name: profile.first_name.clone(),
            status: BotStatus::Active,
            token: self.seal()?.seal(BotKey { account, bot: id }, token).await.map_err(seal_error)?,
            secret: secret.hash(),
            confirmed: false,
            previous_secret: previous.and_then(Bot::confirmed_secret),
            webhook_base: None,
            created: previous.map_or_else(|| self.clock.now(), |bot| bot.created),
        })
    }

    /// The bot that stands for a Telegram bot in this account, deleted or not, whoever has it now.
    async fn own_bot(&self, account: AccountId, telegram: TelegramBotId) -> AppResult<Option<Bot>> {
        Ok(self.store.bots(account).await?.into_iter().find(|bot| bot.tg == telegram))
    }
}

/// How a connected bot is, by the chats it was seen in.
pub(super) fn state_by(chats: &[Chat]) -> BotState {
    if chats.iter().any(lost_while_tracked) { BotState::Warning } else { BotState::Active }
}

pub(super) fn lost_while_tracked(chat: &Chat) -> bool {
    chat.rights == ChatRights::Lost && chat.campaign.is_some()
}

pub(super) fn token_error(error: TelegramError) -> AppError {
    match error {
        TelegramError::TokenRefused => AppError::TokenRefused,
        other => AppError::unavailable(format!("getMe: {other}")),
    }
}

pub(super) fn seal_error(error: SealError) -> AppError {
    AppError::unavailable(error.to_string())
}
