//! Requests to addresses that users choose: guarded, bounded, and judged.

mod client;
mod guard;
mod mask;

pub use client::{Exchange, Outbound, TARGET_TIMEOUT};
pub use guard::is_public;
pub use mask::masked;
