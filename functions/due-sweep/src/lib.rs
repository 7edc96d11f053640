//! Hands what is due within the next minute to its queue.

use shared::edge::schedule::ScheduledFunction;

/// The sweep of every minute.
pub const DUE_SWEEP: ScheduledFunction = ScheduledFunction { binary: "due-sweep" };
