use super::Chunk;
use super::keys::{chunks_of_shard, execution_partition};
use crate::ids::{AccountId, BotKey, ExecutionId};

/// Which chunk of an execution.
#[derive(Clone, Copy, Debug)]
pub struct ChunkPlace<'a> {
    /// Who sends it.
    pub bot: BotKey,
    /// Of which execution.
    pub execution: &'a ExecutionId,
    /// From which shard of contacts.
    pub shard: u64,
    /// Which one of that shard, from 0.
    pub number: u64,
}

impl<'a> ChunkPlace<'a> {
    /// The place of a chunk.
    #[must_use]
    pub const fn of(account: AccountId, execution: &'a ExecutionId, chunk: &Chunk) -> Self {
        let bot = BotKey { account, bot: chunk.bot };
        Self { bot, execution, shard: chunk.shard, number: chunk.number }
    }

    /// Where it lies, and what belongs to it.
    pub(super) fn partition(&self) -> String {
        execution_partition(self.bot.account, self.execution)
    }

    /// Its place within the partition.
    pub(super) fn sort(&self) -> String {
        format!("{}{:06}", chunks_of_shard(self.bot.bot, self.shard), self.number)
    }

    /// That of what its recipients get, if an endpoint says that.
    pub(super) fn answer_sort(&self) -> String {
        format!("ANSWER#{:010}#{:02}#{:06}", self.bot.bot.0, self.shard, self.number)
    }
}
