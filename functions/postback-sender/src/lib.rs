//! Sends decided postbacks to advertisers and logs each attempt.

use shared::edge::sqs::QueueFunction;
use shared::edge::{postbacks, retries};

/// The worker of the postback queue.
pub const POSTBACK_SENDER: QueueFunction = QueueFunction { binary: "postback-sender", work: postbacks::work };

/// The worker of the queue of retries.
pub const POSTBACK_RETRIER: QueueFunction = QueueFunction { binary: "postback-retrier", work: retries::work };
