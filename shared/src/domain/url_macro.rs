//! Macros such as `{click}` in postback URLs and button links.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::click::{ClickParameter, ClickParameters, Visit};

/// Everything but RFC 3986's unreserved characters is encoded in a value.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// No macro's name is as long as this, in bytes.
const NAME_BYTES: usize = 32;

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
    /// A parameter that came with the click.
    Parameter(ClickParameter),
    /// The visitor's address, for a few days after the visit.
    Ip,
    /// The visitor's browser, for a few days after the visit.
    UserAgent,
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
            "ip" => Self::Ip,
            "user_agent" => Self::UserAgent,
            other => Self::Parameter(ClickParameter::from_name(other)?),
        })
    }

    fn is_visitors_own(self) -> bool {
        matches!(self, Self::Ip | Self::UserAgent)
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
    /// What came with the click.
    pub parameters: ClickParameters,
    /// Who visited; empty in button links.
    pub visit: Visit,
}

impl MacroValues {
    /// Plausible values, for checking that a template makes a URL.
    #[must_use]
    pub fn sample() -> Self {
        Self::sample_of("1")
    }

    /// This value for every macro.
    pub(super) fn sample_of(value: &str) -> Self {
        let value = || value.to_owned();
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
            parameters: ClickParameter::ALL.map(|parameter| (parameter, value())).into_iter().collect(),
            visit: Visit { ip: value(), user_agent: value() },
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
            UrlMacro::Parameter(parameter) => self.parameters.get(parameter),
            UrlMacro::Ip => &self.visit.ip,
            UrlMacro::UserAgent => &self.visit.user_agent,
        }
    }
}

/// Fills the macros in, percent-encoded, in one pass: values are never expanded again, unknown names stay.
#[must_use]
pub fn expand(template: &str, values: &MacroValues) -> String {
    expand_with(template, values, |_| None)
}

/// The same with names that this one URL has besides.
pub(super) fn expand_with(
    template: &str,
    values: &MacroValues,
    own: impl Fn(&str) -> Option<String>,
) -> String {
    replace_names(template, |name| {
        let value = own(name).or_else(|| Some(values.value(UrlMacro::from_name(name)?).to_owned()));
        value.map(|value| encoded(&value))
    })
}

/// The same as the log may show it: what is the visitor's own stands as `***`.
#[must_use]
pub fn expand_masked(template: &str, values: &MacroValues) -> String {
    replace_names(template, |name| {
        let known = UrlMacro::from_name(name)?;
        let value = values.value(known);
        let masked = known.is_visitors_own() && !value.is_empty();
        Some(if masked { "***".to_owned() } else { encoded(value) })
    })
}

/// Whether a template has a macro that only the visit knows.
#[must_use]
pub fn names_visitor(template: &str) -> bool {
    template.contains("{ip}") || template.contains("{user_agent}")
}

/// The value of the macro that a text begins with, and the macro's length in bytes.
pub(super) fn macro_at<'v>(text: &str, values: &'v MacroValues) -> Option<(usize, &'v str)> {
    let inner = text.strip_prefix('{')?;
    let close = inner.bytes().take(NAME_BYTES).position(|byte| byte == b'}')?;
    Some((close + 2, values.value(UrlMacro::from_name(&inner[..close])?)))
}

/// A value as it stands in a URL.
pub(super) fn encoded(value: &str) -> String {
    utf8_percent_encode(value, VALUE).to_string()
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
    fn parameters_of_the_click_and_the_visitor_are_filled_in_and_the_visitor_is_masked_for_the_log() {
        let values = MacroValues {
            parameters: [(ClickParameter::Sub1, "a b".to_owned())].into_iter().collect(),
            visit: Visit { ip: "2001:db8::1".into(), ..Visit::default() },
            ..MacroValues::default()
        };
        let template = "https://t.example/?1={sub1}&2={sub2}&t={utm_term}&i={ip}&a={user_agent}";
        assert_eq!(expand(template, &values), "https://t.example/?1=a%20b&2=&t=&i=2001%3Adb8%3A%3A1&a=");
        assert_eq!(expand_masked(template, &values), "https://t.example/?1=a%20b&2=&t=&i=***&a=");
        assert!(names_visitor(template) && names_visitor("{{ip}}") && !names_visitor("{ips}{click}"));
    }

    #[test]
    fn every_parameter_of_a_click_has_a_macro() {
        for parameter in ClickParameter::ALL {
            let template = format!("{{{}}}", parameter.name());
            let parameters = [(parameter, "v".to_owned())].into_iter().collect();
            assert_eq!(expand(&template, &MacroValues { parameters, ..MacroValues::default() }), "v");
        }
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
