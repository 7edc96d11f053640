//! Telegram's limits on sending, per bot:
//!
//! - 30 messages a second without `allow_paid_broadcast`, and 1,000 in all: what is paid for takes nothing of the others' room;
//! - 1 a second to one person, where a burst of 3 is tolerated;
//! - 20 a minute to one group, supergroup or channel.
//!
//! A message that is paid for costs a tenth of a Star, unless fewer than 30 left in all within the second before it.
//!
//! Whoever exceeds one is refused with `retry_after`, and until then everything of that bot that names a chat.

use std::collections::{HashMap, VecDeque};

const PER_SECOND: usize = 30;
const PER_SECOND_PAID: usize = 1000;
const BURST_TO_A_PERSON: i64 = 3;
const PER_MINUTE_TO_A_GROUP: usize = 20;

#[derive(Debug, Default)]
pub struct Limits {
    bots: HashMap<i64, BotLimits>,
}

#[derive(Debug, Default)]
struct BotLimits {
    refused_until_ms: i64,
    sent_ms: VecDeque<i64>,
    unpaid_ms: VecDeque<i64>,
    people: HashMap<i64, Allowance>,
    groups: HashMap<i64, VecDeque<i64>>,
}

/// A bucket that fills by one message a second.
#[derive(Debug)]
struct Allowance {
    thousandths: i64,
    at_ms: i64,
}

impl Limits {
    /// Counts one message, or says in how many seconds to try again. Answers what it costs, in tenths of a Star.
    ///
    /// A positive `chat` is a person, a negative one a group or channel.
    pub fn admit(&mut self, bot: i64, chat: i64, is_paid: bool, now_ms: i64) -> Result<u64, i64> {
        let limits = self.bots.entry(bot).or_default();
        let free_wait_ms = match is_paid {
            true => None,
            false => window_wait_ms(&mut limits.unpaid_ms, 1000, PER_SECOND, now_ms),
        };
        let wait_ms = free_wait_ms
            .or_else(|| window_wait_ms(&mut limits.sent_ms, 1000, PER_SECOND_PAID, now_ms))
            .or_else(|| limits.chat_wait_ms(chat, now_ms));
        if let Some(wait_ms) = wait_ms {
            let retry_after_s = (wait_ms + 999) / 1000;
            limits.refused_until_ms = now_ms + retry_after_s * 1000;
            return Err(retry_after_s);
        }
        let costs = is_paid && limits.sent_ms.len() >= PER_SECOND;
        limits.sent_ms.push_back(now_ms);
        if !is_paid {
            limits.unpaid_ms.push_back(now_ms);
        }
        limits.count(chat, now_ms);
        Ok(u64::from(costs))
    }

    /// Refuses the bot for that long, as a flood would.
    pub fn refuse_for(&mut self, bot: i64, retry_after_s: i64, now_ms: i64) {
        let until_ms = now_ms.saturating_add(retry_after_s.saturating_mul(1000));
        self.bots.entry(bot).or_default().refused_until_ms = until_ms;
    }

    /// The seconds a bot is still refused.
    pub fn refused_for_s(&self, bot: i64, now_ms: i64) -> Option<i64> {
        let left_ms = self.bots.get(&bot)?.refused_until_ms - now_ms;
        (left_ms > 0).then_some((left_ms + 999) / 1000)
    }
}

impl BotLimits {
    fn chat_wait_ms(&mut self, chat: i64, now_ms: i64) -> Option<i64> {
        if chat < 0 {
            let sent_ms = self.groups.entry(chat).or_default();
            return window_wait_ms(sent_ms, 60_000, PER_MINUTE_TO_A_GROUP, now_ms);
        }
        let allowance = self
            .people
            .entry(chat)
            .or_insert(Allowance { thousandths: BURST_TO_A_PERSON * 1000, at_ms: now_ms });
        let filled = allowance.thousandths + (now_ms - allowance.at_ms).max(0);
        *allowance = Allowance { thousandths: filled.min(BURST_TO_A_PERSON * 1000), at_ms: now_ms };
        (allowance.thousandths < 1000).then(|| 1000 - allowance.thousandths)
    }

    fn count(&mut self, chat: i64, now_ms: i64) {
        if let Some(allowance) = self.people.get_mut(&chat) {
            allowance.thousandths -= 1000;
        }
        if let Some(sent_ms) = self.groups.get_mut(&chat) {
            sent_ms.push_back(now_ms);
        }
    }
}

/// How long until fewer than `most` were sent within the window.
fn window_wait_ms(sent_ms: &mut VecDeque<i64>, window_ms: i64, most: usize, now_ms: i64) -> Option<i64> {
    while sent_ms.front().is_some_and(|at_ms| at_ms + window_ms <= now_ms) {
        sent_ms.pop_front();
    }
    let index = sent_ms.len().checked_sub(most)?;
    sent_ms.get(index).map(|at_ms| at_ms + window_ms - now_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_a_second_in_all_and_the_thirty_first_waits_a_second() {
        let mut limits = Limits::default();
        assert!((1..=30).all(|person| limits.admit(1, person, false, 5000).is_ok()));
        assert_eq!(limits.admit(1, 31, false, 5000), Err(1));
        assert_eq!(limits.refused_for_s(1, 5999), Some(1));
        assert_eq!(limits.refused_for_s(1, 6000), None);
        assert_eq!(limits.admit(1, 31, false, 6000), Ok(0));
        assert_eq!(limits.admit(2, 1, false, 5000), Ok(0), "another bot is not concerned");
    }

    #[test]
    fn a_person_gets_a_burst_of_three_and_then_one_a_second() {
        let mut limits = Limits::default();
        assert!((0..3).all(|_| limits.admit(1, 7, false, 0).is_ok()));
        assert_eq!(limits.admit(1, 7, false, 0), Err(1));
        assert_eq!(limits.admit(1, 7, false, 1000), Ok(0));
        assert_eq!(limits.admit(1, 7, false, 1001), Err(1));
    }

    #[test]
    fn a_group_gets_twenty_a_minute() {
        let mut limits = Limits::default();
        assert!((0..20).all(|second| limits.admit(1, -5, false, second * 1000).is_ok()));
        assert_eq!(limits.admit(1, -5, false, 20_000), Err(40));
        assert_eq!(limits.admit(1, -5, false, 60_000), Ok(0));
    }

    #[test]
    fn paid_broadcasts_go_beyond_thirty_a_second() {
        let mut limits = Limits::default();
        let cost: u64 = (1..=1000).map(|person| limits.admit(1, person, true, 0).unwrap()).sum();
        assert_eq!(cost, 970, "thirty are free");
        assert_eq!(limits.admit(1, 1001, true, 0), Err(1));
        assert_eq!(limits.admit(1, 1001, true, 1000), Ok(0), "a second later");
    }

    #[test]
    fn what_is_paid_for_takes_no_room_from_what_is_not() {
        let mut limits = Limits::default();
        assert!((1..=100).all(|person| limits.admit(1, person, true, 0).is_ok()));
        assert!((101..=130).all(|person| limits.admit(1, person, false, 0) == Ok(0)));
        assert_eq!(limits.admit(1, 131, false, 0), Err(1));
    }
}
