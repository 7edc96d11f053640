//! What every function of Gatepost shares.
//!
//! Layers point one way: [`domain`] (pure rules) ← the adapters [`store`], [`queue`], [`objects`], [`telegram`],
//! [`outbound`] ← [`app`] (use cases) ← [`edge`] (Lambda events in, envelopes out).
#![warn(missing_docs, clippy::missing_errors_doc)]

pub mod app;
pub mod aws;
pub mod clock;
pub mod config;
pub mod domain;
pub mod edge;
pub mod error;
pub mod ids;
pub mod metrics;
pub mod objects;
pub mod outbound;
pub mod queue;
pub mod secret;
pub mod store;
pub mod telegram;
pub mod tls;

pub use app::App;
pub use error::{AppError, AppResult};
