use serde::{Deserialize, Serialize};

use super::spell;
use crate::error::AppResult;
use crate::ids::BotKey;

/// Something that the standing check of a bot has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum BotTask {
    /// Look after the bot, and plan the next look, if this is the one that is planned.
    LookV1 {
        /// The bot.
        bot: BotKey,
        /// When it was planned, in Unix milliseconds.
        planned_ms: i64,
    },
    /// Ask where the next leads of the bot are, if a pass is under way and the last piece is long enough ago.
    PieceV1 {
        /// The bot.
        bot: BotKey,
    },
}

impl BotTask {
    /// The same for a task that is made again.
    #[must_use]
    pub fn id(&self) -> String {
        let (word, BotKey { account, bot }) = match *self {
            Self::LookV1 { bot, .. } => ("look", bot),
            Self::PieceV1 { bot } => ("piece", bot),
        };
        format!("{word}.{account}.{bot}")
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
        let bot = BotKey { account: AccountId(1), bot: BotId(7) };
        let tasks = [BotTask::LookV1 { bot, planned_ms: 1_760_000_000_123 }, BotTask::PieceV1 { bot }];
        let wire = tasks.map(|task| format!("{} {}", task.id(), task.spelled().unwrap()));
        insta::assert_snapshot!(wire.join("\n"), @r#"
        look.1.7 {"type":"look_v1","bot":{"account":1,"bot":7},"planned_ms":1760000000123}
        piece.1.7 {"type":"piece_v1","bot":{"account":1,"bot":7}}
        "#);
        for (task, wire) in tasks.iter().zip(wire) {
            let (_, json) = wire.split_once(' ').unwrap();
            assert_eq!(&serde_json::from_str::<BotTask>(json).unwrap(), task);
        }
    }
}
