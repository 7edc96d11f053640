use serde::{Deserialize, Serialize};

use super::access::{number, put_step};
use super::keys::SHARDS;
use super::{Chunk, ChunkPlace, Key, Store};
use crate::domain::outreach::{AudienceCount, BotPart};
use crate::error::AppResult;
use crate::ids::{AccountId, BotId, ExecutionId, UserId};

/// How far an execution is planned in one shard of contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedShard {
    /// How many steps were written; a step names the one that it was made after.
    pub step: u64,
    /// The last person who was looked at; `None` before the first.
    pub cursor: Option<UserId>,
    /// Whether nobody is left.
    pub done: bool,
    /// Which time its people are planned: 0, and 1 for those who are left after a test of variations.
    #[serde(default)]
    pub pass: u64,
    /// How many chunks were written.
    pub chunks: u64,
    /// What the people up to the cursor are to the execution.
    pub counts: AudienceCount,
    /// Those of them who are in chunks, by bot.
    pub bots: Vec<BotPart>,
    /// Those of them who get it and are in no chunk yet, because theirs is not full.
    #[serde(default)]
    pub rest: Vec<RestOfBot>,
}

/// Recipients who wait for others of their bot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestOfBot {
    /// Who sends to them.
    pub bot: BotId,
    /// Who, as [`crate::domain::outreach::Recipient::spell_all`] writes it; fewer than a chunk has.
    pub recipients: String,
}

/// One step of planning a shard.
#[derive(Clone, Copy, Debug)]
pub struct ShardStep<'a> {
    /// Which shard.
    pub shard: u64,
    /// How far it is planned with this step.
    pub after: &'a PlannedShard,
    /// The chunks of the step, at most 99.
    pub chunks: &'a [Chunk],
}

impl Store {
    /// How far an execution is planned in a shard; nowhere if nobody began.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn planned_shard(
        &self,
        account: AccountId,
        execution: &ExecutionId,
        shard: u64,
    ) -> AppResult<PlannedShard> {
        Ok(self.get(&Key::PlannedShard(account, execution, shard)).await?.unwrap_or_default())
    }

    /// How far an execution is planned in each shard that was begun.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn planned_shards(
        &self,
        account: AccountId,
        execution: &ExecutionId,
    ) -> AppResult<Vec<PlannedShard>> {
        self.query(Key::PlannedShard(account, execution, 0).partition(), SHARDS).await
    }

    /// Writes the chunks of a step and how far the shard is planned with it: all or nothing. `false` if another one
    /// wrote a step since the one before this was read.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn write_shard_step(
        &self,
        account: AccountId,
        execution: &ExecutionId,
        step: ShardStep<'_>,
    ) -> AppResult<bool> {
        let ShardStep { shard, after, chunks } = step;
        let mark = self.new_item(&Key::PlannedShard(account, execution, shard), after)?;
        let mark = match after.step {
            0 | 1 => mark.condition_expression("attribute_not_exists(PK)"),
            later => mark
                .condition_expression("step = :before")
                .expression_attribute_values(":before", number(later - 1)),
        };
        let mut steps = vec![put_step(mark)?];
        for chunk in chunks {
            let key = Key::Chunk(ChunkPlace::of(account, execution, chunk));
            let put = self.new_item(&key, chunk)?.condition_expression("attribute_not_exists(PK)");
            steps.push(put_step(put)?);
        }
        Ok(self.transact(steps).await?.is_none())
    }
}
