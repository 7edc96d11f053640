//! `parse_mode` Markdown, the legacy one: no nesting, and every mark must be closed.

use super::{Builder, Formatted, rest};

pub fn parse(text: &str) -> Result<Formatted, String> {
    let mut builder = Builder::default();
    let mut at = 0;
    while let Some(character) = rest(text, at).chars().next() {
        let left = rest(text, at);
        at += match character {
            '\\' if left[1..].starts_with(['_', '*', '`', '[']) => {
                builder.push_str(&left[1..2]);
                2
            }
            '_' => marked(left, at, "_", "italic", &mut builder)?,
            '*' => marked(left, at, "*", "bold", &mut builder)?,
            '`' if left.starts_with("```") => preformatted(left, at, &mut builder)?,
            '`' => marked(left, at, "`", "code", &mut builder)?,
            '[' => link(left, at, &mut builder)?,
            other => {
                builder.push(other);
                other.len_utf8()
            }
        };
    }
    Ok(builder.formatted)
}

fn no_end(at: usize) -> String {
    format!("Can't find end of the entity starting at byte offset {at}")
}

fn marked(left: &str, at: usize, mark: &str, kind: &str, builder: &mut Builder) -> Result<usize, String> {
    let length = left[1..].find(mark).ok_or_else(|| no_end(at))?;
    let offset = builder.offset;
    builder.push_str(&left[1..=length]);
    builder.close(kind, offset);
    Ok(length + 2)
}

fn preformatted(left: &str, at: usize, builder: &mut Builder) -> Result<usize, String> {
    let length = left[3..].find("```").ok_or_else(|| no_end(at))?;
    let (language, code) = language_and_code(&left[3..3 + length]);
    let offset = builder.offset;
    builder.push_str(code);
    if let Some(entity) = builder.close("pre", offset) {
        entity.language = language;
    }
    Ok(length + 6)
}

/// A first line of one word is the language.
pub(super) fn language_and_code(inside: &str) -> (Option<String>, &str) {
    match inside.split_once('\n') {
        Some(("", code)) => (None, code),
        Some((word, code)) if !word.contains(char::is_whitespace) => (Some(word.to_owned()), code),
        Some(_) | None => (None, inside),
    }
}

fn link(left: &str, at: usize, builder: &mut Builder) -> Result<usize, String> {
    let length = left[1..].find(']').ok_or_else(|| no_end(at))?;
    let offset = builder.offset;
    builder.push_str(&left[1..=length]);
    let after = &left[length + 2..];
    let target = after.strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(target, _)| target);
    let Some(target) = target else { return Ok(length + 2) };
    if url::Url::parse(target).is_ok()
        && let Some(entity) = builder.close("text_link", offset)
    {
        entity.url = Some(target.to_owned());
    }
    Ok(length + 2 + target.len() + 2)
}

#[cfg(test)]
mod tests {
    use crate::formatting::parse;

    #[test]
    fn marks_become_entities() {
        let formatted = parse("*b* _i_ `c` [l](https://a.example) ```rust\nx```", Some("Markdown")).unwrap();
        assert_eq!(formatted.text, "b i c l x");
        let kinds: Vec<_> = formatted.entities.iter().map(|e| (e.kind.as_str(), e.offset)).collect();
        assert_eq!(kinds, [("bold", 0), ("italic", 2), ("code", 4), ("text_link", 6), ("pre", 8)]);
    }

    #[test]
    fn a_lone_underscore_in_a_username_is_refused() {
        let problem = parse("ask @some_name", Some("Markdown")).unwrap_err();
        assert_eq!(problem, "Can't find end of the entity starting at byte offset 9");
    }

    #[test]
    fn marks_can_be_escaped_outside_entities() {
        assert_eq!(parse(r"a\_b \*c", Some("markdown")).unwrap().text, "a_b *c");
    }

    #[test]
    fn every_unclosed_mark_is_refused() {
        for text in ["*a", "_a", "`a", "```a", "[a"] {
            assert!(parse(text, Some("Markdown")).is_err(), "{text}");
        }
    }
}
