use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;

use super::access::{from_item, number, unavailable, written};
use super::{Key, Store};
use crate::domain::gate::Gate;
use crate::error::AppResult;
use crate::ids::BotKey;

impl Store {
    /// A bot's flood gate as it is now.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn gate(&self, bot: BotKey) -> AppResult<Gate> {
        Ok(self.get(&Key::Gate(bot)).await?.unwrap_or_default())
    }

    /// Closes an open gate, and begins a new line. `false` if it is closed already: [`Store::extend_gate`].
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn close_gate(&self, bot: BotKey, now_ms: i64, until_ms: i64) -> AppResult<bool> {
        let update = self
            .update_gate(bot)
            .update_expression("SET closed_until_ms = :until, waiting = :nobody")
            .condition_expression("attribute_not_exists(closed_until_ms) OR closed_until_ms <= :now")
            .expression_attribute_values(":until", number(until_ms))
            .expression_attribute_values(":nobody", number(0))
            .expression_attribute_values(":now", number(now_ms));
        written(update.send().await)
    }

    /// Keeps a closed gate closed for longer, never for less; who waits keeps their place in line.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn extend_gate(&self, bot: BotKey, until_ms: i64) -> AppResult<()> {
        let update = self
            .update_gate(bot)
            .update_expression("SET closed_until_ms = :until")
            .condition_expression("closed_until_ms < :until")
            .expression_attribute_values(":until", number(until_ms));
        written(update.send().await).map(drop)
    }

    /// Takes the next place in a gate's line, and answers the gate with it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry: a place may stay empty.
    pub async fn join_line(&self, bot: BotKey) -> AppResult<Gate> {
        let update = self
            .update_gate(bot)
            .update_expression("ADD waiting :one")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew);
        from_item(update.send().await.map_err(unavailable)?.attributes.unwrap_or_default())
    }

    fn update_gate(&self, bot: BotKey) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(Key::Gate(bot).attributes()))
    }
}
