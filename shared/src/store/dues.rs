use serde::{Deserialize, Serialize};

use super::access::{from_item, number, unavailable, written};
use super::keys::due_shard;
use super::{Key, Store};
use crate::error::AppResult;

/// Sorts behind every id.
const LAST_ID: &str = "\u{10ffff}";

/// Something to be done at a time further away than a queue can delay it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// When, in Unix milliseconds.
    pub due_ms: i64,
    /// The same for what is written again.
    pub id: String,
    /// What, as its queue spells it.
    pub task: String,
    /// Where it is handed to. Items from before there was a choice name none.
    #[serde(default)]
    pub queue: DueQueue,
}

/// A queue that is handed what is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DueQueue {
    /// Messages and approvals.
    #[default]
    Welcomes,
    /// The standing checks of bots.
    Bots,
}

/// How far due items were swept.
#[derive(Serialize, Deserialize)]
struct Cursor {
    minute: i64,
}

impl Store {
    /// Writes something down until it is due. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn put_due(&self, due: &Due) -> AppResult<()> {
        self.put(&Key::Due(due.due_ms, due_shard(&due.id), &due.id), due).await
    }

    /// What is due in one minute since 1970, of one of [`super::DUE_SHARDS`] shards, the earliest first.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn dues(&self, minute: i64, shard: u64) -> AppResult<Vec<Due>> {
        let first = Key::Due(minute * 60_000, shard, "");
        let last = Key::Due(minute * 60_000 + 59_999, shard, LAST_ID);
        self.query_between(&first, &last).await?.into_iter().map(from_item).collect()
    }

    /// Forgets what was due. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn delete_due(&self, due: &Due) -> AppResult<()> {
        let key = Key::Due(due.due_ms, due_shard(&due.id), &due.id).attributes();
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
