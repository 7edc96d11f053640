//! The lane of a bot: one sender at a time, with a lease and a fence.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use serde::{Deserialize, Serialize};

use super::access::{from_item, is_refusal, number, unavailable, written};
use super::{Key, Store};
use crate::error::{AppError, AppResult};
use crate::ids::{BotKey, ExecutionId};

/// How often a lane is woken or told that ends and is woken meanwhile.
const WAKE_TRIES: usize = 5;

/// A bot's lane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// Which token of the queue may be worked: an older one is a stray.
    #[serde(default)]
    pub turn: u64,
    /// Who took the lane last: a ledger is written under this number alone.
    #[serde(default)]
    pub fence: u64,
    /// Until when whoever took it has it, or everybody waits, in Unix milliseconds.
    #[serde(default)]
    pub lease_until_ms: i64,
    /// How often it was told of new work.
    #[serde(default)]
    pub told: u64,
    /// Whether it has nothing to do, and no token.
    #[serde(default)]
    pub idle: bool,
    /// When it last sent something, in Unix milliseconds.
    #[serde(default)]
    pub sent_ms: i64,
    /// The execution of which messages may be on their way.
    #[serde(default)]
    pub at_execution: Option<ExecutionId>,
}

impl Lane {
    /// Whether messages of an execution may be on their way: one that lost its lease is dead.
    #[must_use]
    pub fn is_at(&self, execution: &ExecutionId, now_ms: i64) -> bool {
        self.at_execution.as_ref() == Some(execution) && self.lease_until_ms > now_ms
    }
}

impl Store {
    /// A bot's lane as it is now.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn lane(&self, bot: BotKey) -> AppResult<Lane> {
        Ok(self.get(&Key::Lane(bot)).await?.unwrap_or(Lane { idle: true, ..Lane::default() }))
    }

    /// Tells a lane that there is work. Answers the turn that needs a token: that of a lane that had nothing to do.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `None`, and the lane lacks its token until it is restored.
    pub async fn wake_lane(&self, bot: BotKey, now_ms: i64) -> AppResult<Option<u64>> {
        for _ in 0..WAKE_TRIES {
            let wakes = self
                .update_lane(bot)
                .update_expression("SET idle = :no, lease_until_ms = :now ADD told :one, turn :one")
                .condition_expression("attribute_not_exists(PK) OR idle = :yes")
                .expression_attribute_values(":yes", AttributeValue::Bool(true))
                .expression_attribute_values(":no", AttributeValue::Bool(false))
                .expression_attribute_values(":now", number(now_ms))
                .expression_attribute_values(":one", number(1));
            if let Some(lane) = moved(wakes).await? {
                return Ok(Some(lane.turn));
            }
            // It may end between the two.
            let tells = self
                .update_lane(bot)
                .update_expression("ADD told :one")
                .condition_expression("idle = :no")
                .expression_attribute_values(":no", AttributeValue::Bool(false))
                .expression_attribute_values(":one", number(1));
            if written(tells.send().await)? {
                return Ok(None);
            }
        }
        Err(AppError::unavailable("a lane ends again and again"))
    }

    /// Takes a lane for whoever has the token of this turn; `None` if it is a stray, or somebody has the lane.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `None` until the lease is over.
    pub async fn take_lane(
        &self,
        bot: BotKey,
        turn: u64,
        now_ms: i64,
        until_ms: i64,
    ) -> AppResult<Option<Lane>> {
        let takes = self
            .update_lane(bot)
            // Whoever had it before is dead, and nothing of theirs is on its way any more.
            .update_expression("SET lease_until_ms = :until REMOVE at_execution ADD fence :one")
            .condition_expression("turn = :turn AND idle = :no AND lease_until_ms <= :now")
            .expression_attribute_values(":turn", number(turn))
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":now", number(now_ms))
            .expression_attribute_values(":until", number(until_ms))
            .expression_attribute_values(":one", number(1));
        moved(takes).await
    }

    /// Lets a lane go for its next turn, and answers that; `None` if somebody else has taken it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `None`, and the lane lacks its token until it is restored.
    pub async fn pass_lane(&self, bot: BotKey, fence: u64, now_ms: i64) -> AppResult<Option<u64>> {
        let passes = self
            .update_lane(bot)
            .update_expression("SET lease_until_ms = :now REMOVE at_execution ADD turn :one")
            .condition_expression("fence = :fence")
            .expression_attribute_values(":fence", number(fence))
            .expression_attribute_values(":now", number(now_ms))
            .expression_attribute_values(":one", number(1));
        Ok(moved(passes).await?.map(|lane| lane.turn))
    }

    /// Lets a lane wait until a moment, with the token that it has. Nothing if somebody else has taken it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn rest_lane(&self, bot: BotKey, fence: u64, until_ms: i64) -> AppResult<()> {
        let rests = self
            .update_lane(bot)
            .update_expression("SET lease_until_ms = :until REMOVE at_execution")
            .condition_expression("fence = :fence")
            .expression_attribute_values(":fence", number(fence))
            .expression_attribute_values(":until", number(until_ms));
        written(rests.send().await).map(drop)
    }

    /// Ends a lane that has nothing to do, unless it was told of work since it was taken; whether it is ended.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false`.
    pub async fn end_lane(&self, bot: BotKey, taken: &Lane) -> AppResult<bool> {
        let ends = self
            .update_lane(bot)
            .update_expression("SET idle = :yes, lease_until_ms = :never REMOVE at_execution")
            .condition_expression("fence = :fence AND told = :told")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":never", number(0))
            .expression_attribute_values(":fence", number(taken.fence))
            .expression_attribute_values(":told", number(taken.told));
        written(ends.send().await)
    }

    /// Gives a lane a fresh turn whose last one nobody took or ended since a moment, in Unix milliseconds: its token is
    /// lost. `None` for a lane that is well.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry after as long.
    pub async fn restore_lane(&self, bot: BotKey, since_ms: i64, now_ms: i64) -> AppResult<Option<u64>> {
        let restores = self
            .update_lane(bot)
            .update_expression("SET lease_until_ms = :now ADD turn :one")
            .condition_expression("idle = :no AND lease_until_ms < :since")
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":since", number(since_ms))
            .expression_attribute_values(":now", number(now_ms))
            .expression_attribute_values(":one", number(1));
        Ok(moved(restores).await?.map(|lane| lane.turn))
    }

    fn update_lane(&self, bot: BotKey) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(Key::Lane(bot).attributes()))
    }
}

/// The lane after a write; `None` if its condition refused it.
async fn moved(update: UpdateItemFluentBuilder) -> AppResult<Option<Lane>> {
    match update.return_values(ReturnValue::AllNew).send().await {
        Ok(answer) => from_item(answer.attributes.unwrap_or_default()).map(Some),
        Err(error) if is_refusal(&error) => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}
