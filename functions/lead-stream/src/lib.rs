//! The table's stream: each change of a lead becomes counters, journal rows, contacts and postback decisions.

use shared::edge::stream::StreamFunction;

/// The one worker of the stream.
pub const LEAD_STREAM: StreamFunction = StreamFunction { binary: "lead-stream" };
