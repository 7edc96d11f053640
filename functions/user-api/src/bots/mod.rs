//! Bots.

pub mod add;
pub mod chats;
pub mod check;
pub mod del;
pub mod list;
