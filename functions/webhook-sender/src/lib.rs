//! Tells webhooks what happened, and logs each attempt.

use shared::edge::sqs::QueueFunction;
use shared::edge::stream::StreamFunction;
use shared::edge::{told, webhook_deliveries};

/// The worker of the stream that makes deliveries of what was recorded.
pub const WEBHOOK_STREAM: StreamFunction = StreamFunction { binary: "webhook-stream", work: told::work };

/// The worker of the queue of first attempts.
pub const WEBHOOK_SENDER: QueueFunction =
    QueueFunction { binary: "webhook-sender", work: webhook_deliveries::begin };

/// The worker of the queue of retries.
pub const WEBHOOK_RETRIER: QueueFunction =
    QueueFunction { binary: "webhook-retrier", work: webhook_deliveries::retry };
