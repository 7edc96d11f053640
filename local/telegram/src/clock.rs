//! The wall clock, in the two units Telegram uses.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the simulator lives in real time; this is its one clock")]
pub fn now_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

/// Seconds since 1970: the unit of every `date` in the Bot API.
pub fn now_s() -> i64 {
    now_ms() / 1000
}
