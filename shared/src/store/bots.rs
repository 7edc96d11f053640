use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::access::{delete_step, number, put_step, text, to_attribute, update_step, written};
use super::{Key, Store};
use crate::error::AppResult;
use crate::ids::{AccountId, BotId, BotKey, TelegramBotId};
use crate::secret::{SealedToken, WebhookSecretHash};

/// A bot that an account connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bot {
    /// Counts up within the account.
    pub id: BotId,
    /// Telegram's id.
    pub tg: TelegramBotId,
    /// Without `@`.
    pub username: String,
    /// Its display name.
    pub name: String,
    /// Whether it is connected.
    pub status: BotStatus,
    /// Its token, sealed.
    pub token: SealedToken,
    /// What Telegram's updates must carry.
    pub secret: WebhookSecretHash,
    /// Whether Telegram is known to have taken `secret`.
    #[serde(default)]
    pub confirmed: bool,
    /// The last one that Telegram is known to have taken before; it may still send that.
    pub previous_secret: Option<WebhookSecretHash>,
    /// The base of the address that Telegram calls, without a trailing slash; `None` for a bot that was connected before
    /// this was written down.
    #[serde(default)]
    pub webhook_base: Option<String>,
    /// Unix seconds.
    pub created: i64,
}

/// Whether a bot is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BotStatus {
    /// It is.
    Active,
    /// Telegram refuses its token: nothing is sent until the token is added again, or a check finds that Telegram takes
    /// it after all.
    Disabled,
    /// The account disconnected it; its campaigns and leads stay.
    Deleted,
}

impl Bot {
    /// The last secret that Telegram is known to have taken.
    #[must_use]
    pub fn confirmed_secret(&self) -> Option<WebhookSecretHash> {
        if self.confirmed { Some(self.secret.clone()) } else { self.previous_secret.clone() }
    }

    /// Whether an update with this secret comes from Telegram, in constant time.
    #[must_use]
    pub fn knows_secret(&self, secret: &str) -> bool {
        let previous = self.previous_secret.as_ref();
        self.secret.matches(secret) | previous.is_some_and(|previous| previous.matches(secret))
    }
}

/// How long one call may take to connect a bot, in seconds; no other call connects it meanwhile.
const LEASE_SECONDS: i64 = 30;

/// Which account has a Telegram bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotOwner {
    /// The account; `None` while it is being connected for the first time.
    pub account: Option<AccountId>,
    /// Whether the account disconnected it, so that another may take it.
    #[serde(default)]
    pub released: bool,
}

impl BotOwner {
    /// Whether `account` may connect the bot.
    #[must_use]
    pub fn is_free_for(&self, account: AccountId) -> bool {
        self.released || self.account.is_none_or(|owner| owner == account)
    }
}

/// Whether a call may connect a bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BotLease {
    /// It may, and no other call will for half a minute.
    Granted,
    /// Another account has the bot, or another call is connecting it.
    Refused,
}

impl Store {
    /// Gives out the account's next bot id; `None` if there is no such account.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry: an id may be skipped, never given twice.
    pub async fn next_bot_id(&self, account: AccountId) -> AppResult<Option<BotId>> {
        Ok(self.next_number(&Key::Account(account), "last_bot").await?.map(BotId))
    }

