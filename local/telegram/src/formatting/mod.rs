//! Formatting of texts: HTML, legacy Markdown and `MarkdownV2` into plain text and entities.

mod html;
mod markdown;
mod markdown_v2;

use serde::{Deserialize, Serialize};

/// A formatted stretch of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// `bold`, `italic`, `text_link`, `bot_command` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// In UTF-16 units.
    pub offset: usize,
    /// In UTF-16 units.
    pub length: usize,
    /// Of a `text_link`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Of a `pre`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl Entity {
    pub(crate) fn new(kind: &str, offset: usize, length: usize) -> Self {
        Self { kind: kind.to_owned(), offset, length, url: None, language: None }
    }
}

/// Plain text and its entities.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Formatted {
    /// What people read.
    pub text: String,
    /// How it looks.
    pub entities: Vec<Entity>,
}

/// Parses a text as its mode says; no mode is plain text.
///
/// # Errors
///
/// Telegram's words after "can't parse entities: ".
pub fn parse(text: &str, mode: Option<&str>) -> Result<Formatted, String> {
    let text = &cleaned(text);
    let formatted = match mode.unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "none" => Formatted { text: text.to_owned(), entities: Vec::new() },
        "html" => html::parse(text)?,
        "markdown" => markdown::parse(text)?,
        "markdownv2" => markdown_v2::parse(text)?,
        _ => return Err("unsupported parse_mode".to_owned()),
    };
    Ok(formatted.trimmed())
}

/// As Telegram takes a text: a control character is a blank, a carriage return nothing, and so are marks of direction
/// that could rewrite what stands around them and strokes through a line (`clean_input_string` of its library).
fn cleaned(text: &str) -> String {
    let keeps = |character: &char| {
        !matches!(character, '\r' | '\u{2028}'..='\u{202e}' | '\u{333}' | '\u{33f}' | '\u{30a}')
    };
    let blanked = |character| match character {
        '\n' => '\n',
        '\0'..='\u{1f}' => ' ',
        other => other,
    };
    text.chars().filter(keeps).map(blanked).collect()
}

/// Whether people would see nothing of a text.
pub(crate) fn shows_nothing(text: &str) -> bool {
    let is_invisible = |character: char| matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    text.chars().all(|character| character.is_whitespace() || is_invisible(character))
}

impl Formatted {
    /// Without white space around, as Telegram stores it; the outer entities first.
    fn trimmed(mut self) -> Self {
        let start_trimmed = self.text.trim_start();
        let removed = self.text[..self.text.len() - start_trimmed.len()].encode_utf16().count();
        let text = start_trimmed.trim_end().to_owned();
        let length = text.encode_utf16().count();
        self.entities.retain_mut(|entity| {
            let start = entity.offset.max(removed) - removed;
            let end = (entity.offset + entity.length).saturating_sub(removed).min(length);
            entity.offset = start;
            entity.length = end.saturating_sub(start);
            entity.length > 0
        });
        self.entities.sort_by_key(|entity| (entity.offset, std::cmp::Reverse(entity.length)));
        Self { text, ..self }
    }
}

/// Plain text under construction, with its length in UTF-16 units.
#[derive(Debug, Default)]
struct Builder {
    formatted: Formatted,
    offset: usize,
}

impl Builder {
    fn push(&mut self, character: char) {
        self.formatted.text.push(character);
        self.offset += character.len_utf16();
    }

    fn push_str(&mut self, text: &str) {
        text.chars().for_each(|character| self.push(character));
    }

    /// Adds an entity from `offset` to here, unless it is empty.
    fn close(&mut self, kind: &str, offset: usize) -> Option<&mut Entity> {
        if self.offset == offset {
            return None;
        }
        self.formatted.entities.push(Entity::new(kind, offset, self.offset - offset));
        self.formatted.entities.last_mut()
    }

    /// The plain text from an offset.
    fn text_from(&self, offset: usize) -> String {
        let units: Vec<u16> = self.formatted.text.encode_utf16().skip(offset).collect();
        String::from_utf16_lossy(&units)
    }
}

/// The part of a text from a byte offset; empty past the end.
fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}
