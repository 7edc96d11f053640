//! The only place that reads the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long to sleep where the clock may jump, in milliseconds.
const JUMPY_STEP_MS: u64 = 2;

/// Where the time comes from: the machine, or a test that sets it or puts it forward.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's wall clock.
    #[default]
    System,
    /// Unix milliseconds that a test moves by hand; clones share them.
    Manual(Arc<AtomicI64>),
    /// The machine's wall clock and so many milliseconds, which a test changes; clones share them.
    Shifted(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `unix_ms` until [`Clock::advance_ms`] moves it.
    #[must_use]
    pub fn manual(unix_ms: i64) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(unix_ms)))
    }

    /// A clock that runs `shift_ms` off the machine's; [`Clock::advance_ms`] puts it forward.
    #[must_use]
    pub fn shifted(shift_ms: i64) -> Self {
        Self::Shifted(Arc::new(AtomicI64::new(shift_ms)))
    }

    /// By how much the clock is off, for others that are to follow it; `None` if it is no shifted clock.
    #[must_use]
    pub fn shift(&self) -> Option<Arc<AtomicI64>> {
        match self {
            Self::Shifted(shift_ms) => Some(Arc::clone(shift_ms)),
            Self::System | Self::Manual(_) => None,
        }
    }

    /// Now, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        match self {
            Self::System => machine_ms(),
            Self::Manual(now) => now.load(Ordering::SeqCst),
            Self::Shifted(shift_ms) => machine_ms().saturating_add(shift_ms.load(Ordering::SeqCst)),
        }
    }

    /// Now, in whole seconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    /// Waits until a moment, in Unix milliseconds, by this clock. A clock that may be put forward is looked at often; a
    /// manual one that nobody moves is waited for without end.
    pub async fn sleep_until_ms(&self, moment_ms: i64) {
        loop {
            let left = u64::try_from(moment_ms.saturating_sub(self.now_ms())).unwrap_or_default();
            if left == 0 {
                return;
            }
            let step = if matches!(self, Self::System) { left } else { left.min(JUMPY_STEP_MS) };
            tokio::time::sleep(Duration::from_millis(step)).await;
        }
    }

    /// Moves a manual or shifted clock forward; the machine's clock stays as it is.
    pub fn advance_ms(&self, ms: i64) {
        if let Self::Manual(moved) | Self::Shifted(moved) = self {
            moved.fetch_add(ms, Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
fn machine_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
