//! What a message says: in a campaign's message and in a template alike.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::personal::{
    self, Address, MissingField, PersonValues, PersonalText, render_address, render_label, render_with,
    with_everywhere,
};
use super::reader::Reader;
use crate::domain::campaign::{CAPTION_CHARACTERS, WELCOME_CHARACTERS};
use crate::domain::formatting::{is_blank, linked_addresses, visible_text};
use crate::domain::media::MediaRef;
use crate::error::Fault;

/// Telegram takes 4,096 characters after formatting; marks come on top of it.
const CONTENT_CHARACTERS_MAX: usize = 8192;

const BUTTONS_MAX: usize = 20;
const BUTTONS_IN_A_ROW_MAX: usize = 8;
const LABEL_CHARACTERS_MAX: usize = 64;
const URL_CHARACTERS_MAX: usize = 2000;

/// What a message says; what is not there may come from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Markdown as [`crate::domain::formatting`] has it.
    pub text: Option<String>,
    /// What is shown above the text.
    pub media: Option<MediaRef>,
    /// Below the text, in rows.
    pub buttons: Vec<Vec<Button>>,
}

/// A button that opens an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// Its label, 1 to 64 characters.
    pub text: String,
    /// Of http, https or Telegram itself.
    pub url: String,
}

/// A message for one person, ready for Telegram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutreachMessage {
    /// The text; empty below a media without any.
    pub text: PersonalText,
    /// What is shown above the text; `None` as well where the values make the text too long for a caption.
    pub media: Option<MediaRef>,
    /// Below the text, in rows.
    pub buttons: Vec<Vec<Button>>,
}

impl Content {
    /// Reads `content`, `media` and `buttons`; braces are fields where it is personal.
    pub(super) fn read(said: &Reader<'_>, is_personal: bool, faults: &mut Vec<Fault>) -> Self {
        let media = said.read("media", "must be what media/upload answered", faults, |value| {
            value.as_str().and_then(MediaRef::parse)
        });
        let limit = characters_max(media.as_ref());
        let text = read_text(said, limit, is_personal, faults);
        let buttons = rows(said, faults)
            .into_iter()
            .map(|row| row.iter().map(|button| read_button(button, is_personal, faults)).collect::<Vec<_>>());
        let buttons = buttons.collect();
        Self { text, media, buttons }
    }

    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_none() && self.media.is_none()
    }

    /// How many characters its text, and those that stand instead of it, may show.
    pub(super) fn text_characters_max(&self) -> usize {
        characters_max(self.media.as_ref())
    }

    /// Whether a text is not too long for it, before its fields are filled in.
    pub(super) fn has_room_for(&self, text: &str, is_personal: bool) -> bool {
        shown_characters(text, is_personal) <= self.text_characters_max()
    }

    /// With what another one has for what is not there.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            text: self.text.or_else(|| other.text.clone()),
            media: self.media.or_else(|| other.media.clone()),
            buttons: if self.buttons.is_empty() { other.buttons.clone() } else { self.buttons },
        }
    }

    /// What one person gets; without values everybody gets the same, braces as they are.
    ///
    /// # Errors
    ///
    /// [`MissingField`] for the first field that has neither value nor default.
    pub fn message_for(&self, values: Option<PersonValues<'_>>) -> Result<OutreachMessage, MissingField> {
        self.message_with(values, None)
    }

    /// The same with other addresses behind some links.
    ///
    /// # Errors
    ///
    /// As [`Content::message_for`].
    pub(super) fn message_with(
        &self,
        values: Option<PersonValues<'_>>,
        address: Option<Address<'_>>,
    ) -> Result<OutreachMessage, MissingField> {
        let text = render_with(self.text.as_deref().unwrap_or_default(), values, address)?;
        let media = self.media.clone().filter(|_| text.characters <= CAPTION_CHARACTERS);
        let button = |button: &Button| {
            let (text, url) = match values {
                Some(values) => (render_label(&button.text, values)?, render_address(&button.url, values)?),
                None => (button.text.clone(), button.url.clone()),
            };
            let url = address.and_then(|address| address(&button.url)).unwrap_or(url);
            Ok(Button { text, url })
        };
        let rows = self.buttons.iter().map(|row| row.iter().map(button).collect());
        Ok(OutreachMessage { text, media, buttons: rows.collect::<Result<_, _>>()? })
    }
}

fn characters_max(media: Option<&MediaRef>) -> usize {
    if media.is_some() { CAPTION_CHARACTERS } else { WELCOME_CHARACTERS }
}

