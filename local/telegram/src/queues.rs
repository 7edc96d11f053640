//! The updates of one bot that wait: in order within a queue, queues side by side.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One update that has not been accepted yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PendingUpdate {
    pub update_id: i64,
    /// `chat:<id>` or `user:<id>`.
    pub queue: String,
    /// The event's own date, seconds since 1970.
    pub date: i64,
    /// The whole update.
    pub body: Value,
    pub failures: u32,
    pub due_ms: i64,
}

/// The queues of one bot. At most one update per queue is in flight.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<PendingUpdate>", into = "Vec<PendingUpdate>")]
pub struct UpdateQueues {
    queues: BTreeMap<String, VecDeque<PendingUpdate>>,
    /// The heads of the queues that are not in flight, by time due.
    schedule: BTreeSet<(i64, String)>,
    in_flight: BTreeSet<String>,
    count: usize,
}

impl UpdateQueues {
    /// Updates not yet accepted, those in flight included.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Puts an update at the end of its queue.
    pub fn push(&mut self, update: PendingUpdate) {
        let queue = self.queues.entry(update.queue.clone()).or_default();
        if queue.is_empty() && !self.in_flight.contains(&update.queue) {
            self.schedule.insert((update.due_ms, update.queue.clone()));
        }
        queue.push_back(update);
        self.count += 1;
    }

    /// When the next queue may be served, if fewer than `connections` are in flight.
    pub fn next_due_ms(&self, connections: usize) -> Option<i64> {
        if self.in_flight.len() >= connections {
            return None;
        }
        self.schedule.first().map(|(due_ms, _)| *due_ms)
    }

    /// Takes the head of a due queue into flight. It stays in the queue until [`Self::settle`].
    pub fn take_due(&mut self, now_ms: i64, connections: usize) -> Option<PendingUpdate> {
        if self.next_due_ms(connections)? > now_ms {
            return None;
        }
        let (_, key) = self.schedule.pop_first()?;
        let head = self.queues.get(&key)?.front()?.clone();
        self.in_flight.insert(key);
        Some(head)
    }

    /// Ends a flight: `retry_at_ms` keeps the update at the head of its queue, `None` removes it.
    pub fn settle(&mut self, key: &str, update_id: i64, retry_at_ms: Option<i64>) {
        self.in_flight.remove(key);
        let Some(queue) = self.queues.get_mut(key) else { return };
        match (queue.front_mut().filter(|head| head.update_id == update_id), retry_at_ms) {
            (Some(head), Some(at_ms)) => {
                head.failures += 1;
                head.due_ms = at_ms;
            }
            (Some(_), None) => {
                queue.pop_front();
                self.count -= 1;
            }
            (None, _) => {}
        }
        match queue.front() {
            Some(head) => {
                self.schedule.insert((head.due_ms, key.to_owned()));
            }
            None => {
                self.queues.remove(key);
            }
        }
    }

    /// Forgets everything, or everything before an update.
    pub fn forget_before(&mut self, update_id: i64) {
        let kept = std::mem::take(self).into_sorted().into_iter().filter(|u| u.update_id >= update_id);
        *self = Self::from(kept.collect::<Vec<_>>());
    }

    /// What is due, in order of `update_id`.
    pub fn due(&self, now_ms: i64) -> Vec<&PendingUpdate> {
        let mut due: Vec<_> =
            self.queues.values().flatten().filter(|update| update.due_ms <= now_ms).collect();
        due.sort_by_key(|update| update.update_id);
        due
    }

    fn into_sorted(self) -> Vec<PendingUpdate> {
        let mut all: Vec<_> = self.queues.into_values().flatten().collect();
        all.sort_by_key(|update| update.update_id);
        all
    }
}

impl From<Vec<PendingUpdate>> for UpdateQueues {
    fn from(updates: Vec<PendingUpdate>) -> Self {
        let mut queues = Self::default();
        for update in updates {
            queues.push(update);
        }
        queues
    }
}

impl From<UpdateQueues> for Vec<PendingUpdate> {
    fn from(queues: UpdateQueues) -> Self {
        queues.into_sorted()
    }
}

impl Clone for UpdateQueues {
    /// The waiting updates; nothing of the copy is in flight.
    fn clone(&self) -> Self {
        let mut all: Vec<_> = self.queues.values().flatten().cloned().collect();
        all.sort_by_key(|update| update.update_id);
        Self::from(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(update_id: i64, queue: &str) -> PendingUpdate {
        let (queue, body) = (queue.to_owned(), Value::Null);
        PendingUpdate { update_id, queue, date: 100, body, failures: 0, due_ms: 0 }
    }

    #[test]
    fn one_update_per_queue_is_in_flight_and_queues_run_side_by_side() {
        let mut queues = UpdateQueues::from(vec![update(1, "a"), update(2, "a"), update(3, "b")]);
        assert_eq!(queues.take_due(0, 10).map(|u| u.update_id), Some(1));
        assert_eq!(queues.take_due(0, 10).map(|u| u.update_id), Some(3));
        assert!(queues.take_due(0, 10).is_none());
        queues.settle("a", 1, None);
        assert_eq!(queues.take_due(0, 10).map(|u| u.update_id), Some(2));
    }

    #[test]
    fn a_failed_update_keeps_its_place() {
        let mut queues = UpdateQueues::from(vec![update(1, "a"), update(2, "a")]);
        queues.take_due(0, 1);
        queues.settle("a", 1, Some(500));
        assert!(queues.take_due(499, 1).is_none());
        let again = queues.take_due(500, 1);
        assert_eq!(again.map(|u| (u.update_id, u.failures)), Some((1, 1)));
        assert_eq!(queues.len(), 2);
    }

    #[test]
    fn no_more_are_in_flight_than_connections() {
        let mut queues = UpdateQueues::from(vec![update(1, "a"), update(2, "b")]);
        assert!(queues.take_due(0, 1).is_some());
        assert!(queues.take_due(0, 1).is_none());
    }

    #[test]
    fn what_was_dropped_in_flight_does_not_come_back() {
        let mut queues = UpdateQueues::from(vec![update(1, "a")]);
        queues.take_due(0, 1);
        queues.forget_before(i64::MAX);
        queues.settle("a", 1, Some(10));
        assert_eq!((queues.len(), queues.next_due_ms(1)), (0, None));
    }
}
