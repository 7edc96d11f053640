use super::App;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, BotKey, ChatId, TelegramBotId};
use crate::secret::{BotToken, SealError, SealedToken, WebhookSecret};
use crate::store::{Bot, BotClaim, BotStatus, Chat, ChatKind, ChatRights};
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

impl From<Bot> for ConnectedBot {
    fn from(bot: Bot) -> Self {
        Self { id: bot.id, username: bot.username, name: bot.name }
    }
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
    /// It is no longer administrator in a chat that a campaign tracks.
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

/// A bot as it was written, and as it was before.
struct ClaimedBot {
    bot: Bot,
    previous: Option<Bot>,
}

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
        let secret = WebhookSecret::generate()?;
        let Some(claimed) = self.claim_bot(account, &token, &profile, &secret).await? else {
            // Another call of this account is connecting the bot at this moment; what it does is what was asked.
            return Ok(self.own_bot(account, profile.id).await?.ok_or(AppError::BotTaken)?.into());
        };
        let url = self.webhook_url(BotKey { account, bot: claimed.bot.id }, request_host);
        match self.telegram()?.set_webhook(&token, &url, &secret).await {
            Ok(()) => {
                self.store.end_connecting(account, &claimed.bot).await?;
                Ok(claimed.bot.into())
            }
            Err(error) => {
                tracing::warn!(account.id = %account, bot.id = %claimed.bot.id, %error, "setWebhook failed");
                match error {
                    // Telegram may have the new secret: the bot stays as written and takes the old one as well.
                    TelegramError::Ambiguous(_) => self.store.end_connecting(account, &claimed.bot).await?,
                    _ => self.store.unclaim_bot(account, &claimed.bot, claimed.previous.as_ref()).await?,
                }
                Err(AppError::WebhookRefused)
            }
        }
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
                BotStatus::Active => {
                    let chats = self.store.chats(BotKey { account, bot: bot.id }).await?;
                    if chats.iter().any(lost_while_tracked) { BotState::Warning } else { BotState::Active }
                }
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
        let trackable =
            chats.into_iter().filter(|chat| chat.rights == ChatRights::Admin && !tracked.contains(&chat.id));
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
        found.filter(|bot| bot.status == BotStatus::Active).ok_or(AppError::NotFound("bot"))
    }

    pub(super) async fn open_token(&self, bot: BotKey, sealed: &SealedToken) -> AppResult<BotToken> {
        self.seal()?.open(bot, sealed).await.map_err(seal_error)
    }

    /// `None` if another call is connecting the bot.
    async fn claim_bot(
        &self,
        account: AccountId,
        token: &BotToken,
        profile: &BotProfile,
        secret: &WebhookSecret,
    ) -> AppResult<Option<ClaimedBot>> {
        let owner = self.store.bot_owner(profile.id).await?;
        if owner.is_some_and(|owner| owner.account != account && !owner.released) {
            return Err(AppError::BotTaken);
        }
        let previous = self.own_bot(account, profile.id).await?;
        let id = match &previous {
            Some(bot) => bot.id,
            None => self.store.next_bot_id(account).await?.ok_or(AppError::NotFound("account"))?,
        };
        let bot = Bot {
            id,
            tg: profile.id,
            username: profile.username.clone(),
            name: profile.first_name.clone(),
            status: BotStatus::Active,
            token: self.seal()?.seal(BotKey { account, bot: id }, token).await.map_err(seal_error)?,
            secret: secret.hash(),
            previous_secret: previous.as_ref().map(|bot| bot.secret.clone()),
            created: previous.as_ref().map_or_else(|| self.clock.now(), |bot| bot.created),
        };
        Ok(match self.store.claim_bot(account, &bot, self.clock.now()).await? {
            BotClaim::Claimed => Some(ClaimedBot { bot, previous }),
            BotClaim::Taken => None,
        })
    }

    /// The bot that stands for a Telegram bot in this account, deleted or not, whoever has it now.
    async fn own_bot(&self, account: AccountId, telegram: TelegramBotId) -> AppResult<Option<Bot>> {
        Ok(self.store.bots(account).await?.into_iter().find(|bot| bot.tg == telegram))
    }

    fn webhook_url(&self, BotKey { account, bot }: BotKey, request_host: &str) -> String {
        let base = self.config.public_url.clone().unwrap_or_else(|| format!("https://{request_host}"));
        format!("{base}/telegram/{account}/{bot}")
    }
}

fn lost_while_tracked(chat: &Chat) -> bool {
    chat.rights == ChatRights::Lost && chat.campaign.is_some()
}

fn token_error(error: TelegramError) -> AppError {
    match error {
        TelegramError::TokenRefused => AppError::TokenRefused,
        other => AppError::unavailable(format!("getMe: {other}")),
    }
}

fn seal_error(error: SealError) -> AppError {
    AppError::unavailable(error.to_string())
}
