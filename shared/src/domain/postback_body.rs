//! What a postback by POST carries: its query, or a body from a template, as a form or as JSON.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::url_macro::{MacroValues, expand, macro_at};
use crate::error::{AppError, AppResult};

/// The longest template of a body.
const BODY_CHARACTERS: usize = 4000;

/// How a POST spells what it carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PostbackFormat {
    /// `application/x-www-form-urlencoded`; values are percent-encoded.
    #[default]
    Form,
    /// `application/json`; values are escaped as text in JSON is.
    Json,
}

/// The text names no format.
#[derive(Debug, thiserror::Error)]
#[error("not a format of a postback")]
pub struct NoPostbackFormat;

impl FromStr for PostbackFormat {
    type Err = NoPostbackFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "form" => Ok(Self::Form),
            "json" => Ok(Self::Json),
            _ => Err(NoPostbackFormat),
        }
    }
}

impl PostbackFormat {
    /// The media type of a body.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
        }
    }

    /// A body from its template. JSON that passed [`validate_body`] reads as JSON whatever the values are: in a string
    /// a value is escaped; elsewhere a whole number stands as it is, and anything else becomes a string.
    #[must_use]
    pub fn fill_in(self, template: &str, values: &MacroValues) -> String {
        match self {
            Self::Form => expand(template, values),
            Self::Json => fill_in_json(template, values),
        }
    }

    /// A body from a query's pairs: as they are spelled, or as an object of strings. Of a name that is given twice the
    /// object has the last value.
    #[must_use]
    pub fn of_query(self, query: &str) -> String {
        match self {
            Self::Form => query.to_owned(),
            Self::Json => {
                let pairs = form_urlencoded::parse(query.as_bytes());
                let object: Map<_, _> =
                    pairs.map(|(name, value)| (name.into_owned(), Value::from(value))).collect();
                Value::from(object).to_string()
            }
        }
    }
}

/// Checks a body's template: at most 4,000 characters, and as JSON readable once the macros are filled in.
///
/// # Errors
///
/// [`AppError::Parameter`] for `pb_body`.
pub fn validate_body(format: PostbackFormat, template: &str) -> AppResult<()> {
    if template.chars().count() > BODY_CHARACTERS {
        return Err(AppError::parameter("pb_body", "must have at most 4000 characters"));
    }
    // A number and a text stand for all values: what reads with both has each macro in the place of a whole value or
    // inside a string, neither as a name nor beside another sign.
    let samples = [MacroValues::sample(), MacroValues::sample_of("\"a\\b\n")];
    let reads = |values| serde_json::from_str::<Value>(&fill_in_json(template, &values)).is_ok();
    if format == PostbackFormat::Json && !template.is_empty() && !samples.into_iter().all(reads) {
        return Err(AppError::parameter("pb_body", "must be JSON once its macros are filled in"));
    }
    Ok(())
}

/// Where in a JSON text one is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    InString,
    AfterBackslash,
}

impl Place {
    fn after(self, letter: char) -> Self {
        match (self, letter) {
            (Self::InString, '\\') => Self::AfterBackslash,
            (Self::InString, '"') => Self::Outside,
            (Self::Outside, '"') | (Self::InString | Self::AfterBackslash, _) => Self::InString,
            (Self::Outside, _) => Self::Outside,
        }
    }
}

