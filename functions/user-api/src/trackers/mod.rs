//! Trackers that there are presets for.

pub mod list;
