//! Whether a bot's updates reach us, and what is done where they do not.

use super::App;
use super::bots::Connection;
use super::sending::Verdict;
use crate::domain::owner_news::OwnerNews;
use crate::error::AppResult;
use crate::ids::{BotKey, TelegramBotId};
use crate::secret::{BotToken, WebhookSecret};
use crate::store::{Bot, BotLease, BotStatus};
use crate::telegram::{AllowedUpdate, TelegramError, WebhookInfo};

/// An error that Telegram met this recently, in seconds, counts against the webhook.
const ERROR_SECONDS: i64 = 600;

/// How a bot's updates reach us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookHealth {
    /// Whether Telegram delivers to this bot's own address here.
    pub url_ok: bool,
    /// Whether Telegram delivers every kind of update that is needed.
    pub updates_ok: bool,
    /// Whether the last delivery failed within the last ten minutes.
    pub failing: bool,
    /// How many updates wait.
    pub pending: u64,
    /// Telegram's words for the last failure, however long ago; empty if there was none.
    pub last_error: String,
    /// When that was, in Unix seconds.
    pub last_error_time: Option<i64>,
}

impl WebhookHealth {
    /// Whether Telegram delivers to where it should, and all that it should.
    const fn is_as_set(&self) -> bool {
        self.url_ok && self.updates_ok
    }
}

/// What became of a look at a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WebhookLook {
    /// It is as it should be, or is again.
    Verified,
    /// To be asked again soon.
    Later,
    /// The bot cannot be used any more.
    Over,
}

impl App {
    /// Asks Telegram where it delivers a bot's updates, and has it deliver them here again if it is anywhere else or
    /// not all. A bot that was disabled is used again if Telegram answers. An owner whose updates wait because they are
    /// refused is told, once a day.
    pub(super) async fn verify_webhook(
        &self,
        key: BotKey,
        known: &Bot,
        token: &BotToken,
    ) -> AppResult<WebhookLook> {
        let info = match self.telegram()?.get_webhook_info(token).await {
            Ok(info) => info,
            Err(error) => return Ok(self.judge_look(key, known, error).await),
        };
        self.enable_bot(key, known).await?;
        let health = self.judge_webhook(key, known, info);
        if !health.is_as_set() {
            tracing::warn!(
                account.id = %key.account, bot.id = %key.bot, health.url_ok, health.updates_ok,
                "the webhook is not as it was set"
            );
            return self.mend_webhook(key, known, token).await;
        }
        if health.failing && health.pending > 0 {
            self.tell_owner(key.account, OwnerNews::WebhookBroken { bot: key.bot }).await?;
        }
        Ok(WebhookLook::Verified)
    }

    /// Sets the webhook anew, with a fresh secret, unless a call is connecting the bot at this moment.
    async fn mend_webhook(&self, key: BotKey, known: &Bot, token: &BotToken) -> AppResult<WebhookLook> {
        let Some(url) = self.own_webhook_url(key, known) else {
            self.tell_owner(key.account, OwnerNews::WebhookBroken { bot: key.bot }).await?;
            return Ok(WebhookLook::Verified);
        };
        if self.store.lease_bot(key.account, known.tg, self.clock.now()).await? == BotLease::Refused {
            return Ok(WebhookLook::Later);
        }
        let mended = self.mend_leased_webhook(key, known.tg, token, url).await;
        let ended = self.store.end_lease(known.tg).await;
        mended.and_then(|look| ended.map(|()| look))
    }

    async fn mend_leased_webhook(
        &self,
        key: BotKey,
        telegram: TelegramBotId,
        token: &BotToken,
        url: String,
    ) -> AppResult<WebhookLook> {
        // Read again under the lease: it may have been connected anew, or deleted, a moment ago.
        let found = self.store.bot(key).await?;
        let Some(previous) = found.filter(|bot| bot.status == BotStatus::Active && bot.tg == telegram) else {
            return Ok(WebhookLook::Later);
        };
        let secret = WebhookSecret::generate()?;
        let bot = Bot {
            secret: secret.hash(),
            confirmed: false,
            previous_secret: previous.confirmed_secret(),
            ..previous.clone()
        };
        let known = previous.clone();
        let connection = Connection { token, bot, previous: Some(previous), secret: &secret, url };
        match self.set_fresh_webhook(key.account, connection).await? {
            None => Ok(WebhookLook::Verified),
            Some(error) => self.judge_mending(key, &known, error).await,
        }
    }

    /// What a refused `setWebhook` means: of an address that Telegram does not take the owner hears, and it is tried
    /// again with the next hour.
    async fn judge_mending(&self, key: BotKey, known: &Bot, error: TelegramError) -> AppResult<WebhookLook> {
        match self.judge_refusal(key, known, error).await {
            Verdict::Over => Ok(WebhookLook::Over),
            Verdict::Waits(_) | Verdict::Other(TelegramError::Ambiguous(_)) => Ok(WebhookLook::Later),
            Verdict::Other(error) => {
                tracing::warn!(account.id = %key.account, bot.id = %key.bot, %error, "a webhook is refused");
                self.tell_owner(key.account, OwnerNews::WebhookBroken { bot: key.bot }).await?;
                Ok(WebhookLook::Verified)
            }
        }
    }

    async fn judge_look(&self, key: BotKey, known: &Bot, error: TelegramError) -> WebhookLook {
        match self.judge_refusal(key, known, error).await {
            Verdict::Over => WebhookLook::Over,
            Verdict::Waits(_) => WebhookLook::Later,
            Verdict::Other(error) => {
                tracing::warn!(account.id = %key.account, bot.id = %key.bot, %error, "a webhook is not verified");
                WebhookLook::Later
            }
        }
    }

    pub(super) fn judge_webhook(&self, key: BotKey, known: &Bot, info: WebhookInfo) -> WebhookHealth {
        let url_ok = match self.own_webhook_url(key, known) {
            Some(url) => info.url == url,
            // It was connected through a name of ours that nobody wrote down.
            None => info.url.starts_with("https://") && info.url.ends_with(&webhook_path(key)),
        };
        let allowed = info.allowed_updates.unwrap_or_default();
        let since = self.clock.now() - ERROR_SECONDS;
        WebhookHealth {
            url_ok,
            updates_ok: AllowedUpdate::ALL.iter().all(|kind| allowed.iter().any(|name| name == kind.name())),
            failing: info.last_error_date.is_some_and(|date| date >= since),
            pending: info.pending_update_count,
            last_error: info.last_error_message,
            last_error_time: info.last_error_date,
        }
    }

    /// Below which address Telegram is told to call, for a request to this host.
    pub(super) fn webhook_base(&self, request_host: &str) -> String {
        self.config.public_url.clone().unwrap_or_else(|| format!("https://{request_host}"))
    }

    /// What Telegram is told to call for a bot; `None` for one that was connected before its base was written down,
    /// where only a request would tell.
    fn own_webhook_url(&self, key: BotKey, known: &Bot) -> Option<String> {
        let base = self.config.public_url.as_ref().or(known.webhook_base.as_ref())?;
        Some(webhook_url(base, key))
    }
}

/// What Telegram is told to call for a bot.
pub(super) fn webhook_url(base: &str, key: BotKey) -> String {
    format!("{base}{}", webhook_path(key))
}

fn webhook_path(BotKey { account, bot }: BotKey) -> String {
    format!("/telegram/{account}/{bot}")
}
