//! Looks after bots: their webhooks, and the joins and leaves whose updates never came.

use shared::edge::bots::BotFunction;

/// The worker of the queue of bots.
pub const BOT_CHECKER: BotFunction = BotFunction { binary: "bot-checker" };
