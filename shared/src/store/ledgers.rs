//! The ledger of a chunk: written on what it was, under the lane's fence, together with what is counted.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};

use super::access::{incomplete, number, text, to_attribute, unavailable, update_step};
use super::{Chunk, ChunkPlace, ChunkState, Key, OutreachOutcome, Store};
use crate::domain::outreach::{ExecutionStatus, Ledger};
use crate::error::AppResult;
use crate::ids::{BotKey, ExecutionId};

/// What is written before or after a group.
#[derive(Clone, Copy, Debug)]
pub struct LedgerWrite<'a> {
    /// Whose lane.
    pub bot: BotKey,
    /// Under which number it was taken.
    pub fence: u64,
    /// Of which execution.
    pub execution: &'a ExecutionId,
    /// The chunk as it was read or written last.
    pub chunk: &'a Chunk,
    /// As it is then.
    pub ledger: &'a Ledger,
    /// What became known, to be counted with it.
    pub outcome: &'a OutreachOutcome,
    /// When the lane last sent something, in Unix milliseconds.
    pub sent_ms: i64,
    /// Where the execution must be, because a group is about to leave; `None` if none is.
    pub begins_in: Option<ExecutionStatus>,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerFate {
    /// It is written.
    Written,
    /// The execution is no longer where it must be: nothing is written, and the group must not leave.
    Halted,
    /// The campaign has not the Stars that the group takes: as halted.
    OverStars,
    /// The ledger was written since, or the lane is somebody else's.
    Refused,
}

/// The step of a write that holds the execution to its status, behind those of the chunk and of the lane.
const HALTED_STEP: usize = 2;

impl Store {
    /// The next chunk of a bot in an execution after one of it, by its sort key; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn next_chunk(
        &self,
        bot: BotKey,
        execution: &ExecutionId,
        after: Option<&str>,
    ) -> AppResult<Option<(String, Chunk)>> {
        let first = Key::Chunk(ChunkPlace { bot, execution, shard: 0, number: 0 });
        let last = Key::Chunk(ChunkPlace { bot, execution, shard: 99, number: 999_999 });
        // Behind the last one that is done; `!` follows it directly.
        let from = after.map_or_else(|| first.sort(), |after| format!("{after}!"));
        let query = self.between(first.partition(), from, last.sort()).limit(1);
        let found = query.send().await.map_err(unavailable)?.items.unwrap_or_default().pop();
        let Some(item) = found else { return Ok(None) };
        let sort = item.get("SK").and_then(|sort| sort.as_s().ok()).cloned().unwrap_or_default();
        Ok(Some((sort, super::access::from_item(item)?)))
    }

    /// One chunk of a bot in an execution.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn chunk(
        &self,
        bot: BotKey,
        execution: &ExecutionId,
        shard: u64,
        number: u64,
    ) -> AppResult<Option<Chunk>> {
        self.get(&Key::Chunk(ChunkPlace { bot, execution, shard, number })).await
    }

    /// Writes a ledger, what is counted with it, and that the lane is at it: all or nothing.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`LedgerFate::Refused`] by the first attempt: read it again.
    pub async fn write_ledger(&self, write: LedgerWrite<'_>) -> AppResult<LedgerFate> {
        let LedgerWrite { bot, fence, execution, chunk, ledger, outcome, sent_ms, begins_in } = write;
        let key = Key::Chunk(ChunkPlace::of(bot.account, execution, chunk));
        let state = if ledger.is_done() { ChunkState::Done } else { ChunkState::Begun };
        let condition = match &chunk.ledger {
            Some(_) => "ledger = :before",
            None => "attribute_exists(PK) AND attribute_not_exists(ledger)",
        };
        let mut entry = self
            .update(&key)
            .update_expression("SET ledger = :after, #state = :state")
            .condition_expression(condition)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":after", text(ledger))
            .expression_attribute_values(":state", to_attribute(&state)?);
        if let Some(before) = &chunk.ledger {
            entry = entry.expression_attribute_values(":before", text(before));
        }
        let mut lane = self
            .update(&Key::Lane(bot))
            .condition_expression("fence = :fence")
            .expression_attribute_values(":fence", number(fence))
            .expression_attribute_values(":sent", number(sent_ms));
        lane = match ledger.is_under_way() {
            true => lane
                .update_expression("SET sent_ms = :sent, at_execution = :at")
                .expression_attribute_values(":at", text(execution)),
            false => lane.update_expression("SET sent_ms = :sent REMOVE at_execution"),
        };
        let mut steps = vec![update_step(entry)?, update_step(lane)?];
        if let Some(status) = begins_in {
            steps.push(self.stands_in(&Key::Execution(bot.account, execution), status)?);
        }
        let counted = steps.len();
        steps.extend(self.outcome_steps(bot.account, outcome)?);
        Ok(match self.transact(steps).await?.map(|refusal| refusal.step) {
            None => LedgerFate::Written,
            Some(step) if step == counted && outcome.stars.reserved > 0 => LedgerFate::OverStars,
            Some(HALTED_STEP) => LedgerFate::Halted,
            Some(_) => LedgerFate::Refused,
        })
    }

    /// A step of a transaction that changes nothing and refuses an execution that is elsewhere.
    fn stands_in(&self, execution: &Key<'_>, status: ExecutionStatus) -> AppResult<TransactWriteItem> {
        let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(execution.attributes()));
        let check = check
            .condition_expression("#status = :status")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", to_attribute(&status)?);
        let check = check.build().map_err(incomplete)?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
