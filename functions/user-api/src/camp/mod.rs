//! Tracking campaigns.

pub mod add;
pub mod get;
pub mod link;
pub mod list;
