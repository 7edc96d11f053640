//! How far a bot is with taking back the messages of an execution: written on what it was, under the lane's fence.

use super::access::{number, put_step, to_item, update_step, written};
use super::{Key, Store};
use crate::domain::outreach::Deletion;
use crate::error::AppResult;
use crate::ids::{BotKey, ExecutionId};

impl Store {
    /// How far a bot is with taking back an execution; `None` if nobody asked for that.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn deletion(&self, bot: BotKey, execution: &ExecutionId) -> AppResult<Option<Deletion>> {
        self.get(&Key::Deletion(bot.account, execution, bot.bot)).await
    }

    /// Notes that a bot is to take back an execution, unless that was noted before. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn begin_deletion(&self, bot: BotKey, execution: &ExecutionId) -> AppResult<()> {
        let put = self.client.put_item().table_name(&self.table);
        let key = Key::Deletion(bot.account, execution, bot.bot);
        let put = put.set_item(Some(to_item(&key, &Deletion::default())?));
        written(put.condition_expression("attribute_not_exists(PK)").send().await).map(drop)
    }

    /// Writes the next step. `false` if another one wrote one since the step before this was read, or the lane is
    /// somebody else's.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt: read it again.
    pub async fn write_deletion(
        &self,
        bot: BotKey,
        fence: u64,
        execution: &ExecutionId,
        after: &Deletion,
        sent_ms: i64,
    ) -> AppResult<bool> {
        let put = self
            .new_item(&Key::Deletion(bot.account, execution, bot.bot), after)?
            .condition_expression("step = :before")
            .expression_attribute_values(":before", number(after.step.saturating_sub(1)));
        let lane = self
            .update(&Key::Lane(bot))
            .update_expression("SET sent_ms = :sent")
            .condition_expression("fence = :fence")
            .expression_attribute_values(":fence", number(fence))
            .expression_attribute_values(":sent", number(sent_ms));
        Ok(self.transact(vec![put_step(put)?, update_step(lane)?]).await?.is_none())
    }
}
