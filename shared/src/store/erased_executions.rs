//! What executions keep of one person, and its removal. Each write stands on what was read, so that it undoes nothing that
//! others wrote meanwhile.

use super::access::{from_item, text, to_attribute, unavailable, written};
use super::keys::chunks_of_shard;
use super::{Chunk, ChunkPlace, Key, Store};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, ExecutionId, UserId};

/// A list of testers to take somebody out of.
#[derive(Clone, Copy, Debug)]
pub enum TestersOf<'a> {
    /// Whom test executions go to from now on.
    Account,
    /// Whom this execution goes to.
    Execution(&'a ExecutionId),
}

impl Store {
    /// The chunks of one bot that may name a person: those of a shard in whose text the id is found.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn chunks_naming(
        &self,
        account: AccountId,
        execution: &ExecutionId,
        (bot, shard): (BotId, u64),
        user: UserId,
    ) -> AppResult<Vec<Chunk>> {
        let partition = Key::Execution(account, execution).partition();
        let prefix = chunks_of_shard(bot, shard);
        let pages = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
            .filter_expression("contains(recipients, :user)")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":prefix", text(prefix))
            .expression_attribute_values(":user", text(format!("{user}:")))
            .into_paginator()
            .items()
            .send();
        let items = pages.collect::<Result<Vec<_>, _>>().await.map_err(unavailable)?;
        items.into_iter().map(from_item).collect()
    }

    /// Replaces who is in a chunk, and nothing else of it; `false` if that is not what it was read as.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn replace_recipients(
        &self,
        account: AccountId,
        execution: &ExecutionId,
        chunk: &Chunk,
        recipients: &str,
    ) -> AppResult<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Chunk(ChunkPlace::of(account, execution, chunk)).attributes()))
            .update_expression("SET recipients = :after")
            .condition_expression("recipients = :before")
            .expression_attribute_values(":before", text(&chunk.recipients))
            .expression_attribute_values(":after", text(recipients));
        written(update.send().await)
    }

    /// Replaces a list of testers, and nothing else of its item; `false` if that is not what it was read as.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn replace_testers(
        &self,
        account: AccountId,
        of: TestersOf<'_>,
        before: &[UserId],
        after: &[UserId],
    ) -> AppResult<bool> {
        let key = match of {
            TestersOf::Account => Key::Testers(account),
            TestersOf::Execution(execution) => Key::ExecutionPlan(account, execution),
        };
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression("SET testers = :after")
            .condition_expression("testers = :before")
            .expression_attribute_values(":before", to_attribute(&before)?)
            .expression_attribute_values(":after", to_attribute(&after)?);
        written(update.send().await)
    }

    /// Who comes before a place in the walk over a shard of people; `None` if nobody does.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn person_before(&self, account: AccountId, user: UserId) -> AppResult<Option<UserId>> {
        let person = Key::Person(account, user);
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND SK < :sk")
            .projection_expression("SK")
            .expression_attribute_values(":pk", text(person.partition()))
            .expression_attribute_values(":sk", text(person.sort()))
            .scan_index_forward(false)
            .limit(1)
            .send()
            .await
            .map_err(unavailable)?;
        let Some(last) = answer.items.unwrap_or_default().into_iter().next() else { return Ok(None) };
        let id = last.get("SK").and_then(|sort| sort.as_s().ok()).and_then(|sort| sort.split('#').next());
        let id = id.and_then(|id| id.parse().ok());
        id.map(Some).ok_or_else(|| AppError::unavailable("the key of a contact does not read"))
    }
}
