//! What a click brings: its id, the parameters that came with it, and the token that stands for both in a deep link.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use url::form_urlencoded::{byte_serialize, parse};

use crate::error::{AppError, AppResult};

/// A click has at most this many characters.
const CLICK_CHARACTERS: usize = 512;

/// A parameter's value has at most this many characters.
const VALUE_CHARACTERS: usize = 256;

/// How long a visitor's click may be, in form-encoded bytes; any 512 characters of ASCII fit.
const CLICK_BYTES: usize = 1_536;

/// How long the parameters of one click may be together, in form-encoded bytes: a lead keeps 64 starts, and DynamoDB
/// takes items of up to 400 KB.
const PARAMETERS_BYTES: usize = 3_900;

/// How much of a visitor's query counts, in bytes.
const QUERY_BYTES: usize = 8 * 1024;

/// A token's length: 16 bytes in base64url.
const TOKEN_CHARACTERS: usize = 22;

/// A parameter that may come with a click.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClickParameter {
    /// Meta's click id.
    Fbclid,
    /// Google's click id.
    Gclid,
    /// TikTok's click id.
    Ttclid,
    /// The tracker's first own value.
    Sub1,
    /// The second.
    Sub2,
    /// The third.
    Sub3,
    /// The fourth.
    Sub4,
    /// The fifth.
    Sub5,
    /// Where the traffic comes from.
    UtmSource,
    /// By what kind of placement.
    UtmMedium,
    /// By which advertising campaign.
    UtmCampaign,
    /// By which search words.
    UtmTerm,
    /// By which creative.
    UtmContent,
}

impl ClickParameter {
    /// Every one there is.
    pub const ALL: [Self; 13] = [
        Self::Fbclid,
        Self::Gclid,
        Self::Ttclid,
        Self::Sub1,
        Self::Sub2,
        Self::Sub3,
        Self::Sub4,
        Self::Sub5,
        Self::UtmSource,
        Self::UtmMedium,
        Self::UtmCampaign,
        Self::UtmTerm,
        Self::UtmContent,
    ];

    /// The name in queries and the macro's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fbclid => "fbclid",
            Self::Gclid => "gclid",
            Self::Ttclid => "ttclid",
            Self::Sub1 => "sub1",
            Self::Sub2 => "sub2",
            Self::Sub3 => "sub3",
            Self::Sub4 => "sub4",
            Self::Sub5 => "sub5",
            Self::UtmSource => "utm_source",
            Self::UtmMedium => "utm_medium",
            Self::UtmCampaign => "utm_campaign",
            Self::UtmTerm => "utm_term",
            Self::UtmContent => "utm_content",
        }
    }

    /// The parameter of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|parameter| parameter.name() == name)
    }
}

/// The parameters that came with one click; an empty one is absent. Collected from pairs: the last of a name wins, and
/// what is too long is cut.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClickParameters(BTreeMap<ClickParameter, String>);

impl ClickParameters {
    /// One value; empty if it did not come.
    #[must_use]
    pub fn get(&self, parameter: ClickParameter) -> &str {
        self.0.get(&parameter).map_or("", String::as_str)
    }

    /// Whether none came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that came.
    pub fn iter(&self) -> impl Iterator<Item = (ClickParameter, &str)> {
        self.0.iter().map(|(parameter, value)| (*parameter, value.as_str()))
    }
}

impl FromIterator<(ClickParameter, String)> for ClickParameters {
    fn from_iter<I: IntoIterator<Item = (ClickParameter, String)>>(pairs: I) -> Self {
        let mut values: BTreeMap<_, _> = pairs.into_iter().collect();
        let mut left = PARAMETERS_BYTES;
        values.retain(|parameter, value| {
            let around = parameter.name().len() + "&=".len();
            *value = cut(value, VALUE_CHARACTERS, left.saturating_sub(around));
            if !value.is_empty() {
                left -= around + encoded_length(value);
            }
            !value.is_empty()
        });
        Self(values)
    }
}

/// Reads the query that a visitor came with: the click and its parameters, cut to what is kept. Other names count for
/// nothing, and the last of a name wins. No query is refused.
#[must_use]
pub fn read_query(query: &str) -> (String, ClickParameters) {
    let mut click = String::new();
    let mut parameters = Vec::new();
    for (name, value) in parse(within(query, QUERY_BYTES).as_bytes()) {
        if name == "click" {
            click = cut(&value, CLICK_CHARACTERS, CLICK_BYTES);
        } else if let Some(parameter) = ClickParameter::from_name(&name) {
            parameters.push((parameter, value.into_owned()));
        }
    }
    (click, parameters.into_iter().collect())
}

/// Checks a click that is to be kept in the vault.
///
/// # Errors
///
/// [`AppError::Parameter`] for `click` over 512 characters, or with a control character.
pub fn validate_click(click: &str) -> AppResult<()> {
    if click.chars().count() <= CLICK_CHARACTERS && !click.chars().any(char::is_control) {
        return Ok(());
    }
    Err(AppError::parameter("click", "must have at most 512 characters, none of them a control character"))
}

