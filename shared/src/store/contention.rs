//! Waits before a write that others got ahead of is tried again.

use std::time::Duration;

use tokio::time::sleep;

use crate::secret::random;

/// The longest wait after the first try, in milliseconds; it doubles with each.
const FIRST_MS: u64 = 5;

/// The longest wait of all, in milliseconds.
const LONGEST_MS: u64 = 80;

/// Waits after so many tries, for a time drawn at random, so that those who met do not meet again.
pub(super) async fn let_others_ahead(tries: usize) {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(u32::MAX);
    let longest_ms = FIRST_MS.saturating_mul(2_u64.saturating_pow(doublings)).min(LONGEST_MS);
    let drawn = random::<8>().map_or(longest_ms, |bytes| u64::from_le_bytes(bytes) % (longest_ms + 1));
    sleep(Duration::from_millis(drawn)).await;
}
