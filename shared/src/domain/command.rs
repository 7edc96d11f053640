//! The commands that a person writes to a bot.

use super::subscription::Subscription;

/// A command that is no press of Start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `/stop` or `/resume`.
    Subscription(Subscription),
    /// `/id`: which id this conversation has.
    Id,
}

impl Command {
    /// Reads a message's text; `/stop@some_bot` and what follows a command read as the command alone.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let command = text.split_whitespace().next()?;
        match command.split('@').next()? {
            "/stop" => Some(Self::Subscription(Subscription::Stopped)),
            "/resume" => Some(Self::Subscription(Subscription::Resumed)),
            "/id" => Some(Self::Id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_the_first_word_with_or_without_the_bots_name() {
        let stop = Some(Command::Subscription(Subscription::Stopped));
        for text in ["/stop", "/stop@shop_bot", "/stop now", "/stop@shop_bot\nplease"] {
            assert_eq!(Command::parse(text), stop, "{text}");
        }
        assert_eq!(Command::parse("/resume"), Some(Command::Subscription(Subscription::Resumed)));
        assert_eq!(Command::parse("/id"), Some(Command::Id));
        for text in ["/start", "/stopping", "stop", "please /stop", "", "/"] {
            assert_eq!(Command::parse(text), None, "{text}");
        }
    }
}
