//! Requests to addresses that users choose: guarded, bounded, and judged.

mod client;
mod excerpt;
mod guard;
mod mask;
mod request;
mod resolver;

#[cfg(test)]
mod deadline_tests;
#[cfg(test)]
mod guard_fuzz;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod rebinding_tests;
#[cfg(test)]
mod receiver_tests;
#[cfg(test)]
mod test_receiver;

pub use client::{Exchange, Fetched, Limits, Outbound, TARGET_TIMEOUT};
pub use guard::is_public;
pub use mask::{masked, masked_values};
pub use request::{OutboundBody, OutboundRequest, Signature};
