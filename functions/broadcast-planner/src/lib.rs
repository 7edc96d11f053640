//! Plans executions of outreach campaigns: who gets a message, from which bot, in which chunk.

use shared::edge::plans;
use shared::edge::sqs::QueueFunction;

/// The worker of the queue of plans.
pub const BROADCAST_PLANNER: QueueFunction = QueueFunction { binary: "broadcast-planner", work: plans::work };
