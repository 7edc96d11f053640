//! What a person says about messages from a bot, by command or by button.

/// What a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscription {
    /// No more messages.
    Stopped,
    /// Messages again.
    Resumed,
}

impl Subscription {
    /// What a button reports that says this.
    #[must_use]
    pub const fn callback_data(self) -> &'static str {
        match self {
            Self::Stopped => "unsub:1",
            Self::Resumed => "sub:1",
        }
    }

    /// What a button says; `None` for a button of something else.
    #[must_use]
    pub fn of_callback(data: &str) -> Option<Self> {
        [Self::Stopped, Self::Resumed].into_iter().find(|said| said.callback_data() == data)
    }

    /// What the person is answered.
    #[must_use]
    pub const fn answer(self) -> &'static str {
        match self {
            Self::Stopped => "You will get no more messages from this bot.",
            Self::Resumed => "You will get messages from this bot again.",
        }
    }

    /// The label of the button that says this.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Stopped => "Unsubscribe",
            Self::Resumed => "Subscribe again",
        }
    }
}
