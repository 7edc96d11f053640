use super::hide;
use crate::ids::TelegramBotId;

/// A bot's token. It is part of every Bot API URL, so nothing may ever print it.
#[derive(Clone, PartialEq, Eq)]
pub struct BotToken(String);

hide!(BotToken);

impl BotToken {
    /// Takes `<bot id>:<secret>` as BotFather gives it; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.trim().split_once(':')?;
        let usable = (1..=20).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_digit())
            && (20..=100).contains(&secret.len())
            && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        usable.then(|| Self(text.trim().to_owned()))
    }

    /// Telegram's id of the bot, the number before the colon.
    #[must_use]
    pub fn telegram_id(&self) -> Option<TelegramBotId> {
        self.0.split(':').next()?.parse().ok()
    }

    /// The token in clear, for the URL of a Bot API call.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_taken_by_shape() {
        let good = BotToken::parse(" 123456:AAF-abcdefghijklmnopqrstuvwxyz_0123\n").unwrap();
        assert_eq!(good.telegram_id(), Some(TelegramBotId(123_456)));
        assert_eq!(format!("{good:?}"), "BotToken(…)");
        for bad in [
            "",
            "123456",
            "123456:short",
            "x:AAF-abcdefghijklmnopqrstuvwxyz",
            "1:AAF/abcdefghijklmnopqrstuvwxyz",
        ] {
            assert!(BotToken::parse(bad).is_none(), "{bad}");
        }
    }
}
