//! Sends what executions of outreach campaigns have for a bot, one sender at a time.

use shared::edge::lanes;
use shared::edge::sqs::QueueFunction;

/// The worker of the queue of lanes.
pub const BROADCAST_SENDER: QueueFunction = QueueFunction { binary: "broadcast-sender", work: lanes::work };