    /// Who has a Telegram bot.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn bot_owner(&self, telegram: TelegramBotId) -> AppResult<Option<BotOwner>> {
        self.get(&Key::BotOwner(telegram)).await
    }

    /// Keeps other calls from connecting a Telegram bot until [`Store::end_lease`], or for half a minute.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; after a retry the answer may be [`BotLease::Refused`] by the first attempt.
    pub async fn lease_bot(
        &self,
        account: AccountId,
        telegram: TelegramBotId,
        now: i64,
    ) -> AppResult<BotLease> {
        let free = "(attribute_not_exists(leased_until) OR leased_until < :now)";
        let mine = "(attribute_not_exists(account) OR account = :account OR released = :yes)";
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::BotOwner(telegram).attributes()))
            .update_expression("SET leased_until = :until")
            .condition_expression(format!("{free} AND {mine}"))
            .expression_attribute_values(":until", number(now + LEASE_SECONDS))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":account", number(account))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        Ok(if written(update.send().await)? { BotLease::Granted } else { BotLease::Refused })
    }

    /// Lets other calls connect the bot again.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn end_lease(&self, telegram: TelegramBotId) -> AppResult<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::BotOwner(telegram).attributes()))
            .update_expression("REMOVE leased_until")
            .condition_expression("attribute_exists(PK)");
        written(update.send().await).map(drop)
    }

    /// Writes a bot and that the account has it, under a lease.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn save_bot(&self, account: AccountId, bot: &Bot) -> AppResult<()> {
        let item = self.new_item(&Key::Bot(BotKey { account, bot: bot.id }), bot)?;
        let owner = self
            .update(&Key::BotOwner(bot.tg))
            .update_expression("SET account = :account, bot = :bot, released = :released")
            .expression_attribute_values(":account", number(account))
            .expression_attribute_values(":bot", number(bot.id))
            .expression_attribute_values(":released", AttributeValue::Bool(bot.status == BotStatus::Deleted));
        self.transact([put_step(item)?, update_step(owner)?]).await.map(drop)
    }

    /// Removes a bot that never worked, and the lease and the claim on it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn discard_bot(&self, account: AccountId, bot: &Bot) -> AppResult<()> {
        let item = self.removal(&Key::Bot(BotKey { account, bot: bot.id }));
        let owner = self.removal(&Key::BotOwner(bot.tg));
        self.transact([delete_step(item)?, delete_step(owner)?]).await.map(drop)
    }

    /// One bot, deleted or not.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn bot(&self, bot: BotKey) -> AppResult<Option<Bot>> {
        self.get(&Key::Bot(bot)).await
    }

    /// Every bot of an account, deleted ones included, by id.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn bots(&self, account: AccountId) -> AppResult<Vec<Bot>> {
        self.query(Key::Account(account).partition(), "BOT#").await
    }

    /// Notes that Telegram refuses a bot's token, unless it has another one by now. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn disable_bot(&self, bot: BotKey, token: &SealedToken) -> AppResult<()> {
        self.turn_bot(bot, token, BotStatus::Active, BotStatus::Disabled).await
    }

    /// Notes that Telegram takes a bot's token after all, unless it has another one by now. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn enable_bot(&self, bot: BotKey, token: &SealedToken) -> AppResult<()> {
        self.turn_bot(bot, token, BotStatus::Disabled, BotStatus::Active).await
    }

    async fn turn_bot(
        &self,
        bot: BotKey,
        token: &SealedToken,
        from: BotStatus,
        to: BotStatus,
    ) -> AppResult<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Bot(bot).attributes()))
            .update_expression("SET #status = :to")
            .condition_expression("#status = :from AND #token = :token")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":to", to_attribute(&to)?)
            .expression_attribute_values(":from", to_attribute(&from)?)
            .expression_attribute_values(":token", to_attribute(token)?);
        written(update.send().await).map(drop)
    }

    /// Marks a bot deleted and lets other accounts take it. `false` if the account has no such live bot.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn delete_bot(&self, account: AccountId, bot: &Bot) -> AppResult<bool> {
        let deletion = self
            .update(&Key::Bot(BotKey { account, bot: bot.id }))
            .update_expression("SET #status = :deleted")
            .condition_expression("attribute_exists(PK) AND #status <> :deleted")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":deleted", text("deleted"));
        let release = self
            .update(&Key::BotOwner(bot.tg))
            .update_expression("SET released = :yes")
            .condition_expression("account = :account AND bot = :bot")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":account", number(account))
            .expression_attribute_values(":bot", number(bot.id));
        Ok(self.transact([update_step(deletion)?, update_step(release)?]).await?.is_none())
    }
}
