//! Plans executions of outreach campaigns: who gets a message, from which bot, in which chunk.

use shared::edge::plans::PlanFunction;

/// The worker of the queue of plans.
pub const BROADCAST_PLANNER: PlanFunction = PlanFunction { binary: "broadcast-planner" };
