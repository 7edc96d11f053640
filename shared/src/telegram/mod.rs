//! A thin client of the Bot API: lenient types, and errors sorted by what the caller must do.

mod client;
mod dialogue;
mod edits;
mod error;
mod form;
mod invites;
mod keyboard;
mod media;
mod types;

pub use client::{AllowedUpdate, BotProfile, MessageText, NewMessage, SentMessage, Telegram, WebhookInfo};
pub use dialogue::Note;
pub use error::TelegramError;
pub use invites::{InviteLink, NewInvite, UsedInvite};
pub use keyboard::{CallbackButton, MessageButton};
pub use types::{
    CallbackQuery, ChatMember, ChatMemberUpdated, JoinRequest, Membership, Message, TelegramChat,
    TelegramUser, Update,
};
