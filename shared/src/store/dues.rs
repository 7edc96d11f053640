use serde::{Deserialize, Serialize};

use super::access::{from_item, number, text, to_item, unavailable, written};
use super::shards::due_shard;
use super::{Item, Key, Store};
use crate::error::AppResult;

/// Sorts behind every other moment: thirteen nines.
const LAST_MS: i64 = 9_999_999_999_999;

/// How long before a sweep of its minute an item is surely written, in milliseconds: more than a write takes with all
/// its retries, and clocks differ by.
const WRITTEN_WITHIN_MS: i64 = 10_000;

/// How many due items are read at once.
const PAGE: i32 = 250;

/// Which queue a due item goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueQueue {
    /// The queue of messages; also of items that name none.
    #[default]
    Welcomes,
    /// The queue of postbacks that are tried again.
    Retries,
    /// The queue of the standing checks of bots.
    Bots,
    /// The queue of the planning of executions.
    Plans,
    /// The queue of what webhooks are told again.
    Webhooks,
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

/// Some of what is swept with a minute.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DuePage {
    /// What reads, the earliest first.
    pub dues: Vec<Due>,
    /// What does not.
    pub unreadable: Vec<UnreadableDue>,
    /// From where to go on; `None` at the end.
    pub next: Option<DuePlace>,
}

/// A due item that does not read, as it lies in the table.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadableDue(Item);

/// A place between two due items.
#[derive(Clone, Debug, PartialEq)]
pub struct DuePlace(Item);

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

    /// A page of what is swept with one minute since 1970, of one of [`super::DUE_SHARDS`] shards, the earliest first.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn dues(&self, minute: i64, shard: u64, after: Option<DuePlace>) -> AppResult<DuePage> {
        let first = Key::Due { minute, shard, due_ms: 0, id: "" };
        let last = Key::Due { minute, shard, due_ms: LAST_MS, id: "" };
        let request = self
            .between(first.partition(), first.sort(), last.sort())
            .set_exclusive_start_key(after.map(|place| place.0))
            .limit(PAGE);
        let answer = request.send().await.map_err(unavailable)?;
        let mut page = DuePage { next: answer.last_evaluated_key.map(DuePlace), ..DuePage::default() };
        for item in answer.items.unwrap_or_default() {
            match from_item(item.clone()) {
                Ok(due) => page.dues.push(due),
                Err(_) => page.unreadable.push(UnreadableDue(item)),
            }
        }
        Ok(page)
    }

    /// Forgets what was swept with a minute. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn delete_dues(&self, minute: i64, dues: &[Due]) -> AppResult<()> {
        self.batch_delete(dues.iter().map(|due| due.key(minute).attributes()).collect()).await
    }

    /// Has what no queue can take, or does not read, swept with a later minute. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn put_off_dues(
        &self,
        (minute, later): (i64, i64),
        shard: u64,
        dues: &[Due],
        unreadable: Vec<UnreadableDue>,
    ) -> AppResult<()> {
        let there = text(Key::Due { minute: later, shard, due_ms: 0, id: "" }.partition());
        let mut moved =
            dues.iter().map(|due| to_item(&due.key(later), due)).collect::<AppResult<Vec<_>>>()?;
        let mut left: Vec<_> = dues.iter().map(|due| due.key(minute).attributes()).collect();
        for UnreadableDue(mut item) in unreadable {
            let key =
                ["PK", "SK"].into_iter().filter_map(|name| Some((name.to_owned(), item.get(name)?.clone())));
            left.push(key.collect());
            item.insert("PK".to_owned(), there.clone());
            moved.push(item);
        }
        self.batch_put(moved).await?;
        self.batch_delete(left).await
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
