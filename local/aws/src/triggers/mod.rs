//! What calls the functions besides the HTTP API.

pub mod checkpoint;
pub mod filter;
mod partial;
pub mod queue;
pub mod schedule;
pub mod stream;
pub mod stream_batch;
mod window;
