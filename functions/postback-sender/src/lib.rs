//! Sends decided postbacks to advertisers and logs each attempt.

use shared::edge::queue::QueueFunction;
use shared::edge::retries::RetryFunction;

/// The worker of the postback queue.
pub const POSTBACK_SENDER: QueueFunction = QueueFunction { binary: "postback-sender" };

/// The worker of the queue of retries.
pub const POSTBACK_RETRIER: RetryFunction = RetryFunction { binary: "postback-retrier" };