/// Fills macros into JSON, in one pass, knowing where strings begin and end in the template.
fn fill_in_json(template: &str, values: &MacroValues) -> String {
    let mut filled = String::with_capacity(template.len());
    let (mut rest, mut place) = (template, Place::Outside);
    while let Some(letter) = rest.chars().next() {
        let length = match macro_at(rest, values) {
            Some((length, value)) => {
                filled.push_str(&spelled(value, place));
                length
            }
            None => {
                filled.push(letter);
                place = place.after(letter);
                letter.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    filled
}

fn spelled(value: &str, place: Place) -> String {
    let is_whole_number = value.parse::<i64>().is_ok_and(|number| number.to_string() == value);
    if place == Place::Outside && is_whole_number {
        return value.to_owned();
    }
    let quoted = Value::from(value).to_string();
    match place {
        Place::Outside => quoted,
        Place::InString | Place::AfterBackslash => quoted[1..quoted.len() - 1].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(click: &str) -> MacroValues {
        MacroValues { click: click.into(), lead: "7".into(), ..MacroValues::default() }
    }

    #[test]
    fn values_are_escaped_for_where_they_stand() {
        let template = r#"{"c":"<{click}>","n":{lead},"x":{click},"e":{username},"u":"{sub9}{"}"#;
        let filled = PostbackFormat::Json.fill_in(template, &values("a\"b\\{lead}\n"));
        assert_eq!(filled, r#"{"c":"<a\"b\\{lead}\n>","n":7,"x":"a\"b\\{lead}\n","e":"","u":"{sub9}{"}"#);
        let form = PostbackFormat::Form.fill_in("c={click}&l={lead}", &values("a&b c"));
        assert_eq!(form, "c=a%26b%20c&l=7");
    }

    #[test]
    fn a_value_adds_nothing_to_the_structure() {
        let filled = PostbackFormat::Json.fill_in(r#"[{click}]"#, &values("1,2"));
        assert_eq!(filled, r#"["1,2"]"#);
    }

    #[test]
    fn a_query_becomes_a_form_or_an_object() {
        let query = "b=1&a=x%20y+z&b=2&empty=&bare";
        assert_eq!(PostbackFormat::Form.of_query(query), query);
        assert_eq!(PostbackFormat::Json.of_query(query), r#"{"a":"x y z","b":"2","bare":"","empty":""}"#);
        assert_eq!(PostbackFormat::Json.of_query(""), "{}");
    }

    #[test]
    fn a_template_of_json_must_read_whatever_the_values_are() {
        for good in ["", r#"{"c":"{click}"}"#, "{click}", r#"[{lead},"{x}"]"#, r#"{"{click}":null}"#, "-1"] {
            validate_body(PostbackFormat::Json, good).unwrap();
        }
        let long = format!("\"{}\"", "x".repeat(4_000));
        for bad in [
            "{",
            "c={click}",
            r#"{{click}:1}"#,
            "-{lead}",
            "1{lead}",
            "{lead}{lead}",
            r#""\{click}""#,
            r#""\u{click}000""#,
            r#"{"a":{sub9}}"#,
            &long,
        ] {
            assert!(validate_body(PostbackFormat::Json, bad).is_err(), "{bad}");
        }
        validate_body(PostbackFormat::Form, "anything at all {").unwrap();
        assert!(validate_body(PostbackFormat::Form, &long).is_err());
    }

    proptest! {
        #[test]
        fn a_checked_template_reads_as_json_with_any_values(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "{click}", "{lead}", "{", "}", "[", "]", ",", ":", "\"", "\\", "1", "-", "a", " ", "\"k\":", "u",
                ]),
                0..12,
            ),
            click in ".{0,8}",
            lead in "-?[0-9]{0,25}",
        ) {
            let template = parts.concat();
            if validate_body(PostbackFormat::Json, &template).is_ok() && !template.is_empty() {
                let values = MacroValues { lead, ..values(&click) };
                let filled = PostbackFormat::Json.fill_in(&template, &values);
                prop_assert!(serde_json::from_str::<Value>(&filled).is_ok(), "{} → {}", template, filled);
            }
        }

        #[test]
        fn what_stands_in_a_string_reads_back(click in ".*") {
            let filled = PostbackFormat::Json.fill_in(r#"{"c":"{click}","d":{click}}"#, &values(&click));
            let read: Value = serde_json::from_str(&filled).unwrap();
            prop_assert_eq!(&read["c"], &click);
            let bare = read["d"].as_str().map_or_else(|| read["d"].to_string(), str::to_owned);
            prop_assert_eq!(bare, click);
        }
    }
}
