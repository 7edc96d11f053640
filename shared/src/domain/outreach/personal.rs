//! What stands in a text for what differs from person to person: `{{firstName}}`, `{{lastName}}`, `{{username}}`,
//! `{{attributes.x}}` or `{{x}}` for an attribute, each with a default behind a bar: `{{firstName|friend}}`; and
//! `{{inviteLink}}` in a campaign that invites.

use std::collections::BTreeMap;

use serde_json::Value;

use super::field::is_attribute_name;
use crate::domain::formatting::{
    bare_text, escape_html, markdown_to_html, markdown_to_linked_html, visible_text,
};
use crate::domain::url_macro::encoded;
use crate::domain::welcome::fill_html;

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// What may stand before the name of an attribute.
const ATTRIBUTE: &str = "attributes.";

/// While a text is formatted its places are held by characters that Unicode keeps out of texts: the digits of the
/// place's number, and an end. No mark of Markdown, however a field is called, comes about by them.
const DIGITS: [char; 10] = [
    '\u{fdd0}', '\u{fdd1}', '\u{fdd2}', '\u{fdd3}', '\u{fdd4}', '\u{fdd5}', '\u{fdd6}', '\u{fdd7}',
    '\u{fdd8}', '\u{fdd9}',
];
const END: char = '\u{fdda}';

/// The invite link of the text.
pub(super) const INVITE_FIELD: &str = "inviteLink";

/// What an invite link looks like.
const SOME_INVITE: &str = "https://t.me/+x";

/// What is known of a person.
#[derive(Clone, Copy, Debug)]
pub struct PersonValues<'a> {
    /// Their first name.
    pub first_name: &'a str,
    /// Their last name; empty if they have none.
    pub last_name: &'a str,
    /// Without `@`; empty if they have none.
    pub username: &'a str,
    /// The invite link of what they get; empty if it has none.
    pub invite_link: &'a str,
    /// What the account knows of them.
    pub attributes: &'a BTreeMap<String, Value>,
}

/// A person has no value for a field that has no default.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no value for {0}")]
pub struct MissingField(pub String);

/// A text for one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonalText {
    /// Telegram HTML.
    pub html: String,
    /// The same as bare text, with the addresses of its links.
    pub plain: String,
    /// How many characters are seen, which Telegram's limits count.
    pub characters: usize,
}

impl PersonalText {
    /// A text that is the same for everybody.
    #[must_use]
    pub fn verbatim(markdown: &str) -> Self {
        let characters = visible_text(markdown).chars().count();
        Self { html: markdown_to_html(markdown), plain: bare_text(markdown), characters }
    }
}

/// What stands instead of an address, by how that was written; `None` lets it be.
pub(super) type Address<'a> = &'a dyn Fn(&str) -> Option<String>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Place { field: &'a str, default: Option<&'a str> },
}

/// Checks that every `{{` begins a field.
///
/// # Errors
///
/// What the text must be, in plain words.
pub(super) fn check(text: &str) -> Result<(), String> {
    pieces(text).map(drop)
}

/// Fills a text for one person. Values are text: their marks and tags mean nothing, and braces in them are left alone.
/// Within the address of a link they are encoded, unless the whole address is one field.
///
/// # Errors
///
/// [`MissingField`] for the first field that has neither value nor default.
pub fn render(markdown: &str, values: PersonValues<'_>) -> Result<PersonalText, MissingField> {
    render_with(markdown, Some(values), None)
}

/// The same with other addresses behind some links; without values everybody gets the same, braces as they are.
///
/// # Errors
///
/// As [`render`].
pub(super) fn render_with(
    markdown: &str,
    values: Option<PersonValues<'_>>,
    address: Option<Address<'_>>,
) -> Result<PersonalText, MissingField> {
    let pieces = match values {
        Some(_) => pieces(markdown).unwrap_or_else(|_| vec![Piece::Text(markdown)]),
        None => vec![Piece::Text(markdown)],
    };
    let (mut marked, mut known, mut written) =
        (String::with_capacity(markdown.len()), Vec::new(), Vec::new());
    for piece in pieces {
        match (piece, values) {
            (Piece::Place { field, default }, Some(values)) => {
                marked.push_str(&place(known.len()));
                known.push(values.of(field, default)?);
                written.push(as_written(field, default));
            }
            (Piece::Text(text), _) => marked.extend(text.chars().filter(|letter| !is_reserved(*letter))),
            (Piece::Place { .. }, None) => {}
        }
    }
    let in_text = |text: &str| replace_places(text, &known, escape_html);
    let in_address = |address: &str| match is_one_place(address) {
        true => in_text(address),
        false => replace_places(address, &known, encoded),
    };
    let html = match address {
        Some(other) => {
            markdown_to_linked_html(&marked, |found| other(&replace_places(found, &written, str::to_owned)))
        }
        None => markdown_to_html(&marked),
    };
    let as_it_is = |text: &str| replace_places(text, &known, str::to_owned);
    Ok(PersonalText {
        html: fill_html(&html, in_text, in_address),
        plain: as_it_is(&bare_text(&marked)),
        characters: as_it_is(&visible_text(&marked)).chars().count(),
    })
}

