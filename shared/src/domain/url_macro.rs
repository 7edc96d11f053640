//! Macros such as `{click}` in postback URLs and button links.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters is encoded in a value.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A macro that URLs may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlMacro {
    /// The click id.
    Click,
    /// `wait`, `hold`, `approve`, `cancel` or `trash`.
    Status,
    /// The campaign's code.
    Campaign,
    /// The account's id.
    User,
    /// The lead's id.
    Lead,
    /// The subscriber's Telegram id.
    Subscriber,
    /// The subscriber's username; empty if they have none.
    Username,
    /// The tracked chat's id.
    Chat,
    /// The event's Unix time in seconds.
    Time,
    /// The postback's id, the same in every attempt.
    Id,
}

impl UrlMacro {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "click" => Self::Click,
            "status" => Self::Status,
            "campaign" => Self::Campaign,
            "user" => Self::User,
            "lead" => Self::Lead,
            "subscriber" => Self::Subscriber,
            "username" => Self::Username,
            "chat" => Self::Chat,
            "time" => Self::Time,
            "id" => Self::Id,
            _ => return None,
        })
    }
}

/// What the macros stand for in one URL.
#[derive(Clone, Debug, Default)]
pub struct MacroValues {
    /// See [`UrlMacro::Click`]; likewise below.
    pub click: String,
    /// The status word.
    pub status: String,
    /// The campaign's code.
    pub campaign: String,
    /// The account's id.
    pub user: String,
    /// The lead's id.
    pub lead: String,
    /// The subscriber's Telegram id.
    pub subscriber: String,
    /// The subscriber's username.
    pub username: String,
    /// The chat's id.
    pub chat: String,
    /// Unix seconds.
    pub time: String,
    /// The postback's id; empty in button links.
    pub id: String,
}

impl MacroValues {
    /// Plausible values, for checking that a template makes a URL.
    #[must_use]
    pub fn sample() -> Self {
        let value = || "1".to_owned();
        Self {
            click: value(),
            status: value(),
            campaign: value(),
            user: value(),
            lead: value(),
            subscriber: value(),
            username: value(),
            chat: value(),
            time: value(),
            id: value(),
        }
    }

    fn value(&self, name: UrlMacro) -> &str {
        match name {
            UrlMacro::Click => &self.click,
            UrlMacro::Status => &self.status,
            UrlMacro::Campaign => &self.campaign,
            UrlMacro::User => &self.user,
            UrlMacro::Lead => &self.lead,
            UrlMacro::Subscriber => &self.subscriber,
            UrlMacro::Username => &self.username,
            UrlMacro::Chat => &self.chat,
            UrlMacro::Time => &self.time,
            UrlMacro::Id => &self.id,
        }
    }
}

/// Fills the macros in, percent-encoded, in one pass: values are never expanded again, unknown names stay.
#[must_use]
pub fn expand(template: &str, values: &MacroValues) -> String {
    replace_names(template, |name| {
        UrlMacro::from_name(name).map(|known| utf8_percent_encode(values.value(known), VALUE).to_string())
    })
}

/// Replaces each `{name}` that `value` knows, in one pass from left to right.
pub(super) fn replace_names(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        let known = rest.find('}').and_then(|close| value(&rest[1..close]).map(|text| (close, text)));
        match known {
            Some((close, text)) => {
                filled.push_str(&text);
                rest = &rest[close + 1..];
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(click: &str) -> MacroValues {
        MacroValues { click: click.into(), status: "approve".into(), ..MacroValues::default() }
    }

    #[test]
    fn known_names_are_filled_in_and_unknown_ones_stay() {
        let url =
            expand("https://t.example/?c={click}&s={status}&u={username}&x={sub9}&{&}{", &values("a b&c"));
        assert_eq!(url, "https://t.example/?c=a%20b%26c&s=approve&u=&x={sub9}&{&}{");
    }

    #[test]
    fn a_macro_inside_a_brace_is_found() {
        assert_eq!(expand("{{click}}", &values("x")), "{x}");
    }

    proptest! {
        #[test]
        fn values_are_never_expanded_again(click in ".*") {
            let url = expand("https://t.example/?c={click}", &values(&click));
            let encoded = url.strip_prefix("https://t.example/?c=").unwrap();
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
            let decoded = percent_encoding::percent_decode_str(encoded).decode_utf8().unwrap();
            prop_assert_eq!(decoded, click);
        }

        #[test]
        fn a_template_without_macros_stays_as_it_is(template in "[^{}]*") {
            prop_assert_eq!(expand(&template, &values("x")), template);
        }

        #[test]
        fn no_template_panics(template in "[{}clik\u{e9}a-z]*") {
            let _ = expand(&template, &values("{click}"));
        }
    }
}
