//! `parse_mode` `MarkdownV2`: marks nest, and every reserved character must be escaped.

use super::markdown::language_and_code;
use super::{Builder, Formatted, rest};

const RESERVED: &str = "_*[]()~`>#+-=|{}.!";
const MARKS: [(&str, &str, &str); 6] = [
    ("||", "spoiler", "Spoiler"),
    ("__", "underline", "Underline"),
    ("*", "bold", "Bold"),
    ("_", "italic", "Italic"),
    ("~", "strikethrough", "Strikethrough"),
    ("[", "text_link", "TextUrl"),
];

/// A mark that waits for its end.
struct Open {
    mark: &'static str,
    kind: &'static str,
    name: &'static str,
    offset: usize,
    at: usize,
}

pub fn parse(text: &str) -> Result<Formatted, String> {
    let mut builder = Builder::default();
    let mut open: Vec<Open> = Vec::new();
    let mut quote: Option<usize> = None;
    let mut at = 0;
    while let Some(character) = rest(text, at).chars().next() {
        let left = rest(text, at);
        if is_line_start(text, at) {
            quote = quoted(left, quote, &mut builder);
            if left.starts_with('>') {
                at += 1;
                continue;
            }
        }
        at += match character {
            '\\' => escaped(left, &mut builder),
            '`' => code(left, at, &mut builder)?,
            ']' if open.last().is_some_and(|tag| tag.mark == "[") => link(left, &mut open, &mut builder),
            _ => mark(left, at, &mut open, &mut builder)?,
        };
    }
    if let Some(offset) = quote {
        builder.close("blockquote", offset);
    }
    match open.pop() {
        Some(tag) => Err(format!("Can't find end of {} entity at byte offset {}", tag.name, tag.at)),
        None => Ok(builder.formatted),
    }
}

fn is_line_start(text: &str, at: usize) -> bool {
    at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n')
}

/// A quote lasts as long as lines begin with `>`.
fn quoted(left: &str, quote: Option<usize>, builder: &mut Builder) -> Option<usize> {
    if left.starts_with('>') {
        return Some(quote.unwrap_or(builder.offset));
    }
    if let Some(offset) = quote {
        builder.close("blockquote", offset);
    }
    None
}

fn escaped(left: &str, builder: &mut Builder) -> usize {
    let next = left[1..].chars().next().filter(|next| next.is_ascii() && !next.is_ascii_control());
    builder.push(next.unwrap_or('\\'));
    1 + next.map_or(0, char::len_utf8)
}

fn code(left: &str, at: usize, builder: &mut Builder) -> Result<usize, String> {
    let (fence, kind, name) =
        if left.starts_with("```") { ("```", "pre", "Pre") } else { ("`", "code", "Code") };
    let inside = &left[fence.len()..];
    let length = unescaped_end(inside, fence)
        .ok_or_else(|| format!("Can't find end of {name} entity at byte offset {at}"))?;
    let raw = &inside[..length];
    let (language, code) = if kind == "pre" { language_and_code(raw) } else { (None, raw) };
    let offset = builder.offset;
    builder.push_str(&code.replace("\\`", "`").replace("\\\\", "\\"));
    if let Some(entity) = builder.close(kind, offset) {
        entity.language = language;
    }
    Ok(length + 2 * fence.len())
}

fn unescaped_end(text: &str, fence: &str) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        let left = rest(text, at);
        if left.starts_with(fence) {
            return Some(at);
        }
        at += if left.starts_with('\\') { 1 } else { 0 };
        at += rest(text, at).chars().next().map_or(1, char::len_utf8);
    }
    None
}

/// Opens or closes a mark, or takes an ordinary character.
fn mark(left: &str, at: usize, open: &mut Vec<Open>, builder: &mut Builder) -> Result<usize, String> {
    for (mark, kind, name) in MARKS {
        if !left.starts_with(mark) {
            continue;
        }
        if open.last().is_some_and(|tag| tag.mark == mark) {
            let offset = open.pop().map_or(builder.offset, |tag| tag.offset);
            builder.close(kind, offset);
        } else {
            open.push(Open { mark, kind, name, offset: builder.offset, at });
        }
        return Ok(mark.len());
    }
    let character = left.chars().next().unwrap_or_default();
    if RESERVED.contains(character) {
        return Err(format!(
            "Character '{character}' is reserved and must be escaped with the preceding '\\'"
        ));
    }
    builder.push(character);
    Ok(character.len_utf8())
}

/// Closes a link: `](target)`, or `]` alone, which links nowhere.
fn link(left: &str, open: &mut Vec<Open>, builder: &mut Builder) -> usize {
    let Some(tag) = open.pop() else { return 1 };
    let Some(inside) = left.strip_prefix("](") else { return 1 };
    let Some(length) = unescaped_end(inside, ")") else { return 1 };
    let target = inside[..length].replace("\\)", ")").replace("\\\\", "\\");
    if url::Url::parse(&target).is_ok()
        && let Some(entity) = builder.close(tag.kind, tag.offset)
    {
        entity.url = Some(target);
    }
    length + 3
}

#[cfg(test)]
mod tests {
    use crate::formatting::parse;

    fn kinds(text: &str) -> (String, Vec<(String, usize, usize)>) {
        let formatted = parse(text, Some("MarkdownV2")).unwrap();
        (formatted.text, formatted.entities.into_iter().map(|e| (e.kind, e.offset, e.length)).collect())
    }

    #[test]
    fn marks_nest() {
        let (text, entities) = kinds("*b _i_* __u__ ~s~ ||h||");
        assert_eq!(text, "b i u s h");
        let expected = [
            ("bold", 0, 3),
            ("italic", 2, 1),
            ("underline", 4, 1),
            ("strikethrough", 6, 1),
            ("spoiler", 8, 1),
        ];
        assert_eq!(entities, expected.map(|(kind, offset, length)| (kind.to_owned(), offset, length)));
    }

    #[test]
    fn an_unescaped_reserved_character_is_refused() {
        let problem = parse("Hello.", Some("MarkdownV2")).unwrap_err();
        assert_eq!(problem, "Character '.' is reserved and must be escaped with the preceding '\\'");
        assert_eq!(kinds(r"Hello\.").0, "Hello.");
    }

    #[test]
    fn an_unclosed_mark_is_refused() {
        let problem = parse("a *b", Some("MarkdownV2")).unwrap_err();
        assert_eq!(problem, "Can't find end of Bold entity at byte offset 2");
        assert!(parse("`a", Some("MarkdownV2")).is_err());
    }

    #[test]
    fn links_code_and_quotes_are_known() {
        let (text, entities) = kinds("[a](https://a.example/) `c*` \n>q\nend");
        assert_eq!(text, "a c* \nq\nend");
        let kinds: Vec<_> = entities.iter().map(|(kind, ..)| kind.as_str()).collect();
        assert_eq!(kinds, ["text_link", "code", "blockquote"]);
    }
}
