//! One queue's messages. Every moment is wall-clock time, so that it means the same after a restart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::message::{Message, Received, Sent};
use super::order::Order;
use crate::template::QueueSpec;

/// How long SQS remembers a deduplication id.
const DEDUPLICATION_MS: u64 = 5 * 60 * 1_000;

/// How often the ids that SQS would have forgotten are cleared away: to look through all at each message took longer than
/// all else.
const CLEARING_MS: u64 = 10_000;

/// One queue's messages, in the order in which they came.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Queue {
    next_position: u64,
    messages: BTreeMap<u64, Message>,
    recent: BTreeMap<String, Recent>,
    #[serde(default)]
    cleared_ms: u64,
    #[serde(skip)]
    order: Order,
}

/// A FIFO message that may be sent again without effect.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Recent {
    id: String,
    sequence: Option<String>,
    until_ms: u64,
}

/// How many messages a queue has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Can be received now.
    pub visible: usize,
    /// Received and neither deleted nor visible again.
    pub in_flight: usize,
    /// Not yet visible for the first time.
    pub delayed: usize,
}

/// What one receive request does.
#[derive(Debug, Default)]
pub struct Taken {
    /// Now in flight.
    pub received: Vec<Received>,
    /// Received too often; on their way to the dead-letter queue.
    pub dead: Vec<Message>,
    /// Whether messages past their retention were dropped.
    pub has_expired: bool,
}

impl Depth {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> usize {
        self.visible + self.in_flight + self.delayed
    }
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// All messages, whatever their state, oldest first.
    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    pub(super) fn purge(&mut self) {
        self.messages.clear();
        self.put_in_order(self.order.now_ms);
    }

    pub(super) fn depth(&mut self, now_ms: u64) -> Depth {
        self.look(now_ms);
        self.order.depth()
    }

    /// Makes what is in flight visible, after it was read from a file.
    pub(super) fn release(&mut self, now_ms: u64) {
        for message in self.messages.values_mut() {
            if message.receipt.take().is_some() {
                message.visible_from_ms = message.visible_from_ms.min(now_ms);
            }
        }
        self.put_in_order(now_ms);
    }

    pub(super) fn push(&mut self, message: Message) {
        self.order.hide(self.next_position, &message);
        self.messages.insert(self.next_position, message);
        self.next_position += 1;
    }

    /// A FIFO queue drops a message whose deduplication id came within five minutes.
    pub(super) fn push_unless_duplicate(&mut self, spec: &QueueSpec, mut message: Message) -> Sent {
        let (Some(fifo), Some(deduplication_id)) = (spec.fifo, message.deduplication_id.clone()) else {
            let sent = Sent { id: message.id.clone(), sequence: None };
            self.push(message);
            return sent;
        };
        let now_ms = message.sent_ms;
        if now_ms.saturating_sub(self.cleared_ms) >= CLEARING_MS {
            self.recent.retain(|_, recent| recent.until_ms > now_ms);
            self.cleared_ms = now_ms;
        }
        let group = message.group.as_deref().filter(|_| fifo.per_group).unwrap_or_default();
        let key = format!("{}:{group}:{deduplication_id}", group.len());
        if let Some(recent) = self.recent.get(&key).filter(|recent| recent.until_ms > now_ms) {
            return Sent { id: recent.id.clone(), sequence: recent.sequence.clone() };
        }
        message.sequence = Some(format!("{:020}", self.next_position + 1));
        let sent = Sent { id: message.id.clone(), sequence: message.sequence.clone() };
        let until_ms = now_ms + DEDUPLICATION_MS;
        self.recent.insert(key, Recent { id: sent.id.clone(), sequence: sent.sequence.clone(), until_ms });
        self.push(message);
        sent
    }

    /// Takes up to `maximum` visible messages. Of a FIFO queue, none of a group that has one in flight, and as many
    /// as possible of one group before those of others, so that other receivers find groups to work on. Of a standard
    /// queue, those of the groups that have the fewest in flight first.
    pub(super) fn take(
        &mut self,
        spec: &QueueSpec,
        now_ms: u64,
        visible_again_ms: u64,
        maximum: usize,
    ) -> Taken {
        self.look(now_ms);
        let oldest_ms = now_ms.saturating_sub(1_000 * u64::from(spec.retention_s));
        let most = spec.redrive.as_ref().map_or(u32::MAX, |redrive| redrive.max_receive_count);
        let (mut taken, mut given) = (Taken::default(), None);
        while taken.received.len() < maximum {
            let next = match spec.fifo {
                Some(_) => self.order.next_in_order(given.as_ref()),
                None => self.order.next_by_turns(),
            };
            let Some((position, mut message)) = next.and_then(|position| self.remove(position)) else {
                break;
            };
            if message.sent_ms < oldest_ms {
                taken.has_expired = true;
            } else if message.receive_count >= most {
                taken.dead.push(message);
            } else {
                taken.received.push(receive(position, &mut message, now_ms, visible_again_ms));
                given = Some(message.group.clone());
                self.order.hide(position, &message);
                self.messages.insert(position, message);
            }
        }
        taken
    }

    /// When the next message becomes visible, if one will.
    pub(super) fn next_visible_ms(&mut self, now_ms: u64) -> Option<u64> {
        self.look(now_ms);
        self.order.next_visible_ms()
    }

