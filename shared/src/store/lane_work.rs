//! What a lane has to send, in the order in which it does.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::access::{from_item, number, text, to_attribute, unavailable, update_step, written};
use super::{Key, Store};
use crate::domain::outreach::{Execution, Priority};
use crate::error::AppResult;
use crate::ids::{BotKey, ExecutionId, OutreachCampaignId};

/// Behind every priority.
const DELETES_RANK: u64 = 9;

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
    /// How often it was given to the lane: it is taken away as it was read, or not at all.
    #[serde(default)]
    pub given: u64,
    /// Whether what it sent is to be deleted; that comes after everything that is to be sent.
    #[serde(default)]
    pub deletes: bool,
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
    /// What a lane has to send of an execution, from its first chunk on.
    #[must_use]
    pub fn of(execution: &Execution) -> Self {
        Self {
            execution: execution.id.clone(),
            campaign: execution.campaign.clone(),
            priority: execution.priority,
            created: execution.created,
            done: None,
            again_ms: None,
            not_before_ms: None,
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
    /// Gives a lane something to send. What it has already is gone through anew, and waits no longer; who was sent to
    /// stands in the ledgers. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn give_work(&self, bot: BotKey, work: &LaneWork) -> AppResult<()> {
        let update = self
            .update_work(bot, work)
            .update_expression(
                "SET #execution = :execution, campaign = :campaign, priority = :priority, created = :created, \
                 deletes = :deletes REMOVE done, again_ms, not_before_ms ADD given :one",
            )
            .expression_attribute_names("#execution", "execution")
            .expression_attribute_values(":execution", text(&work.execution))
            .expression_attribute_values(":campaign", text(&work.campaign))
            .expression_attribute_values(":priority", to_attribute(&work.priority)?)
            .expression_attribute_values(":created", number(work.created))
            .expression_attribute_values(":deletes", AttributeValue::Bool(work.deletes))
            .expression_attribute_values(":one", number(1));
        update.send().await.map_err(unavailable).map(drop)
    }

    /// Gives a lane something more to send of an execution. What it has stays as far as it is, and waits no longer. Twice
    /// is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn give_more_work(&self, bot: BotKey, work: &LaneWork) -> AppResult<()> {
        self.transact([self.work_step(bot, work)?]).await.map(drop)
    }

    /// The same in the transaction that writes what there is more.
    pub(super) fn work_step(&self, bot: BotKey, work: &LaneWork) -> AppResult<TransactWriteItem> {
        let set = "SET #execution = :execution, campaign = :campaign, priority = :priority, created = :created, \
                   deletes = :deletes REMOVE not_before_ms ADD given :one";
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

    /// Lets work wait where it is until a moment, in Unix milliseconds; nothing if it was changed since it was read.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn let_work_wait(&self, bot: BotKey, work: &LaneWork, until_ms: i64) -> AppResult<()> {
        let update = as_read(self.update_work(bot, work), work)
            .update_expression("SET not_before_ms = :until")
            .expression_attribute_values(":until", number(until_ms));
        written(update.send().await).map(drop)
    }

    fn update_work(&self, bot: BotKey, work: &LaneWork) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(work.key(bot).attributes()))
    }
}

/// A change of work that is refused if the work is not as it was read any more.
fn as_read(update: UpdateItemFluentBuilder, work: &LaneWork) -> UpdateItemFluentBuilder {
    let mut update = update.expression_attribute_values(":given", number(work.given));
    let mut conditions = vec!["given = :given".to_owned()];
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
