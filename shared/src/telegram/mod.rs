//! A thin client of the Bot API: lenient types, and errors sorted by what the caller must do.

mod client;
mod dialogue;
mod error;
mod form;
mod invites;
mod media;
mod types;

pub use client::{AllowedUpdate, BotProfile, MessageText, NewMessage, Telegram, WebhookInfo};
pub use dialogue::{CallbackButton, Note};
pub use error::TelegramError;
pub use invites::{InviteLink, NewInvite};
pub use types::{
    CallbackQuery, ChatMember, ChatMemberUpdated, JoinRequest, Membership, Message, TelegramChat,
    TelegramUser, Update,
};
