//! The journal.

pub mod list;
