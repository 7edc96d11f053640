//! Which message of a queue is next, known without a look through all of them.

use std::collections::{BTreeSet, HashMap};

use super::message::Message;
use super::queue::Depth;

/// The order of a queue's messages, by their positions. Every message is in it once: hidden, or visible in its group.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The moment of which this is the order.
    pub now_ms: u64,
    /// What cannot be received now, by the moment from which it can.
    hidden: BTreeSet<(u64, u64)>,
    /// How many of the hidden were received.
    in_flight: usize,
    visible: usize,
    groups: HashMap<Option<String>, Group>,
    /// The first visible message of each group, those of the groups with the fewest held ones first.
    first: BTreeSet<(usize, u64)>,
}

/// The messages of a group, or those that have none.
#[derive(Clone, Debug, Default)]
struct Group {
    visible: BTreeSet<u64>,
    /// How many are in flight; of a FIFO queue delayed ones count as well. Without a group each message is a tenant of its
    /// own, and nothing counts.
    held: usize,
}

impl Group {
    /// Its place among the others, if one of it is visible.
    fn first(&self) -> Option<(usize, u64)> {
        Some((self.held, *self.visible.first()?))
    }
}

impl Order {
    /// That of no messages.
    pub fn at(now_ms: u64) -> Self {
        Self { now_ms, ..Self::default() }
    }

    pub fn depth(&self) -> Depth {
        let delayed = self.hidden.len() - self.in_flight;
        Depth { visible: self.visible, in_flight: self.in_flight, delayed }
    }

    /// When the next message becomes visible, if one will.
    pub fn next_visible_ms(&self) -> Option<u64> {
        self.hidden.first().map(|&(moment_ms, _)| moment_ms)
    }

    /// A hidden message whose moment has come, which is hidden no more then.
    pub fn due(&self) -> Option<u64> {
        self.hidden.first().filter(|&&(moment_ms, _)| moment_ms <= self.now_ms).map(|&(_, position)| position)
    }

    /// The next message of a standard queue: of the group with the fewest in flight, as SQS does for fair queues.
    pub fn next_by_turns(&self) -> Option<u64> {
        self.first.first().map(|&(_, position)| position)
    }

    /// The next message of a FIFO queue: of the group that is given out already, or else of the first one of which nobody
    /// holds any.
    pub fn next_in_order(&self, given: Option<&Option<String>>) -> Option<u64> {
        let further = given.and_then(|group| self.groups.get(group)?.visible.first().copied());
        further.or_else(|| self.first.first().filter(|&&(held, _)| held == 0).map(|&(_, position)| position))
    }

    pub fn show(&mut self, position: u64, message: &Message) {
        self.visible += 1;
        self.change(&message.group, |group| {
            group.visible.insert(position);
        });
    }

    /// Hides what is in no place, until its moment.
    pub fn hide(&mut self, position: u64, message: &Message) {
        self.hidden.insert((message.visible_from_ms, position));
        self.in_flight += usize::from(message.receipt.is_some());
        if is_held(message) {
            self.change(&message.group, |group| group.held += 1);
        }
    }

    /// Takes a message, which is as it was when it came to its place, out of it.
    pub fn remove(&mut self, position: u64, message: &Message) {
        if !self.hidden.remove(&(message.visible_from_ms, position)) {
            self.visible -= 1;
            return self.change(&message.group, |group| {
                group.visible.remove(&position);
            });
        }
        self.in_flight -= usize::from(message.receipt.is_some());
        if is_held(message) {
            self.change(&message.group, |group| group.held -= 1);
        }
    }

    fn change(&mut self, name: &Option<String>, change: impl FnOnce(&mut Group)) {
        let mut group = self.groups.remove(name).unwrap_or_default();
        if let Some(place) = group.first() {
            self.first.remove(&place);
        }
        change(&mut group);
        self.first.extend(group.first());
        if group.held > 0 || !group.visible.is_empty() {
            self.groups.insert(name.clone(), group);
        }
    }
}