/// Fills what Telegram takes without formatting, such as the label of a button.
///
/// # Errors
///
/// As [`render`].
pub(super) fn render_label(text: &str, values: PersonValues<'_>) -> Result<String, MissingField> {
    fill(text, values, str::to_owned)
}

/// Fills an address; values are encoded, unless the whole address is one field.
///
/// # Errors
///
/// As [`render`].
pub(super) fn render_address(text: &str, values: PersonValues<'_>) -> Result<String, MissingField> {
    let is_one_field =
        matches!(pieces(text).as_deref(), Ok([Piece::Text(""), Piece::Place { .. }, Piece::Text("")]));
    fill(text, values, |value| if is_one_field { value.to_owned() } else { encoded(value) })
}

/// The first field of a text that has no default.
pub(super) fn without_default(text: &str) -> Option<&str> {
    let pieces = pieces(text).unwrap_or_default();
    pieces.into_iter().find_map(|piece| match piece {
        Piece::Place { field, default: None } => Some(field),
        Piece::Place { .. } | Piece::Text(_) => None,
    })
}

/// A text with this in every place, and an invite link where that is to stand, unless it is empty.
pub(super) fn with_everywhere(text: &str, value: &str) -> String {
    let pieces = pieces(text).unwrap_or_else(|_| vec![Piece::Text(text)]);
    let shown = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text,
        Piece::Place { field: INVITE_FIELD, .. } if !value.is_empty() => SOME_INVITE,
        Piece::Place { .. } => value,
    });
    shown.collect()
}

fn fill(
    text: &str,
    values: PersonValues<'_>,
    spelled: impl Fn(&str) -> String,
) -> Result<String, MissingField> {
    let Ok(pieces) = pieces(text) else { return Ok(text.to_owned()) };
    let filled = pieces.into_iter().map(|piece| match piece {
        Piece::Text(text) => Ok(text.to_owned()),
        Piece::Place { field, default } => values.of(field, default).map(|value| spelled(&value)),
    });
    filled.collect()
}

impl PersonValues<'_> {
    fn of(&self, field: &str, default: Option<&str>) -> Result<String, MissingField> {
        let value = match field {
            "firstName" => self.first_name.to_owned(),
            "lastName" => self.last_name.to_owned(),
            "username" => self.username.to_owned(),
            INVITE_FIELD if !self.invite_link.is_empty() => self.invite_link.to_owned(),
            name => self.attributes.get(attribute(name)).map(spelled).unwrap_or_default(),
        };
        match (value.is_empty(), default) {
            (false, _) => Ok(value),
            (true, Some(default)) => Ok(default.to_owned()),
            (true, None) => Err(MissingField(field.to_owned())),
        }
    }
}

/// A field as it stands in a text.
fn as_written(field: &str, default: Option<&str>) -> String {
    let default = default.map(|default| format!("|{default}")).unwrap_or_default();
    format!("{OPEN}{field}{default}{CLOSE}")
}

/// An attribute in a sentence; a list with commas.
fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(spelled).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null | Value::Object(_) => String::new(),
    }
}

fn attribute(field: &str) -> &str {
    field.strip_prefix(ATTRIBUTE).unwrap_or(field)
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, behind)) = rest.split_once(OPEN) {
        let malformed = || {
            let begun: String = behind.chars().take(20).collect();
            format!(
                "must close each {OPEN} as in {OPEN}firstName{CLOSE} or {OPEN}firstName|friend{CLOSE}, unlike {OPEN}{begun}"
            )
        };
        let (place, after) = behind.split_once(CLOSE).ok_or_else(malformed)?;
        let (field, default) =
            place.split_once('|').map_or((place, None), |(field, default)| (field, Some(default.trim())));
        let field = field.trim();
        if !is_attribute_name(attribute(field)) || place.contains(OPEN) {
            return Err(malformed());
        }
        pieces.extend([Piece::Text(before), Piece::Place { field, default }]);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

fn is_reserved(letter: char) -> bool {
    DIGITS.contains(&letter) || letter == END
}

/// What holds the place of this number.
fn place(number: usize) -> String {
    let digits = number.to_string();
    let digits = digits.chars().filter_map(|digit| DIGITS.get(usize::try_from(digit.to_digit(10)?).ok()?));
    digits.chain([&END]).collect()
}

fn is_one_place(text: &str) -> bool {
    text.ends_with(END) && text.chars().all(is_reserved) && text.matches(END).count() == 1
}

fn replace_places(text: &str, known: &[String], spelled: impl Fn(&str) -> String) -> String {
    let (mut filled, mut number) = (String::with_capacity(text.len()), 0_usize);
    for letter in text.chars() {
        match DIGITS.iter().position(|digit| *digit == letter) {
            Some(digit) => number = number.saturating_mul(10).saturating_add(digit),
            None if letter == END => {
                filled.push_str(&known.get(number).map(|value| spelled(value)).unwrap_or_default());
                number = 0;
            }
            None => filled.push(letter),
        }
    }
    filled
}
