use serde::{Deserialize, Serialize};

use super::spell;
use crate::error::AppResult;
use crate::ids::BotKey;

/// The token of a bot's lane: who receives it may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LaneTask {
    /// Send what the lane has, if this is its turn.
    LaneV1 {
        /// The bot.
        bot: BotKey,
        /// Which turn; a token of an older one is a stray.
        turn: u64,
    },
}

impl LaneTask {
    /// The group of a FIFO queue: one lane has one token in flight.
    #[must_use]
    pub fn group(&self) -> String {
        let Self::LaneV1 { bot: BotKey { account, bot }, .. } = self;
        format!("{account}.{bot}")
    }

    /// The same for a token that is sent again.
    #[must_use]
    pub fn id(&self) -> String {
        let Self::LaneV1 { turn, .. } = self;
        format!("{}.{turn}", self.group())
    }

    /// As the queue has it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`] if it does not write; a fault of this crate.
    pub fn spelled(&self) -> AppResult<String> {
        spell(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, BotId};

    #[test]
    fn the_wire_form_is_frozen() {
        let task = LaneTask::LaneV1 { bot: BotKey { account: AccountId(1), bot: BotId(7) }, turn: 12 };
        let wire = format!("{} {} {}", task.group(), task.id(), task.spelled().unwrap());
        insta::assert_snapshot!(wire, @r#"1.7 1.7.12 {"type":"lane_v1","bot":{"account":1,"bot":7},"turn":12}"#);
        let (_, json) = wire.rsplit_once(' ').unwrap();
        assert_eq!(serde_json::from_str::<LaneTask>(json).unwrap(), task);
    }
}
