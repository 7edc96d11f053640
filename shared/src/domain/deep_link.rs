//! The deep link `https://t.me/<bot>?start=<code>-<click>` and the payload of `/start`.
//!
//! A click that cannot stand in a payload is kept in the click vault; the link then ends in `_` and its token.

use super::click::ClickToken;

/// Telegram's limit on the payload.
pub const PAYLOAD_MAX: usize = 64;

/// The longest code after which `_` and a token of 22 characters fit.
const CODE_MAX: usize = PAYLOAD_MAX - 23;

/// Stands in a link for the click that the advertiser's tracker fills in.
pub const CLICK_PLACEHOLDER: &str = "{click}";

/// What a press of Start carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The campaign's code.
    pub code: String,
    /// What follows it.
    pub carried: Carried,
}

/// What follows the code in a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// After a `-`, the click; may contain `-` and `_`, may be empty.
    Click(String),
    /// After a `_`, what stands for a click in the vault.
    Token(ClickToken),
}

impl Payload {
    /// Splits a payload at its first `-` or `_`, which a code never contains. `None` where there is no code.
    ///
    /// What follows a `_` and is no token counts as an empty click: a start is never lost.
    #[must_use]
    pub fn parse(payload: &str) -> Option<Self> {
        if payload.len() > PAYLOAD_MAX || !payload.bytes().all(is_legal) {
            return None;
        }
        let end = payload.find(['-', '_']).unwrap_or(payload.len());
        let (code, carried) = payload.split_at(end);
        let carried = match carried.strip_prefix('_').map(ClickToken::parse) {
            Some(Some(token)) => Carried::Token(token),
            Some(None) => Carried::Click(String::new()),
            None => Carried::Click(carried.strip_prefix('-').unwrap_or_default().to_owned()),
        };
        is_code(code).then(|| Self { code: code.to_owned(), carried })
    }
}

/// Whether a text can be a campaign's code: letters and digits, and room for a token after them.
#[must_use]
pub fn is_code(text: &str) -> bool {
    (1..=CODE_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The link with nothing but the code.
#[must_use]
pub fn bare_link(bot_username: &str, code: &str) -> String {
    format!("https://t.me/{bot_username}?start={code}")
}

/// The link with a token of the click vault in it.
#[must_use]
pub fn link_with_token(bot_username: &str, code: &str, token: &ClickToken) -> String {
    format!("https://t.me/{bot_username}?start={code}_{}", token.as_str())
}

/// The link with the placeholder for the click.
#[must_use]
pub fn open_link(bot_username: &str, code: &str) -> String {
    format!("https://t.me/{bot_username}?start={code}-{CLICK_PLACEHOLDER}")
}

/// The link with the click in it; `None` if the click cannot stand in a payload.
#[must_use]
pub fn link_with_click(bot_username: &str, code: &str, click: &str) -> Option<String> {
    let fits = code.len() + 1 + click.len() <= PAYLOAD_MAX && click.bytes().all(is_legal);
    fits.then(|| format!("https://t.me/{bot_username}?start={code}-{click}"))
}

fn is_legal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn links_read_as_the_contract_spells_them() {
        assert_eq!(open_link("mytrackbot", "abc123"), "https://t.me/mytrackbot?start=abc123-{click}");
        let link = link_with_click("mytrackbot", "abc123", "xyz789").unwrap();
        assert_eq!(link, "https://t.me/mytrackbot?start=abc123-xyz789");
    }

    #[test]
    fn a_click_may_be_absent_and_may_contain_dashes() {
        let payload = |code: &str, click: &str| {
            Some(Payload { code: code.into(), carried: Carried::Click(click.into()) })
        };
        assert_eq!(Payload::parse("abc123"), payload("abc123", ""));
        assert_eq!(Payload::parse("abc123-"), payload("abc123", ""));
        assert_eq!(Payload::parse("abc123-a-b-"), payload("abc123", "a-b-"));
        assert_eq!(Payload::parse("abc123-a_b_"), payload("abc123", "a_b_"));
        assert_eq!(Payload::parse("abc123_"), payload("abc123", ""), "no token is an empty click");
        assert_eq!(Payload::parse("abc123_x-y"), payload("abc123", ""));
        assert_eq!(Payload::parse("-xyz"), None);
        assert_eq!(Payload::parse(""), None);
        assert_eq!(Payload::parse("abc123-x y"), None);
    }

    proptest! {
        #[test]
        fn a_token_in_a_link_comes_back(code in "[a-z0-9]{6}", bytes: [u8; 16]) {
            let token = ClickToken::new(bytes);
            let link = link_with_token("bot", &code, &token);
            let payload = link.split_once("start=").unwrap().1;
            prop_assert!(payload.len() <= PAYLOAD_MAX);
            prop_assert_eq!(Payload::parse(payload), Some(Payload { code, carried: Carried::Token(token) }));
        }

        #[test]
        fn what_a_link_carries_a_start_brings_back(code in "[a-z0-9]{6}", click in "[A-Za-z0-9_-]{0,57}") {
            let link = link_with_click("bot", &code, &click).unwrap();
            let payload = link.split_once("start=").unwrap().1;
            prop_assert_eq!(Payload::parse(payload), Some(Payload { code, carried: Carried::Click(click) }));
        }

        #[test]
        fn a_click_that_cannot_stand_in_a_link_is_refused(click in "[A-Za-z0-9_-]{58,80}|.*[^A-Za-z0-9_-].*") {
            prop_assert_eq!(link_with_click("bot", "abc123", &click), None);
        }

        #[test]
        fn no_payload_panics(payload in ".*") {
            let _ = Payload::parse(&payload);
        }
    }
}
