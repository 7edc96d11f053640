//! The lane of a bot: one sender at a time, with a lease and a fence, and what it has to send.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::access::{from_item, is_refusal, number, text, to_attribute, unavailable, update_step, written};
use super::{Key, Store};
use crate::domain::outreach::{Execution, Priority};
use crate::error::{AppError, AppResult};
use crate::ids::{BotKey, ExecutionId, OutreachCampaignId, UserId};

/// How often a lane is woken or told that ends and is woken meanwhile.
const WAKE_TRIES: usize = 5;

/// Behind every priority.
const DELETES_RANK: u64 = 9;

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

/// What a lane has to send of one execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneWork {
    /// The execution.
    pub execution: ExecutionId,
    /// Its campaign.
    pub campaign: OutreachCampaignId,
    /// Before others.
    pub priority: Priority,
    /// When the execution was made, in Unix seconds: the older first.
    pub created: i64,
    /// The last chunk that is done, by its sort key; `None` before the first.
    #[serde(default)]
    pub done: Option<String>,
    /// How often it was given to the lane: it is taken away as it was read, or not at all.
    #[serde(default)]
    pub given: u64,
    /// Whether what it sent is to be deleted; that comes after everything that is to be sent.
    #[serde(default)]
    pub deletes: bool,
}

impl Lane {
    /// Whether messages of an execution may be on their way: one that lost its lease is dead.
    #[must_use]
    pub fn is_at(&self, execution: &ExecutionId, now_ms: i64) -> bool {
        self.at_execution.as_ref() == Some(execution) && self.lease_until_ms > now_ms
    }
}

impl LaneWork {
    /// What a lane has to send of an execution, from its first chunk on.
    #[must_use]
    pub fn of(execution: &Execution) -> Self {
        Self {
            execution: execution.id.clone(),
            campaign: execution.campaign.clone(),
            priority: execution.priority,
            created: execution.created,
            done: None,
            given: 0,
            deletes: false,
        }
    }

    fn key(&self, bot: BotKey) -> Key<'_> {
        let rank = if self.deletes { DELETES_RANK } else { self.priority.rank() };
        Key::LaneWork { bot, rank, created: self.created, execution: &self.execution }
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

    /// Gives a lane something to send. What it has already is gone through anew; who was sent to stands in the ledgers.
    /// Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn give_work(&self, bot: BotKey, work: &LaneWork) -> AppResult<()> {
        let set = "SET #execution = :execution, campaign = :campaign, priority = :priority, created = :created, \
                   deletes = :deletes REMOVE done ADD given :one";
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(work.key(bot).attributes()))
            .update_expression(set)
            .expression_attribute_names("#execution", "execution")
            .expression_attribute_values(":execution", text(&work.execution))
            .expression_attribute_values(":campaign", text(&work.campaign))
            .expression_attribute_values(":priority", to_attribute(&work.priority)?)
            .expression_attribute_values(":created", number(work.created))
            .expression_attribute_values(":deletes", AttributeValue::Bool(work.deletes))
            .expression_attribute_values(":one", number(1));
        update.send().await.map_err(unavailable).map(drop)
    }

    /// Gives a lane something more to send of an execution, in the transaction that writes it. What it has stays as far as
    /// it is.
    pub(super) fn work_step(&self, bot: BotKey, work: &LaneWork) -> AppResult<TransactWriteItem> {
        let set = "SET #execution = :execution, campaign = :campaign, priority = :priority, created = :created, \
                   deletes = :deletes ADD given :one";
        let update = self
            .update(&work.key(bot))
            .update_expression(set)
            .expression_attribute_names("#execution", "execution")
            .expression_attribute_values(":execution", text(&work.execution))
            .expression_attribute_values(":campaign", text(&work.campaign))
            .expression_attribute_values(":priority", to_attribute(&work.priority)?)
            .expression_attribute_values(":created", number(work.created))
            .expression_attribute_values(":deletes", AttributeValue::Bool(work.deletes))
            .expression_attribute_values(":one", number(1));
        update_step(update)
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

    /// What a lane sends first.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn next_work(&self, bot: BotKey) -> AppResult<Option<LaneWork>> {
        let none = ExecutionId::default();
        let key = Key::LaneWork { bot, rank: 0, created: 0, execution: &none };
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
            .expression_attribute_values(":pk", text(key.partition()))
            .expression_attribute_values(":prefix", text("WORK#"))
            .limit(1);
        let found = query.send().await.map_err(unavailable)?.items.unwrap_or_default().pop();
        found.map(from_item).transpose()
    }

    /// Takes from a lane what is done, or stands still, unless it was given again since it was read. Twice is the same as
    /// once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn take_work_away(&self, bot: BotKey, work: &LaneWork) -> AppResult<()> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(work.key(bot).attributes()))
            .condition_expression("given = :given")
            .expression_attribute_values(":given", number(work.given));
        written(delete.send().await).map(drop)
    }

    /// Notes the last chunk that is done of what a lane sends, unless it is gone through anew since it was read. Twice is
    /// the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_chunk_done(&self, bot: BotKey, work: &LaneWork, chunk: &str) -> AppResult<()> {
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(work.key(bot).attributes()))
            .update_expression("SET done = :done")
            .condition_expression("attribute_exists(PK) AND attribute_not_exists(done)")
            .expression_attribute_values(":done", text(chunk));
        if let Some(before) = &work.done {
            update = update
                .condition_expression("done = :before")
                .expression_attribute_values(":before", text(before));
        }
        written(update.send().await).map(drop)
    }

    /// Notes that outreach of a campaign reached a contact, or may have. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_outreach(
        &self,
        bot: BotKey,
        user: UserId,
        campaign: &OutreachCampaignId,
        now: i64,
    ) -> AppResult<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Contact(bot.account, bot.bot, user).attributes()))
            .update_expression("SET last_outreach = :now ADD received :campaign")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":campaign", AttributeValue::Ss(vec![campaign.to_string()]));
        written(update.send().await).map(drop)
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
