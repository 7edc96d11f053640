use serde::{Deserialize, Serialize};

use super::access::{from_item, number, unavailable, written};
use super::keys::due_shard;
use super::{Key, Store};
use crate::error::AppResult;

/// Sorts behind every other moment: thirteen nines.
const LAST_MS: i64 = 9_999_999_999_999;

/// How long before a sweep of its minute an item is surely written, in milliseconds: more than a write takes with all
/// its retries, and clocks differ by.
const WRITTEN_WITHIN_MS: i64 = 10_000;

/// Which queue a due item goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueQueue {
    /// The queue of messages; also of items that name none.
    #[default]
    Welcomes,
    /// The queue of postbacks that are tried again.
    Retries,
    /// The queue of the standing checks of bots.
    Bots,
}

/// Something to be done at a time further away than a queue can delay it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// When, in Unix milliseconds.
    pub due_ms: i64,
    /// The same for what is written again.
    pub id: String,
    /// What, as its queue spells it.
    pub task: String,
    /// Where it goes.
    #[serde(default)]
    pub queue: DueQueue,
    /// The group that the queue is fair by; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
}

impl Due {
    /// Where it lies if it is written now: what is due before the next sweep is added to the minute after it.
    pub(super) fn unswept_key(&self, now_ms: i64) -> Key<'_> {
        let unswept = (now_ms + WRITTEN_WITHIN_MS).div_euclid(60_000) + 1;
        self.key(self.due_ms.div_euclid(60_000).max(unswept))
    }

    fn key(&self, minute: i64) -> Key<'_> {
        Key::Due { minute, shard: due_shard(&self.id), due_ms: self.due_ms, id: &self.id }
    }
}

/// How far due items were swept.
#[derive(Serialize, Deserialize)]
struct Cursor {
    minute: i64,
}

impl Store {
    /// Writes something down until it is due. What is due before the next sweep lies in a minute that is still to be
    /// swept, and is at most as late as that sweep. Twice within a minute is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn put_due(&self, due: &Due, now_ms: i64) -> AppResult<()> {
        self.put(&due.unswept_key(now_ms), due).await
    }

    /// What is swept with one minute since 1970, of one of [`super::DUE_SHARDS`] shards, the earliest first.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn dues(&self, minute: i64, shard: u64) -> AppResult<Vec<Due>> {
        let first = Key::Due { minute, shard, due_ms: 0, id: "" };
        let last = Key::Due { minute, shard, due_ms: LAST_MS, id: "" };
        self.query_between(&first, &last).await?.into_iter().map(from_item).collect()
    }

    /// Forgets what was swept with a minute. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn delete_due(&self, minute: i64, due: &Due) -> AppResult<()> {
        let key = due.key(minute).attributes();
        let deletion = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        deletion.send().await.map_err(unavailable)?;
        Ok(())
    }

    /// The last minute since 1970 that was swept whole; `None` before the first sweep.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn swept_minute(&self) -> AppResult<Option<i64>> {
        let cursor: Option<Cursor> = self.get(&Key::DueCursor).await?;
        Ok(cursor.map(|cursor| cursor.minute))
    }

    /// Notes that a minute, and all before it, were swept whole; never moves back.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_swept(&self, minute: i64) -> AppResult<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::DueCursor.attributes()))
            .update_expression("SET #minute = :minute")
            .condition_expression("attribute_not_exists(#minute) OR #minute < :minute")
            .expression_attribute_names("#minute", "minute")
            .expression_attribute_values(":minute", number(minute));
        written(update.send().await).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_from_before_there_was_a_choice_is_for_the_queue_of_messages() {
        let old: Due = serde_json::from_str(r#"{"due_ms":1,"id":"approve.1","task":"{}"}"#).unwrap();
        assert_eq!(old.queue, DueQueue::Welcomes);
        let due = Due { queue: DueQueue::Bots, ..old };
        let wire = serde_json::to_string(&due).unwrap();
        insta::assert_snapshot!(wire, @r#"{"due_ms":1,"id":"approve.1","task":"{}","queue":"bots"}"#);
    }
}
