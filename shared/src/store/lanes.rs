//! The lane of a bot: one sender at a time, with a lease and a fence, and what it has to send.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use serde::{Deserialize, Serialize};

use super::access::{from_item, is_refusal, number, text, to_item, unavailable, written};
use super::{Key, Store};
use crate::domain::outreach::Priority;
use crate::error::AppResult;
use crate::ids::{BotId, BotKey, ExecutionId, OutreachCampaignId};

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
    /// The last chunk that was gone through, by its sort key; `None` before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
    /// When the first of those may be sent to who have to wait in the chunks gone through, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_ms: Option<i64>,
    /// Before this nobody of it may be sent to, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before_ms: Option<i64>,
}

/// What a lane has to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextWork {
    /// This.
    Ready(LaneWork),
    /// All that it has waits; the first until this moment, in Unix milliseconds.
    Waits(i64),
    /// Nothing.
    Nothing,
}

impl LaneWork {
    fn key(&self, bot: BotKey) -> Key<'_> {
        Key::LaneWork { bot, rank: self.priority.rank(), created: self.created, execution: &self.execution }
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

    /// Gives a lane something to send. What it has already is gone through anew, and waits no longer; who was sent to
    /// stands in the ledgers. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn give_work(&self, bot: BotKey, work: &LaneWork) -> AppResult<()> {
        let put = self.client.put_item().table_name(&self.table);
        let put = put.set_item(Some(to_item(&work.key(bot), work)?));
        if written(put.condition_expression("attribute_not_exists(PK)").send().await)? {
            return Ok(());
        }
        let anew = self.update_work(bot, work).update_expression("REMOVE done, again_ms, not_before_ms");
        written(anew.condition_expression("attribute_exists(PK)").send().await).map(drop)
    }

    /// Tells a lane that there is work. Answers the turn that needs a token: that of a lane that had nothing to do.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `None`, and the lane lacks its token until it is restored.
    pub async fn wake_lane(&self, bot: BotKey, now_ms: i64) -> AppResult<Option<u64>> {
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
        let tells = self.update_lane(bot).update_expression("ADD told :one");
        tells.expression_attribute_values(":one", number(1)).send().await.map_err(unavailable)?;
        Ok(None)
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
            .update_expression("SET lease_until_ms = :until ADD fence :one")
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
            .update_expression("SET lease_until_ms = :now ADD turn :one")
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
            .update_expression("SET lease_until_ms = :until")
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
            .update_expression("SET idle = :yes, lease_until_ms = :never")
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

    /// What a lane sends first at a moment, in Unix milliseconds.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn next_work(&self, bot: BotKey, now_ms: i64) -> AppResult<NextWork> {
        let none = ExecutionId::default();
        let key = Key::LaneWork { bot, rank: 0, created: 0, execution: &none };
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
            .expression_attribute_values(":pk", text(key.partition()))
            .expression_attribute_values(":prefix", text("WORK#"));
        let mut next = NextWork::Nothing;
        for item in query.send().await.map_err(unavailable)?.items.unwrap_or_default() {
            let work: LaneWork = from_item(item)?;
            next = match (work.not_before_ms.filter(|moment_ms| *moment_ms > now_ms), next) {
                (None, _) => return Ok(NextWork::Ready(work)),
                (Some(moment_ms), NextWork::Waits(other_ms)) => NextWork::Waits(moment_ms.min(other_ms)),
                (Some(moment_ms), _) => NextWork::Waits(moment_ms),
            };
        }
        Ok(next)
    }

    /// Takes from a lane what is done, or stands still. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn take_work_away(&self, bot: BotKey, work: &LaneWork) -> AppResult<()> {
        let delete = self.client.delete_item().table_name(&self.table);
        let delete = delete.set_key(Some(work.key(bot).attributes()));
        delete.send().await.map_err(unavailable).map(drop)
    }

    /// Notes the last chunk that is done of what a lane sends, unless that was changed since it was read.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_chunk_done(&self, bot: BotKey, work: &LaneWork, chunk: &str) -> AppResult<()> {
        let update = as_read(self.update_work(bot, work), work).update_expression("SET done = :chunk");
        written(update.expression_attribute_values(":chunk", text(chunk)).send().await).map(drop)
    }

    /// Notes that a chunk was gone through in which somebody has to wait, the first until a moment in Unix milliseconds;
    /// unless what the lane sends was changed since it was read.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_chunk_waits(
        &self,
        bot: BotKey,
        work: &LaneWork,
        chunk: &str,
        until_ms: i64,
    ) -> AppResult<()> {
        let first_ms = work.again_ms.map_or(until_ms, |known_ms| known_ms.min(until_ms));
        let update = as_read(self.update_work(bot, work), work)
            .update_expression("SET done = :chunk, again_ms = :first")
            .expression_attribute_values(":chunk", text(chunk))
            .expression_attribute_values(":first", number(first_ms));
        written(update.send().await).map(drop)
    }

    /// Lets work whose chunks were all gone through wait until the first may be sent to of those who have to wait; its
    /// chunks are gone through anew then. Nothing if it was changed since it was read.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn put_work_off(&self, bot: BotKey, work: &LaneWork, until_ms: i64) -> AppResult<()> {
        let update = as_read(self.update_work(bot, work), work)
            .update_expression("SET not_before_ms = :until REMOVE done, again_ms")
            .expression_attribute_values(":until", number(until_ms));
        written(update.send().await).map(drop)
    }

    /// Notes that a bot has done its part of an execution, and answers all bots that have. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_part_done(&self, bot: BotKey, execution: &ExecutionId) -> AppResult<BTreeSet<BotId>> {
        let done = AttributeValue::Ns(vec![bot.bot.to_string()]);
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Execution(bot.account, execution).attributes()))
            .update_expression("ADD bots_done :bot")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":bot", done)
            .return_values(ReturnValue::UpdatedNew);
        let answer = match update.send().await {
            Ok(answer) => answer.attributes.unwrap_or_default(),
            Err(error) if is_refusal(&error) => return Ok(BTreeSet::new()),
            Err(error) => return Err(unavailable(error)),
        };
        let done = answer.get("bots_done").and_then(|bots| bots.as_ns().ok()).into_iter().flatten();
        Ok(done.filter_map(|bot| bot.parse().ok().map(BotId)).collect())
    }

    fn update_work(&self, bot: BotKey, work: &LaneWork) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(work.key(bot).attributes()))
    }

    fn update_lane(&self, bot: BotKey) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(Key::Lane(bot).attributes()))
    }
}

/// A change of work that is refused if the work is not as it was read any more.
fn as_read(update: UpdateItemFluentBuilder, work: &LaneWork) -> UpdateItemFluentBuilder {
    let (mut update, mut conditions) = (update, vec!["attribute_exists(PK)".to_owned()]);
    let fields = [("done", work.done.as_ref().map(text)), ("again_ms", work.again_ms.map(number))];
    for (name, value) in fields {
        conditions.push(match value {
            Some(value) => {
                update = update.expression_attribute_values(format!(":{name}"), value);
                format!("{name} = :{name}")
            }
            None => format!("attribute_not_exists({name})"),
        });
    }
    update.condition_expression(conditions.join(" AND "))
}

/// The lane after a write; `None` if its condition refused it.
async fn moved(update: UpdateItemFluentBuilder) -> AppResult<Option<Lane>> {
    match update.return_values(ReturnValue::AllNew).send().await {
        Ok(answer) => from_item(answer.attributes.unwrap_or_default()).map(Some),
        Err(error) if is_refusal(&error) => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}
