//! The chunks of an execution as they are read after the fact.

use super::access::{from_item, text, unavailable};
use super::{Chunk, ChunkPlace, Key, Store};
use crate::error::AppResult;
use crate::ids::{BotKey, ExecutionId};

/// Some chunks of a bot in an execution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChunkPage {
    /// In the order of shards and numbers.
    pub chunks: Vec<Chunk>,
    /// Whether there may be more behind them.
    pub is_part: bool,
}

impl Store {
    /// Some chunks of a bot in an execution, at most `limit`, from this number of this shard on.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn chunks_from(
        &self,
        bot: BotKey,
        execution: &ExecutionId,
        (shard, number): (u64, u64),
        limit: i32,
    ) -> AppResult<ChunkPage> {
        let at = |shard, number| Key::Chunk(ChunkPlace { bot, execution, shard, number });
        let (first, last) = (at(shard, number), at(99, 999_999));
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("PK = :pk AND SK BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(first.partition()))
            .expression_attribute_values(":first", text(first.sort()))
            .expression_attribute_values(":last", text(last.sort()))
            .limit(limit);
        let page = query.send().await.map_err(unavailable)?;
        let chunks = page.items.unwrap_or_default().into_iter().map(from_item);
        Ok(ChunkPage {
            chunks: chunks.collect::<AppResult<_>>()?,
            is_part: page.last_evaluated_key.is_some(),
        })
    }
}
