//! Looks after bots: their webhooks, and the joins and leaves whose updates never came.

use shared::edge::bots;
use shared::edge::sqs::QueueFunction;

/// The worker of the queue of bots.
pub const BOT_CHECKER: QueueFunction = QueueFunction { binary: "bot-checker", work: bots::work };
