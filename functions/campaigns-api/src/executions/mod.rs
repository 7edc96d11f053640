//! Executions of campaigns.

pub mod deliveries;
pub mod get;
pub mod list;
pub mod retry_failed;
mod shown;