/// Whether a hidden message counts as one that somebody holds.
fn is_held(message: &Message) -> bool {
    message.group.is_some() && (message.receipt.is_some() || message.sequence.is_some())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::Draft;
    use super::super::queue::Queue;
    use super::*;
    use crate::template::{Fifo, QueueSpec};

    #[derive(Clone, Debug)]
    enum Step {
        /// Of one of three groups, or of none.
        Send {
            group: u8,
            delay_s: i32,
        },
        Take {
            maximum: usize,
            seconds: u64,
        },
        Delete {
            receipt: usize,
        },
        Hide {
            receipt: usize,
            seconds: u32,
        },
        /// Forward, or back a little.
        Pass {
            ms: i64,
        },
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (0..4_u8, 0..3).prop_map(|(group, delay_s)| Step::Send { group, delay_s }),
            3 => (1..5_usize, 0..4_u64).prop_map(|(maximum, seconds)| Step::Take { maximum, seconds }),
            2 => (0..20_usize).prop_map(|receipt| Step::Delete { receipt }),
            1 => (0..20_usize, 0..4_u32).prop_map(|(receipt, seconds)| Step::Hide { receipt, seconds }),
            2 => (-500..2_500_i64).prop_map(|ms| Step::Pass { ms }),
        ];
        prop::collection::vec(step, 1..60)
    }

    /// What is to be received, found by a look at all messages; by id.
    fn expected(queue: &Queue, is_fifo: bool, now_ms: u64, maximum: usize) -> Vec<String> {
        let hidden = queue.messages().filter(|message| message.visible_from_ms > now_ms && is_held(message));
        let mut held = BTreeMap::<_, usize>::new();
        hidden.for_each(|message| *held.entry(&message.group).or_default() += 1);
        let visible = queue.messages().filter(|message| message.visible_from_ms <= now_ms);
        let mut visible: Vec<_> = visible.collect();
        if is_fifo {
            visible.retain(|message| !held.contains_key(&message.group));
            let order: Vec<_> = visible.iter().map(|message| &message.group).collect();
            visible.sort_by_key(|message| order.iter().position(|group| **group == message.group));
        } else {
            visible.sort_by_cached_key(|message| {
                let turn = held.entry(&message.group).or_default();
                *turn += usize::from(message.group.is_some());
                (*turn).max(1)
            });
        }
        visible.truncate(maximum);
        visible.into_iter().map(|message| message.id.clone()).collect()
    }

    fn counted(queue: &Queue, now_ms: u64) -> Depth {
        let mut depth = Depth::default();
        for message in queue.messages() {
            match (message.visible_from_ms > now_ms, &message.receipt) {
                (false, _) => depth.visible += 1,
                (true, Some(_)) => depth.in_flight += 1,
                (true, None) => depth.delayed += 1,
            }
        }
        depth
    }

    proptest! {
        #[test]
        fn what_is_next_is_what_a_look_at_all_messages_finds(is_fifo: bool, steps in steps()) {
            let fifo = Fifo { content_based: true, per_group: true, limit_per_group: false };
            let spec = QueueSpec { fifo: is_fifo.then_some(fifo), ..QueueSpec::standard("jobs") };
            let (mut queue, mut now_ms, mut receipts) = (Queue::default(), 1_000_000_u64, Vec::new());
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Send { group, delay_s } => {
                        let group = (group > 0 || is_fifo).then(|| group.to_string());
                        let delay_s = (!is_fifo).then_some(delay_s);
                        let draft = Draft { group, delay_s, ..Draft::of(number.to_string()) };
                        queue.push_unless_duplicate(&spec, draft.check(&spec, now_ms).unwrap());
                    }
                    Step::Take { maximum, seconds } => {
                        let expected = expected(&queue, is_fifo, now_ms, maximum);
                        let taken = queue.take(&spec, now_ms, now_ms + 1_000 * seconds, maximum).received;
                        let ids: Vec<_> = taken.iter().map(|received| received.message.id.clone()).collect();
                        prop_assert_eq!(ids, expected);
                        receipts.extend(taken.into_iter().map(|received| received.receipt));
                    }
                    Step::Delete { receipt } => {
                        receipts.get(receipt).into_iter().for_each(|receipt: &String| queue.delete(receipt));
                    }
                    Step::Hide { receipt, seconds } => {
                        if let Some(receipt) = receipts.get(receipt) {
                            queue.change_visibility(receipt, now_ms, seconds);
                        }
                    }
                    Step::Pass { ms } => now_ms = now_ms.saturating_add_signed(ms),
                }
                prop_assert_eq!(queue.depth(now_ms), counted(&queue, now_ms));
                let moments = queue.messages().map(|message| message.visible_from_ms);
                let next_ms = moments.filter(|&moment_ms| moment_ms > now_ms).min();
                prop_assert_eq!(queue.next_visible_ms(now_ms), next_ms);
            }
        }
    }
}
