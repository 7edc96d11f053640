//! The table's stream: each change of a lead becomes counters, journal rows, contacts and postback decisions.

use shared::edge::stream::{self, StreamFunction};

/// The worker of the stream of leads.
pub const LEAD_STREAM: StreamFunction = StreamFunction { binary: "lead-stream", work: stream::leads };
