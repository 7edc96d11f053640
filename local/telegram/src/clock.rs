//! The clock of one Telegram, in the two units Telegram uses.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's clock, put forward or back by so many milliseconds; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    shift_ms: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that somebody else puts forward.
    pub const fn shifted_by(shift_ms: Arc<AtomicI64>) -> Self {
        Self { shift_ms }
    }

    /// Milliseconds since 1970.
    #[expect(clippy::disallowed_methods, reason = "this is the simulator's one clock")]
    pub fn now_ms(&self) -> i64 {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let machine_ms = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        machine_ms.saturating_add(self.shift_ms.load(Ordering::SeqCst))
    }

    /// Seconds since 1970: the unit of every `date` in the Bot API.
    pub fn now_s(&self) -> i64 {
        self.now_ms() / 1000
    }

    /// Whether it may jump, so that nobody should sleep for long.
    pub fn is_shifted(&self) -> bool {
        self.shift_ms.load(Ordering::SeqCst) != 0
    }
}
