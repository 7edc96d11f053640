//! Executions of campaigns.

pub mod get;
pub mod list;
mod shown;
