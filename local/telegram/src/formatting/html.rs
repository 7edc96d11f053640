//! `parse_mode` HTML.

use super::{Builder, Formatted, rest};

const TAGS: [&str; 15] = [
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "tg-spoiler",
    "span",
    "code",
    "pre",
    "a",
    "blockquote",
];

fn unsupported(name: &str, at: usize) -> String {
    format!("Unsupported start tag \"{name}\" at byte offset {at}")
}

/// A tag that waits for its end.
struct Open {
    name: String,
    kind: &'static str,
    offset: usize,
    url: Option<String>,
    language: Option<String>,
}

/// A start tag as written.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    length: usize,
}

pub fn parse(text: &str) -> Result<Formatted, String> {
    let mut builder = Builder::default();
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(character) = rest(text, at).chars().next() {
        at += match character {
            '<' if rest(text, at).starts_with("</") => end_tag(text, at, &mut open, &mut builder)?,
            '<' => {
                let tag = start_tag(text, at)?;
                open.push(opened(&tag, builder.offset, at)?);
                tag.length
            }
            '&' => {
                let (decoded, length) = entity(rest(text, at)).unwrap_or(('&', 1));
                builder.push(decoded);
                length
            }
            other => {
                builder.push(other);
                other.len_utf8()
            }
        };
    }
    match open.pop() {
        Some(tag) => Err(format!("Can't find end tag corresponding to start tag \"{}\"", tag.name)),
        None => Ok(builder.formatted),
    }
}

/// One of the four named references, or a numeric one.
fn entity(text: &str) -> Option<(char, usize)> {
    for (name, character) in [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')] {
        if text.starts_with(name) {
            return Some((character, name.len()));
        }
    }
    let end = text.find(';').filter(|end| *end <= 10)?;
    let digits = text.get(2..end)?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let is_numeric = text.starts_with("&#");
    char::from_u32(code)
        .filter(|character| is_numeric && *character != '\0')
        .map(|character| (character, end + 1))
}

fn start_tag(text: &str, at: usize) -> Result<Tag, String> {
    let unclosed = || format!("Unclosed start tag at byte offset {at}");
    let inside = rest(text, at + 1);
    let name_length = inside.find([' ', '\n', '\t', '\r', '>', '/', '<']).ok_or_else(unclosed)?;
    let name = inside[..name_length].to_ascii_lowercase();
    if !TAGS.contains(&name.as_str()) {
        return Err(unsupported(&name, at));
    }
    let mut attributes = Vec::new();
    let mut left = &inside[name_length..];
    loop {
        left = left.trim_start();
        if let Some(after) = left.strip_prefix("/>").or_else(|| left.strip_prefix('>')) {
            return Ok(Tag { name, attributes, length: rest(text, at).len() - after.len() });
        }
        if left.is_empty() {
            return Err(unclosed());
        }
        let (attribute, after) = attribute(left).ok_or_else(|| {
            format!(
                "Expected equal sign in declaration of an attribute of the tag \"{name}\" at byte offset {at}"
            )
        })?;
        attributes.push(attribute);
        left = after;
    }
}

/// A `name`, `name=value` or `name="value"`, and what follows.
fn attribute(text: &str) -> Option<((String, String), &str)> {
    let end = text.find(['=', '>', ' ', '\n', '\t', '/'])?;
    let name = text[..end].to_ascii_lowercase();
    if name.is_empty() {
        return None;
    }
    let Some(value) = text[end..].trim_start().strip_prefix('=') else {
        return Some(((name, String::new()), &text[end..]));
    };
    let value = value.trim_start();
    let (raw, after) = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split_once(quote)?,
        _ => value.split_at(value.find([' ', '\n', '\t', '>'])?),
    };
    Some(((name, decoded(raw)), after))
}

fn decoded(text: &str) -> String {
    let mut decoded = String::new();
    let mut at = 0;
    while let Some(character) = rest(text, at).chars().next() {
        let (character, length) = entity(rest(text, at)).unwrap_or((character, character.len_utf8()));
        decoded.push(character);
        at += length;
    }
    decoded
}

fn opened(tag: &Tag, offset: usize, at: usize) -> Result<Open, String> {
    let value =
        |name: &str| tag.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
    let class = value("class").unwrap_or_default();
    let kind = match tag.name.as_str() {
        "b" | "strong" => "bold",
        "i" | "em" => "italic",
        "u" | "ins" => "underline",
        "s" | "strike" | "del" => "strikethrough",
        "tg-spoiler" => "spoiler",
        "span" if class == "tg-spoiler" => "spoiler",
        "span" => return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {at}")),
        "code" => "code",
        "pre" => "pre",
        "a" => "text_link",
        "blockquote" if value("expandable").is_some() => "expandable_blockquote",
        "blockquote" => "blockquote",
        other => return Err(unsupported(other, at)),
    };
    let language = class.strip_prefix("language-").filter(|_| kind == "code").map(str::to_owned);
    let url = value("href").filter(|_| kind == "text_link");
    Ok(Open { name: tag.name.clone(), kind, offset, url, language })
}

