use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::{Key, Store, delete_step, number, put_step, text, to_attribute, update_step, written};
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
    /// What they carried before the webhook was set last: Telegram may not have heard of the change.
    pub previous_secret: Option<WebhookSecretHash>,
    /// Unix seconds.
    pub created: i64,
}

/// Whether a bot is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BotStatus {
    /// It is.
    Active,
    /// The account disconnected it; its campaigns and leads stay.
    Deleted,
}

impl Bot {
    /// Whether an update with this secret comes from Telegram, in constant time.
    #[must_use]
    pub fn knows_secret(&self, secret: &str) -> bool {
        let previous = self.previous_secret.as_ref();
        self.secret.matches(secret) | previous.is_some_and(|previous| previous.matches(secret))
    }
}

/// How long one call may take to connect a bot; others wait for it that long. In seconds.
const CONNECTING_SECONDS: i64 = 30;

/// Which account has a Telegram bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotOwner {
    /// The account.
    pub account: AccountId,
    /// The bot within it.
    pub bot: BotId,
    /// Whether the account disconnected it, so that another may take it.
    #[serde(default)]
    pub released: bool,
    /// Until when a call is connecting it, in Unix seconds; `None` if none is.
    pub connecting_until: Option<i64>,
}

/// Whether a Telegram bot could be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BotClaim {
    /// It belongs to the account now.
    Claimed,
    /// Another account has it, or another call is connecting it.
    Taken,
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

    /// Writes a bot together with its claim on the Telegram bot, and keeps other calls from connecting it until
    /// [`Store::end_connecting`], or for half a minute.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; after a retry the answer may be [`BotClaim::Taken`] by the first attempt.
    pub async fn claim_bot(&self, account: AccountId, bot: &Bot, now: i64) -> AppResult<BotClaim> {
        let bot_item = self.new_item(&Key::Bot(BotKey { account, bot: bot.id }), bot)?;
        let connecting_until = Some(now + CONNECTING_SECONDS);
        let owner = BotOwner { account, bot: bot.id, released: false, connecting_until };
        let mine = "account = :account AND bot = :bot";
        let free = "attribute_not_exists(connecting_until) OR connecting_until < :now";
        let owner_item = self
            .new_item(&Key::BotOwner(bot.tg), &owner)?
            .condition_expression(format!(
                "attribute_not_exists(PK) OR ((released = :yes OR ({mine})) AND ({free}))"
            ))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":account", number(account))
            .expression_attribute_values(":bot", number(bot.id))
            .expression_attribute_values(":now", number(now));
        let refusal = self.transact([put_step(owner_item)?, put_step(bot_item)?]).await?;
        Ok(if refusal.is_some() { BotClaim::Taken } else { BotClaim::Claimed })
    }

    /// Lets other calls connect the bot again.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn end_connecting(&self, account: AccountId, bot: &Bot) -> AppResult<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::BotOwner(bot.tg).attributes()))
            .update_expression("REMOVE connecting_until")
            .condition_expression("account = :account AND bot = :bot")
            .expression_attribute_values(":account", number(account))
            .expression_attribute_values(":bot", number(bot.id));
        written(update.send().await).map(drop)
    }

    /// Puts back what a claim replaced, unless another call has replaced it since.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn unclaim_bot(&self, account: AccountId, bot: &Bot, previous: Option<&Bot>) -> AppResult<()> {
        let (bot_key, owner_key) = (Key::Bot(BotKey { account, bot: bot.id }), Key::BotOwner(bot.tg));
        let still = "secret = :secret";
        let mine = "account = :account AND bot = :bot";
        let secret = to_attribute(&bot.secret)?;
        let steps = match previous {
            Some(previous) => {
                let released = previous.status == BotStatus::Deleted;
                let owner = BotOwner { account, bot: bot.id, released, connecting_until: None };
                let bot_item = self.new_item(&bot_key, previous)?.condition_expression(still);
                let owner_item = self.new_item(&owner_key, &owner)?.condition_expression(mine);
                [
                    put_step(bot_item.expression_attribute_values(":secret", secret))?,
                    put_step(
                        owner_item
                            .expression_attribute_values(":account", number(account))
                            .expression_attribute_values(":bot", number(bot.id)),
                    )?,
                ]
            }
            None => {
                let bot_item = self.removal(&bot_key).condition_expression(still);
                let owner_item = self.removal(&owner_key).condition_expression(mine);
                [
                    delete_step(bot_item.expression_attribute_values(":secret", secret))?,
                    delete_step(
                        owner_item
                            .expression_attribute_values(":account", number(account))
                            .expression_attribute_values(":bot", number(bot.id)),
                    )?,
                ]
            }
        };
        self.transact(steps).await.map(drop)
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

    /// Marks a bot deleted and lets other accounts take it. `false` if the account has no such live bot.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn delete_bot(&self, account: AccountId, bot: &Bot) -> AppResult<bool> {
        let deletion = self
            .update(&Key::Bot(BotKey { account, bot: bot.id }))
            .update_expression("SET #status = :deleted")
            .condition_expression("#status = :active")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":deleted", text("deleted"))
            .expression_attribute_values(":active", text("active"));
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
