use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::{Key, Store, incomplete, number, put_step, text, update_step};
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
}

/// Whether a Telegram bot could be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BotClaim {
    /// It belongs to the account now.
    Claimed,
    /// Another account has it, or a call at the same moment was quicker.
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

    /// Writes a bot together with its claim on the Telegram bot, which a deleted bot releases. Doing it twice is the
    /// same as doing it once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn claim_bot(&self, account: AccountId, bot: &Bot) -> AppResult<BotClaim> {
        let key = Key::Bot(BotKey { account, bot: bot.id });
        let bot_item = self.new_item(&key, bot)?;
        let owner = BotOwner { account, bot: bot.id, released: bot.status == BotStatus::Deleted };
        let owner_item = self
            .new_item(&Key::BotOwner(bot.tg), &owner)?
            .condition_expression(
                "attribute_not_exists(PK) OR released = :yes OR (account = :account AND bot = :bot)",
            )
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":account", number(account))
            .expression_attribute_values(":bot", number(bot.id));
        let outcome = self.transact([put_step(owner_item)?, put_step(bot_item)?]).await?;
        Ok(if outcome.is_some() { BotClaim::Taken } else { BotClaim::Claimed })
    }

    /// Removes a bot that never worked, and its claim.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn discard_bot(&self, account: AccountId, bot: &Bot) -> AppResult<()> {
        let delete = |key: Key<'_>| -> AppResult<TransactWriteItem> {
            let delete = Delete::builder().table_name(&self.table).set_key(Some(key.attributes()));
            Ok(TransactWriteItem::builder().delete(delete.build().map_err(incomplete)?).build())
        };
        let bot_key = Key::Bot(BotKey { account, bot: bot.id });
        self.transact([delete(bot_key)?, delete(Key::BotOwner(bot.tg))?]).await?;
        Ok(())
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