/// Closes the innermost tag; the length of the end tag.
fn end_tag(text: &str, at: usize, open: &mut Vec<Open>, builder: &mut Builder) -> Result<usize, String> {
    let inside = rest(text, at + 2);
    let length = inside.find('>').ok_or_else(|| format!("Unclosed end tag at byte offset {at}"))?;
    let name = inside[..length].trim().to_ascii_lowercase();
    let tag = open.pop().ok_or_else(|| format!("Unexpected end tag at byte offset {at}"))?;
    if !name.is_empty() && name != tag.name {
        let expected = tag.name;
        return Err(format!(
            "Unmatched end tag at byte offset {at}, expected \"</{expected}>\", found \"</{name}>\""
        ));
    }
    close(tag, open, builder);
    Ok(length + 3)
}

fn close(tag: Open, open: &mut [Open], builder: &mut Builder) {
    let outer_pre = open.last_mut().filter(|outer| tag.kind == "code" && outer.kind == "pre");
    if let Some(pre) = outer_pre {
        pre.language = tag.language;
        return;
    }
    let url = match tag.kind {
        "text_link" => {
            let link = tag.url.unwrap_or_else(|| builder.text_from(tag.offset));
            match url::Url::parse(&link) {
                Ok(_) => Some(link),
                // Telegram keeps the text and drops a link that is none.
                Err(_) => return,
            }
        }
        _ => None,
    };
    if let Some(entity) = builder.close(tag.kind, tag.offset) {
        entity.url = url;
        entity.language = tag.language.filter(|_| tag.kind == "pre");
    }
}

#[cfg(test)]
mod tests {
    use crate::formatting::{Entity, parse};

    fn html(text: &str) -> (String, Vec<(String, usize, usize)>) {
        let formatted = parse(text, Some("HTML")).unwrap();
        let short = |entity: Entity| (entity.kind, entity.offset, entity.length);
        (formatted.text, formatted.entities.into_iter().map(short).collect())
    }

    fn refused(text: &str) -> String {
        parse(text, Some("HTML")).unwrap_err()
    }

    #[test]
    fn tags_nest_and_offsets_count_utf_16_units() {
        let (text, entities) = html("😀<b>a<i>b</i></b> <u>c</u><s>d</s>");
        assert_eq!(text, "😀ab cd");
        let expected = [("bold", 2, 2), ("italic", 3, 1), ("underline", 5, 1), ("strikethrough", 6, 1)];
        assert_eq!(entities, expected.map(|(kind, offset, length)| (kind.to_owned(), offset, length)));
    }

    #[test]
    fn references_are_decoded_and_unknown_ones_stay() {
        assert_eq!(html("1 &lt; 2 &amp;&amp; &#65;&#x42; &quot;&nbsp;&").0, "1 < 2 && AB \"&nbsp;&");
    }

    #[test]
    fn a_link_keeps_its_address_and_a_pre_its_language() {
        let formatted = parse(
            r#"<a href="https://a.example/?x=1&amp;y=2">go</a><pre><code class="language-rust">fn</code></pre>"#,
            Some("html"),
        );
        let entities = formatted.unwrap().entities;
        assert_eq!(entities[0].url.as_deref(), Some("https://a.example/?x=1&y=2"));
        assert_eq!((entities[1].kind.as_str(), entities[1].language.as_deref()), ("pre", Some("rust")));
    }

    #[test]
    fn spoilers_and_quotes_are_known() {
        let (_, entities) = html(
            "<tg-spoiler>a</tg-spoiler><span class=\"tg-spoiler\">b</span><blockquote expandable>c</blockquote>",
        );
        let kinds: Vec<_> = entities.iter().map(|(kind, ..)| kind.as_str()).collect();
        assert_eq!(kinds, ["spoiler", "spoiler", "expandable_blockquote"]);
    }

    #[test]
    fn what_telegram_cannot_parse_is_refused_with_its_words() {
        assert_eq!(refused("<b>a"), "Can't find end tag corresponding to start tag \"b\"");
        assert_eq!(refused("a <br> b"), "Unsupported start tag \"br\" at byte offset 2");
        assert_eq!(refused("a</b>"), "Unexpected end tag at byte offset 1");
        assert_eq!(
            refused("<b>a</i>"),
            "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""
        );
        assert_eq!(refused("1 <b"), "Unclosed start tag at byte offset 2");
        assert_eq!(refused("1 < 2 > 1"), "Unsupported start tag \"\" at byte offset 2");
        assert_eq!(refused("<b>a</b"), "Unclosed end tag at byte offset 4");
    }

    #[test]
    fn white_space_around_is_trimmed_and_entities_follow() {
        assert_eq!(html(" \n <b> a </b> "), ("a".to_owned(), vec![("bold".to_owned(), 0, 1)]));
    }
}
