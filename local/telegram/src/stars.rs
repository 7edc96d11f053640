//! The Stars of bots, since the start: what paid broadcasts cost them.

use std::collections::BTreeMap;

use crate::error::ApiError;
use crate::simulator::Simulator;

#[derive(Debug, Default)]
pub struct Stars {
    spent_tenths: BTreeMap<i64, u64>,
    /// Of bots that have no more than this; others have as many as they need.
    left_tenths: BTreeMap<i64, u64>,
}

impl Stars {
    /// Takes what a message costs. The words of the refusal are those of Telegram's own API for the same lack; what the Bot
    /// API says is not documented.
    pub fn take(&mut self, bot: i64, tenths: u64) -> Result<(), ApiError> {
        if let Some(left) = self.left_tenths.get_mut(&bot) {
            let Some(less) = left.checked_sub(tenths) else {
                return Err(ApiError::bad_request("BALANCE_TOO_LOW"));
            };
            *left = less;
        }
        *self.spent_tenths.entry(bot).or_default() += tenths;
        Ok(())
    }
}

impl Simulator {
    /// What a bot's paid broadcasts cost since the start, in tenths of a Star.
    #[must_use]
    pub fn stars_spent_tenths(&self, bot: i64) -> u64 {
        self.read(|world| world.stars.spent_tenths.get(&bot).copied().unwrap_or_default())
    }

    /// From now on a bot has so many tenths of a Star and no more.
    pub fn set_stars_left_tenths(&self, bot: i64, tenths: u64) {
        self.change(|world| world.stars.left_tenths.insert(bot, tenths));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bot_spends_what_it_has_and_no_more() {
        let mut stars = Stars::default();
        assert!((0..1_000).all(|_| stars.take(1, 1).is_ok()), "as many as it needs");
        stars.left_tenths.insert(2, 2);
        assert!(stars.take(2, 1).is_ok() && stars.take(2, 1).is_ok() && stars.take(2, 0).is_ok());
        assert!(stars.take(2, 1).is_err());
        assert_eq!((stars.spent_tenths[&1], stars.spent_tenths[&2]), (1_000, 2));
    }
}
