use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;

use super::access::{from_item, number, unavailable, written};
use super::{Key, Store};
use crate::domain::gate::{Gate, STEP_MS};
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

    /// Closes a gate, never for less than it is closed. The line goes on where it ends: who has a turn after the opening
    /// keeps it, and everybody else comes after those. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn close_gate(&self, bot: BotKey, until_ms: i64) -> AppResult<()> {
        let begins = self
            .update_gate(bot)
            .update_expression("SET closed_until_ms = :until, line_end_ms = :until")
            .condition_expression("attribute_not_exists(line_end_ms) OR line_end_ms < :until")
            .expression_attribute_values(":until", number(until_ms));
        if written(begins.send().await)? {
            return Ok(());
        }
        // The line ends after the opening, and it only ever grows.
        let goes_on = self
            .update_gate(bot)
            .update_expression("SET closed_until_ms = :until")
            .condition_expression("attribute_not_exists(closed_until_ms) OR closed_until_ms < :until")
            .expression_attribute_values(":until", number(until_ms));
        written(goes_on.send().await).map(drop)
    }

    /// Takes the next place in a gate's line, and answers its turn, in Unix milliseconds.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry: a place may stay empty.
    pub async fn join_line(&self, bot: BotKey) -> AppResult<i64> {
        let update = self
            .update_gate(bot)
            .update_expression("ADD line_end_ms :step")
            .expression_attribute_values(":step", number(STEP_MS))
            .return_values(ReturnValue::AllNew);
        let gate: Gate = from_item(update.send().await.map_err(unavailable)?.attributes.unwrap_or_default())?;
        Ok(gate.last_turn_ms())
    }

    fn update_gate(&self, bot: BotKey) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(Key::Gate(bot).attributes()))
    }
}
