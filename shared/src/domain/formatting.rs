//! Telegram's legacy Markdown, as users write it, turned into Telegram's HTML.
//!
//! `*bold*`, `_italic_`, `` `code` ``, ```` ```block``` ```` and `[text](url)`; a backslash before a mark takes it
//! literally. What is not closed, or stands inside a word as in `my_name`, is text. The result never has an open tag.

/// Text escaped for Telegram's HTML.
#[must_use]
pub fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Legacy Markdown as HTML that Telegram accepts.
#[must_use]
pub fn markdown_to_html(markdown: &str) -> String {
    render(markdown, &Html)
}

/// The text that is left when the marks are taken away: what Telegram's length limits count.
#[must_use]
pub fn visible_text(markdown: &str) -> String {
    render(markdown, &Plain)
}

/// Where the pieces go: HTML or bare text.
trait Output {
    fn text(&self, text: &str) -> String;
    fn span(&self, tag: &str, inner: String) -> String;
    fn link(&self, url: &str, inner: String) -> String;
}

struct Html;

impl Output for Html {
    fn text(&self, text: &str) -> String {
        escape_html(text)
    }

    fn span(&self, tag: &str, inner: String) -> String {
        format!("<{tag}>{inner}</{tag}>")
    }

    fn link(&self, url: &str, inner: String) -> String {
        format!("<a href=\"{}\">{inner}</a>", escape_html(url))
    }
}

struct Plain;

impl Output for Plain {
    fn text(&self, text: &str) -> String {
        text.to_owned()
    }

    fn span(&self, _: &str, inner: String) -> String {
        inner
    }

    fn link(&self, _: &str, inner: String) -> String {
        inner
    }
}

fn render(text: &str, output: &impl Output) -> String {
    let mut rendered = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let (piece, length) = marked(rest, before, output)
            .unwrap_or_else(|| (output.text(&rest[..letter.len_utf8()]), letter.len_utf8()));
        rendered.push_str(&piece);
        before = rest[..length].chars().next_back();
        rest = &rest[length..];
    }
    rendered
}

/// The formatted piece that `rest` begins with and its length in bytes; `None` if it begins with plain text.
fn marked(rest: &str, before: Option<char>, output: &impl Output) -> Option<(String, usize)> {
    match rest.as_bytes()[0] {
        b'\\' => {
            let mark = rest[1..].chars().next().filter(|mark| "_*`[".contains(*mark))?;
            Some((output.text(&rest[1..2]), 1 + mark.len_utf8()))
        }
        b'`' if rest.starts_with("```") => verbatim(rest, "```", "pre", output),
        b'`' => verbatim(rest, "`", "code", output),
        b'*' => spanned(rest, before, '*', "b", output),
        b'_' => spanned(rest, before, '_', "i", output),
        b'[' => linked(rest, output),
        _ => None,
    }
}

fn verbatim(rest: &str, mark: &str, tag: &str, output: &impl Output) -> Option<(String, usize)> {
    let inner = &rest[mark.len()..];
    let end = inner.find(mark).filter(|end| *end > 0)?;
    Some((output.span(tag, output.text(&inner[..end])), end + 2 * mark.len()))
}

fn spanned(
    rest: &str,
    before: Option<char>,
    mark: char,
    tag: &str,
    output: &impl Output,
) -> Option<(String, usize)> {
    if before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let inner = &rest[1..];
    let end = closing_mark(inner, mark)?;
    Some((output.span(tag, render(&inner[..end], output)), end + 2))
}

/// Where the mark closes: not escaped, not empty, and not in the middle of a word.
fn closing_mark(inner: &str, mark: char) -> Option<usize> {
    let mut escaped = false;
    inner.char_indices().find_map(|(at, letter)| {
        let closes = letter == mark
            && !escaped
            && at > 0
            && !inner[at + 1..].chars().next().is_some_and(char::is_alphanumeric);
        escaped = letter == '\\' && !escaped;
        closes.then_some(at)
    })
}

fn linked(rest: &str, output: &impl Output) -> Option<(String, usize)> {
    let middle = rest.find("](")?;
    let end = middle + rest[middle..].find(')')?;
    let (text, url) = (&rest[1..middle], &rest[middle + 2..end]);
    let usable = !text.is_empty() && !url.is_empty() && !url.contains(char::is_whitespace);
    usable.then(|| (output.link(url, render(text, output)), end + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_become_tags_and_the_rest_is_escaped() {
        let table = [
            ("Join *{title}* now", "Join <b>{title}</b> now"),
            ("_a_ `b<c` ```d&e```", "<i>a</i> <code>b&lt;c</code> <pre>d&amp;e</pre>"),
            (
                "[go *now*](https://e.com/?a=1&b=2)",
                "<a href=\"https://e.com/?a=1&amp;b=2\">go <b>now</b></a>",
            ),
            ("*bold _both_*", "<b>bold <i>both</i></b>"),
            ("my_user_name and 2*3*4", "my_user_name and 2*3*4"),
            ("*open and _open", "*open and _open"),
            ("\\*not bold\\*", "*not bold*"),
            ("** [](x) ``", "** [](x) ``"),
            ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
            ("*жирный*", "<b>жирный</b>"),
        ];
        for (markdown, html) in table {
            assert_eq!(markdown_to_html(markdown), html, "{markdown}");
        }
    }

    #[test]
    fn limits_count_what_is_seen() {
        assert_eq!(visible_text("*bold* [text](https://example.com)"), "bold text");
    }

    proptest! {
        #[test]
        fn every_tag_is_closed_in_order(markdown in "[*_`\\[\\]()a-c <&\\\\é]{0,40}") {
            let html = markdown_to_html(&markdown);
            let mut open = Vec::new();
            for tag in html.split('<').skip(1) {
                let name = tag.split(['>', ' ']).next().unwrap();
                match name.strip_prefix('/') {
                    Some(closed) => prop_assert_eq!(open.pop(), Some(closed.to_owned()), "{}", html),
                    None => open.push(name.to_owned()),
                }
            }
            prop_assert!(open.is_empty(), "{}", html);
        }
    }
}
