//! Where Telegram's updates come in, and strangers knock.

mod outages;
mod strangers;
mod updates;
