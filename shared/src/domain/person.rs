//! A Telegram user as an update shows them.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// Who somebody is, as last seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Telegram's id.
    pub user: UserId,
    /// Without `@`; empty if they have none.
    #[serde(default)]
    pub username: String,
    /// Their first name.
    #[serde(default)]
    pub first_name: String,
    /// Their last name; empty if they have none.
    #[serde(default)]
    pub last_name: String,
    /// Their client's language, an IETF tag; empty if unknown.
    #[serde(default)]
    pub language: String,
    /// Whether they have Telegram Premium.
    #[serde(default)]
    pub premium: bool,
}
