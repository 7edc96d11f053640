//! Buttons below a message.

use serde::Serialize;

/// One button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageButton {
    /// Opens an address.
    Link {
        /// Its label.
        label: String,
        /// Of http, https or Telegram itself.
        url: String,
    },
    /// Reports to the bot.
    Callback(CallbackButton),
    /// The same, in words of a user's own.
    Reporting {
        /// Its label.
        label: String,
        /// What it reports, 1 to 64 bytes.
        data: String,
    },
}

/// A button that reports to the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackButton {
    /// Its label.
    pub label: &'static str,
    /// What it reports, 1 to 64 bytes.
    pub data: &'static str,
}

/// Rows of buttons, as Telegram takes them.
#[derive(Serialize)]
pub(super) struct Keyboard<'a> {
    inline_keyboard: Vec<Vec<Button<'a>>>,
}

#[derive(Serialize)]
struct Button<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_data: Option<&'a str>,
}

impl<'a> Keyboard<'a> {
    /// `None` where there is no button.
    pub fn of(rows: &'a [Vec<MessageButton>]) -> Option<Self> {
        let rows = rows.iter().filter(|row| !row.is_empty());
        let inline_keyboard: Vec<Vec<_>> = rows.map(|row| row.iter().map(Button::of).collect()).collect();
        (!inline_keyboard.is_empty()).then_some(Self { inline_keyboard })
    }

    /// A single button that reports to the bot.
    pub fn single(button: CallbackButton) -> Self {
        Self { inline_keyboard: vec![vec![Button::reporting(button)]] }
    }
}

impl<'a> Button<'a> {
    fn of(button: &'a MessageButton) -> Self {
        match button {
            MessageButton::Link { label, url } => Self { text: label, url: Some(url), callback_data: None },
            MessageButton::Callback(button) => Self::reporting(*button),
            MessageButton::Reporting { label, data } => {
                Self { text: label, url: None, callback_data: Some(data) }
            }
        }
    }

    const fn reporting(CallbackButton { label, data }: CallbackButton) -> Self {
        Self { text: label, url: None, callback_data: Some(data) }
    }
}