    pub(super) fn delete(&mut self, receipt: &str) {
        if let Some(position) = self.position(receipt) {
            self.remove(position);
        }
    }

    /// False if the message is not in flight.
    pub(super) fn change_visibility(&mut self, receipt: &str, now_ms: u64, seconds: u32) -> bool {
        self.look(now_ms);
        let Some(position) = self.position(receipt) else { return false };
        let Some(message) = self.messages.get_mut(&position) else { return false };
        if message.visible_from_ms <= now_ms {
            return false;
        }
        self.order.remove(position, message);
        message.visible_from_ms = now_ms + 1_000 * u64::from(seconds);
        self.order.hide(position, message);
        true
    }

    fn remove(&mut self, position: u64) -> Option<(u64, Message)> {
        let message = self.messages.remove(&position)?;
        self.order.remove(position, &message);
        Some((position, message))
    }

    /// Shows what has become visible.
    fn look(&mut self, now_ms: u64) {
        if now_ms < self.order.now_ms {
            // The clock was put back.
            self.put_in_order(now_ms);
        }
        self.order.now_ms = now_ms;
        while let Some(position) = self.order.due() {
            let Some(message) = self.messages.get(&position) else { return };
            self.order.remove(position, message);
            self.order.show(position, message);
        }
    }

    fn put_in_order(&mut self, now_ms: u64) {
        self.order = Order::at(now_ms);
        for (&position, message) in &self.messages {
            self.order.hide(position, message);
        }
    }

    /// The message of a receipt, if no later one was given out.
    fn position(&self, receipt: &str) -> Option<u64> {
        let (position, secret) = receipt.split_once('.')?;
        let position = position.parse().ok()?;
        (self.messages.get(&position)?.receipt.as_deref() == Some(secret)).then_some(position)
    }
}

fn receive(position: u64, message: &mut Message, now_ms: u64, visible_again_ms: u64) -> Received {
    let secret = uuid::Uuid::new_v4().to_string();
    message.receive_count += 1;
    message.first_received_ms.get_or_insert(now_ms);
    message.visible_from_ms = visible_again_ms;
    let receipt = format!("{position}.{secret}");
    message.receipt = Some(secret);
    Received { receipt, message: message.clone() }
}

#[cfg(test)]
mod tests {
    use super::super::Draft;
    use super::*;
    use crate::template::Fifo;

    fn spec(per_group: bool) -> QueueSpec {
        let fifo = Fifo { content_based: false, per_group, limit_per_group: false };
        QueueSpec { fifo: Some(fifo), ..QueueSpec::standard("jobs.fifo") }
    }

    /// Whether the queue takes a message of this group at this moment; its deduplication id is always the same.
    fn takes(queue: &mut Queue, spec: &QueueSpec, group: &str, now_ms: u64) -> bool {
        let (group, deduplication_id) = (Some(group.to_owned()), Some("same".to_owned()));
        let draft = Draft { group, deduplication_id, ..Draft::of("x".to_owned()) };
        let before = queue.len();
        draft.check(spec, now_ms).is_ok_and(|message| {
            queue.push_unless_duplicate(spec, message);
            queue.len() > before
        })
    }

    #[test]
    fn a_duplicate_is_dropped_for_five_minutes_even_when_the_first_is_gone() {
        let (mut queue, spec) = (Queue::default(), spec(true));
        assert!(takes(&mut queue, &spec, "a", 1_000));
        assert!(!takes(&mut queue, &spec, "a", 1_000));
        queue.purge();
        assert!(!takes(&mut queue, &spec, "a", 300_999));
        assert!(takes(&mut queue, &spec, "a", 301_000));
        assert!(!takes(&mut queue, &spec, "a", 301_001));
    }

    /// Sends to a standard queue, a message of each named group.
    fn fill(queue: &mut Queue, groups: &[&str]) {
        for group in groups {
            let draft = Draft { group: Some((*group).to_owned()), ..Draft::of((*group).to_owned()) };
            queue.push(draft.check(&QueueSpec::standard("jobs"), 0).unwrap());
        }
    }

    fn taken(queue: &mut Queue, maximum: usize) -> String {
        let taken = queue.take(&QueueSpec::standard("jobs"), 1, 100, maximum);
        taken.received.into_iter().map(|received| received.message.body).collect()
    }

    #[test]
    fn a_standard_queue_serves_groups_by_turns_and_quiet_ones_first() {
        let mut queue = Queue::default();
        fill(&mut queue, &["n", "n", "n", "n", "n", "n", "q", "r"]);
        assert_eq!(taken(&mut queue, 4), "nqrn");
        fill(&mut queue, &["q", "r", "s"]);
        assert_eq!(taken(&mut queue, 4), "sqrn", "two of n are in flight, one of q and r each");
        assert_eq!(taken(&mut queue, 10), "nnn", "a noisy group alone is not held up");
    }

    #[test]
    fn duplicates_are_told_by_group_or_by_queue() {
        for (per_group, expected) in [(true, true), (false, false)] {
            let (mut queue, spec) = (Queue::default(), spec(per_group));
            assert!(takes(&mut queue, &spec, "a", 0));
            assert_eq!(takes(&mut queue, &spec, "b", 0), expected);
        }
    }
}
