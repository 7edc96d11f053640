//! Sends decided postbacks to advertisers and logs each attempt.

use shared::edge::queue::QueueFunction;

/// The worker of the postback queue.
pub const POSTBACK_SENDER: QueueFunction = QueueFunction { binary: "postback-sender" };