/// Whether the braces of what is said are fields, unless it says otherwise.
pub(super) fn is_personal(said: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<bool> {
    const FIELDS_MAX: usize = 50;
    let personalization = said.object("personalization", faults)?;
    let enabled = personalization.flag("enabled", faults);
    let name = |value: &Value| value.as_str().map(str::to_owned);
    personalization.list("fields", FIELDS_MAX, "names of fields", faults, name);
    enabled
}

/// A text that shows something, of so many characters at most; `None` as well for one that shows nothing.
pub(super) fn read_text(
    said: &Reader<'_>,
    limit: usize,
    is_personal: bool,
    faults: &mut Vec<Fault>,
) -> Option<String> {
    let text = said.text("content", CONTENT_CHARACTERS_MAX, faults)?;
    if shown_characters(&text, is_personal) > limit {
        said.refuse("content", format!("must show at most {limit} characters"), faults);
    }
    check_fields(said, "content", &text, is_personal, faults);
    let filled = if is_personal { with_everywhere(&text, "x") } else { text.clone() };
    if linked_addresses(&filled).iter().any(|address| !is_linkable(address)) {
        said.refuse("content", "must link to http, https and tg addresses only, without a password", faults);
    }
    (!is_blank(&visible_text(&text))).then_some(text)
}

/// How many characters a text shows; what its fields will become is not known yet.
pub(super) fn shown_characters(text: &str, is_personal: bool) -> usize {
    let seen = visible_text(text);
    let counted = if is_personal { with_everywhere(&seen, "") } else { seen };
    counted.chars().count()
}

/// Notes a `{{` that begins no field.
fn check_fields(said: &Reader<'_>, name: &str, text: &str, is_personal: bool, faults: &mut Vec<Fault>) {
    if let Some(reason) = is_personal.then(|| personal::check(text).err()).flatten() {
        said.refuse(name, reason, faults);
    }
}

/// The buttons by their rows: a list of rows, or of buttons that are a row each.
fn rows<'a>(said: &Reader<'a>, faults: &mut Vec<Fault>) -> Vec<Vec<Reader<'a>>> {
    let expected = format!(
        "must be a list of at most {BUTTONS_MAX} buttons, or of rows of 1 to {BUTTONS_IN_A_ROW_MAX} of them"
    );
    let path = said.path_of("buttons");
    let row = |(index, value): (usize, &'a Value)| match value {
        Value::Object(button) => Some(vec![Reader::at(button, format!("{path}[{index}]"))]),
        Value::Array(row) if (1..=BUTTONS_IN_A_ROW_MAX).contains(&row.len()) => {
            let buttons = row.iter().enumerate().map(|(place, button)| {
                Some(Reader::at(button.as_object()?, format!("{path}[{index}][{place}]")))
            });
            buttons.collect()
        }
        _ => None,
    };
    let rows = said.read("buttons", &expected, faults, |value| {
        let rows = value.as_array().filter(|rows| rows.len() <= BUTTONS_MAX)?;
        let rows: Vec<Vec<_>> = rows.iter().enumerate().map(row).collect::<Option<_>>()?;
        (rows.iter().map(Vec::len).sum::<usize>() <= BUTTONS_MAX).then_some(rows)
    });
    rows.unwrap_or_default()
}

fn read_button(button: &Reader<'_>, is_personal: bool, faults: &mut Vec<Fault>) -> Button {
    let label = button.read("text", "must be text of 1 to 64 characters", faults, |value| {
        let text = value.as_str().map(str::trim)?;
        let fits = text.chars().count() <= LABEL_CHARACTERS_MAX && !is_blank(text);
        fits.then(|| text.to_owned())
    });
    let expected = "must be an http, https or tg URL of at most 2000 characters, without a password";
    let url = button.read("url", expected, faults, |value| {
        let url = value.as_str().map(str::trim)?;
        let filled = if is_personal { with_everywhere(url, "x") } else { url.to_owned() };
        (url.chars().count() <= URL_CHARACTERS_MAX && is_usable(&filled)).then(|| url.to_owned())
    });
    for name in ["text", "url"] {
        match button.given(name) {
            None => button.refuse(name, "is required", faults),
            Some(text) => {
                check_fields(button, name, text.as_str().unwrap_or_default(), is_personal, faults);
            }
        }
    }
    Button { text: label.unwrap_or_default(), url: url.unwrap_or_default() }
}

/// Whether Telegram makes a link of it in a text, where the scheme may be left out.
pub(super) fn is_linkable(address: &str) -> bool {
    let has_scheme = address.split('/').next().is_some_and(|begin| begin.contains(':'));
    is_usable(address) || (!has_scheme && address.contains('.') && is_usable(&format!("http://{address}")))
}

fn is_usable(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| match url.scheme() {
        "http" | "https" => url.has_host() && url.username().is_empty() && url.password().is_none(),
        "tg" => true,
        _ => false,
    })
}
