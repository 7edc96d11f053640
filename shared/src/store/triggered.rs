//! People who are added one by one to an execution that sends already.

use aws_sdk_dynamodb::types::AttributeValue;

use super::access::{put_step, text, to_attribute, update_step, written};
use super::count_keys::CountKey;
use super::{Chunk, ChunkPlace, Key, LaneWork, Store};
use crate::domain::outreach::{Execution, ExecutionStatus, OutreachCounters};
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, ExecutionId, UserId};

/// One person more.
#[derive(Clone, Copy, Debug)]
pub struct TriggeredWrite<'a> {
    /// The execution as it was read.
    pub before: &'a Execution,
    /// The same with them.
    pub after: &'a Execution,
    /// Which version the campaign must have.
    pub version: u64,
    /// The chunk that they are.
    pub chunk: &'a Chunk,
    /// Who.
    pub user: UserId,
}

/// What became of such a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggeredFate {
    /// They are added.
    Written,
    /// They were added before, got the campaign otherwise, or are gone.
    Known,
    /// The campaign or the execution was changed since.
    Overtaken,
}

impl Store {
    /// Adds a person to an execution, once for all executions of its campaign, with what their bot's lane has to send: all or
    /// nothing. The lane is to be woken afterwards.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`TriggeredFate::Known`] by the first attempt.
    pub async fn add_triggered(
        &self,
        account: AccountId,
        write: TriggeredWrite<'_>,
    ) -> AppResult<TriggeredFate> {
        let TriggeredWrite { before, after, version, chunk, user } = write;
        let (execution, campaign) = (&before.id, &before.campaign);
        let bot = BotKey { account, bot: chunk.bot };
        let mark = self
            .update(&Key::Contact(account, chunk.bot, user))
            .update_expression("ADD triggered :campaigns")
            .condition_expression(
                "attribute_exists(PK) AND NOT contains(triggered, :campaign) AND NOT contains(received, :campaign)",
            )
            .expression_attribute_values(":campaigns", AttributeValue::Ss(vec![campaign.to_string()]))
            .expression_attribute_values(":campaign", text(campaign));
        let control = self
            .update(&Key::Execution(account, execution))
            .update_expression("SET bots = :bots, counts = :counts")
            .condition_expression("#status = :running AND bots = :before")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":running", to_attribute(&ExecutionStatus::Running)?)
            .expression_attribute_values(":before", to_attribute(&before.bots)?)
            .expression_attribute_values(":bots", to_attribute(&after.bots)?)
            .expression_attribute_values(":counts", to_attribute(&after.counts)?);
        let key = Key::Chunk(ChunkPlace::of(account, execution, chunk));
        let put = self.new_item(&key, chunk)?.condition_expression("attribute_not_exists(PK)");
        let mut steps = vec![
            update_step(mark)?,
            self.is_at_version(&Key::Outreach(account, campaign), version)?,
            update_step(control)?,
            put_step(put)?,
            self.work_step(bot, &LaneWork::of(after))?,
        ];
        let tasks = OutreachCounters { tasks: 1, ..OutreachCounters::default() };
        steps.extend(self.counted(&Key::Count(CountKey::Total(account, campaign)), &tasks, None)?);
        Ok(match self.transact(steps).await?.map(|refusal| refusal.step) {
            None => TriggeredFate::Written,
            Some(0) => TriggeredFate::Known,
            Some(_) => TriggeredFate::Overtaken,
        })
    }

    /// Notes up to which chunk, by its sort key, everybody has an outcome whom a bot was added: only later ones are looked
    /// at from then on. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_drained(&self, bot: BotKey, execution: &ExecutionId, chunk: &str) -> AppResult<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::ExecutionLane(bot.account, execution, bot.bot).attributes()))
            .update_expression("SET drained = :chunk")
            .expression_attribute_values(":chunk", text(chunk));
        written(update.send().await).map(drop)
    }

    /// Up to which chunk everybody has an outcome whom a bot was added; `None` before any was noted.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn drained(&self, bot: BotKey, execution: &ExecutionId) -> AppResult<Option<String>> {
        let lane = self.get_item(&Key::ExecutionLane(bot.account, execution, bot.bot)).await?;
        Ok(lane.and_then(|lane| lane.get("drained")?.as_s().ok().cloned()))
    }
}