/// Stands for a click in a deep link: 16 bytes as 22 characters that a payload may carry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClickToken(String);

impl ClickToken {
    /// Spells 16 bytes.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads a token; `None` for text that has not the shape of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let legal = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        (text.len() == TOKEN_CHARACTERS && legal).then(|| Self(text.to_owned()))
    }

    /// As it stands in a link.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who visited. Personal: never copied into a lead or a log, and not printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The address that the request came from.
    pub ip: String,
    /// The browser, as it calls itself.
    pub user_agent: String,
}

impl std::fmt::Debug for Visit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Visit(…)")
    }
}

/// The beginning of a query up to its last whole pair within so many bytes.
fn within(query: &str, bytes: usize) -> &str {
    if query.len() <= bytes {
        return query;
    }
    let head = &query[..query.floor_char_boundary(bytes)];
    head.rfind('&').map_or(head, |end| &head[..end])
}

/// Text without control characters, up to so many characters and so many form-encoded bytes.
fn cut(text: &str, characters: usize, encoded_bytes: usize) -> String {
    let mut left = encoded_bytes;
    let mut fits = |letter: &char| {
        let length = encoded_length(letter.encode_utf8(&mut [0; 4]));
        let fits = length <= left;
        left = left.saturating_sub(length);
        fits
    };
    text.chars().filter(|letter| !letter.is_control()).take(characters).take_while(&mut fits).collect()
}

fn encoded_length(text: &str) -> usize {
    byte_serialize(text.as_bytes()).map(str::len).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(parameters: &ClickParameters) -> Vec<(&str, &str)> {
        parameters.iter().map(|(parameter, value)| (parameter.name(), value)).collect()
    }

    #[test]
    fn a_query_is_read_for_the_names_that_count_and_the_last_of_a_name_wins() {
        let (click, parameters) =
            read_query("click=a&sub1=1&utm_source=f+b&x=1&Sub2=no&sub6=no&sub1=%D0%AF&click=b%20c&gclid=");
        assert_eq!(click, "b c");
        assert_eq!(pairs(&parameters), [("sub1", "\u{42f}"), ("utm_source", "f b")]);
        assert_eq!(read_query("sub1=1&sub1="), (String::new(), ClickParameters::default()));
    }

    #[test]
    fn what_is_too_long_is_cut_and_control_characters_go() {
        let (click, parameters) =
            read_query(&format!("click={}&sub1={}&sub2=a%00%0Ab", "c".repeat(600), "s".repeat(300)));
        assert_eq!((click.len(), parameters.get(ClickParameter::Sub1).len()), (512, 256));
        assert_eq!(parameters.get(ClickParameter::Sub2), "ab");
    }

    #[test]
    fn thirteen_values_of_ascii_letters_and_any_ascii_click_are_kept_whole() {
        let click = "/".repeat(512);
        let query: String = ClickParameter::ALL
            .iter()
            .map(|parameter| format!("&{}={}", parameter.name(), "x".repeat(256)))
            .collect();
        let (read, parameters) = read_query(&format!("click={click}{query}"));
        assert_eq!(read, click);
        assert!(parameters.iter().all(|(_, value)| value.len() == 256));
        assert_eq!(parameters.iter().count(), 13);
    }

    #[test]
    fn a_query_over_8_kib_counts_up_to_its_last_whole_pair() {
        let (click, parameters) =
            read_query(&format!("click=c&x={}&sub1=whole&sub2={}", "x".repeat(8000), "y".repeat(9000)));
        assert_eq!((click.as_str(), pairs(&parameters)), ("c", vec![("sub1", "whole")]));
        let (click, _) = read_query(&format!("click={}", "\u{42f}".repeat(9000)));
        assert_eq!(click, "\u{42f}".repeat(256));
    }

    #[test]
    fn a_token_is_22_characters_that_a_payload_may_carry() {
        let token = ClickToken::new([0xff; 16]);
        assert_eq!((token.as_str().len(), ClickToken::parse(token.as_str())), (22, Some(token.clone())));
        for bad in ["", "abc", "0123456789abcdef01234+", "0123456789abcdef0123456"] {
            assert_eq!(ClickToken::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_click_for_the_vault_has_up_to_512_characters_and_no_control_character() {
        validate_click(&"\u{42f} ".repeat(256)).unwrap();
        for bad in ["x".repeat(513), "a\nb".to_owned(), "\0".to_owned()] {
            assert!(validate_click(&bad).is_err());
        }
    }

    proptest! {
        #[test]
        fn every_query_is_read_within_the_bounds(query in "(click=|sub1=|utm_term=|&|%[0-9A-F]{2}|.|\u{42f}{300}|/{600}){0,40}") {
            let (click, parameters) = read_query(&query);
            prop_assert!(click.chars().count() <= 512 && encoded_length(&click) <= CLICK_BYTES);
            let length: usize =
                parameters.iter().map(|(name, value)| name.name().len() + 2 + encoded_length(value)).sum();
            prop_assert!(length <= PARAMETERS_BYTES);
            let again = parameters.iter().map(|(name, value)| (name, value.to_owned())).collect();
            prop_assert_eq!(parameters, again);
        }
    }
}
