//! The wall clock and the ways AWS writes a moment down.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

const SECONDS: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
const MILLISECONDS: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const ACCESS_LOG: StaticFormatDescription =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");

/// Milliseconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "this is the clock of the local system")]
pub fn now_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// The wall clock, or one that is put forward or back by so many milliseconds.
#[derive(Debug, Default)]
pub struct ShiftedClock {
    shift_ms: OnceLock<Arc<AtomicI64>>,
}

impl ShiftedClock {
    /// Follows what somebody else changes. Once only.
    pub fn follow(&self, shift_ms: Arc<AtomicI64>) {
        self.shift_ms.get_or_init(|| shift_ms);
    }

    /// Whether it may jump, so that nobody should sleep for long.
    pub fn may_jump(&self) -> bool {
        self.shift_ms.get().is_some()
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> u64 {
        let shift_ms = self.shift_ms.get().map_or(0, |shift_ms| shift_ms.load(Ordering::SeqCst));
        now_ms().saturating_add_signed(shift_ms)
    }
}

/// `2026-03-12T19:03:58Z`
pub fn iso_seconds(unix_ms: u64) -> String {
    format(unix_ms, SECONDS)
}

/// `2026-03-12T19:03:58.390Z`
pub fn iso_milliseconds(unix_ms: u64) -> String {
    format(unix_ms, MILLISECONDS)
}

/// `12/Mar/2026:19:03:58 +0000`, as API Gateway writes a request's time.
pub fn access_log(unix_ms: u64) -> String {
    format(unix_ms, ACCESS_LOG)
}

fn format(unix_ms: u64, description: StaticFormatDescription) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .format(description)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_each_service_writes_it() {
        let moment = 1_773_342_238_390;
        assert_eq!(iso_seconds(moment), "2026-03-12T19:03:58Z");
        assert_eq!(iso_milliseconds(moment), "2026-03-12T19:03:58.390Z");
        assert_eq!(access_log(moment), "12/Mar/2026:19:03:58 +0000");
    }
}
