use crate::ids::{AccountId, ChatId};

/// A stretch of time in which one chat of an owner gets so many notices and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeWindow {
    /// The account.
    pub account: AccountId,
    /// The owner's chat.
    pub chat: ChatId,
    /// How long it is.
    pub span: NoticeSpan,
    /// When it began, in Unix seconds.
    pub begun: i64,
}

/// How long a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeSpan {
    /// For what happens to leads.
    Minute,
    /// For what happens to bots.
    Day,
}

impl NoticeSpan {
    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Day => 86_400,
        }
    }

    /// The word in the window's key.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "MINUTE",
            Self::Day => "DAY",
        }
    }
}

impl NoticeWindow {
    /// The window that a moment lies in.
    #[must_use]
    pub const fn at(account: AccountId, chat: ChatId, span: NoticeSpan, now: i64) -> Self {
        Self { account, chat, span, begun: now - now.rem_euclid(span.seconds()) }
    }

    /// The window `count` windows before.
    #[must_use]
    pub const fn before(self, count: i64) -> Self {
        Self { begun: self.begun - count * self.span.seconds(), ..self }
    }

    /// When it is over, in Unix seconds.
    #[must_use]
    pub const fn end(self) -> i64 {
        self.begun + self.span.seconds()
    }
}
