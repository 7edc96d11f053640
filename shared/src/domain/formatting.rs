//! Telegram's legacy Markdown, as users write it, turned into Telegram's HTML.
//!
//! `*bold*`, `_italic_`, `` `code` ``, ```` ```block``` ````, whose first line may name its language, and `[text](url)`; `**bold**` and `__italic__` as Telegram's
//! own apps have them; a backslash before a mark takes it literally. What is not closed, stands inside a word as in
//! `my_name`, before a blank as in a list, or in an address is text. The result never has an open tag.

mod addresses;
mod linked;

use addresses::address_length;
pub use addresses::linked_addresses;
pub use linked::markdown_to_linked_html;

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

/// Whether nothing is to be seen of a text. Telegram drops control characters and marks of direction, and sends no
/// message that shows nothing.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    let is_invisible = |letter: char| {
        matches!(
            letter,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
    };
    text.chars().all(|letter| letter.is_whitespace() || letter.is_control() || is_invisible(letter))
}

/// The visible text with the address behind each link: what is sent where Telegram takes no formatting.
#[must_use]
pub fn bare_text(markdown: &str) -> String {
    render(markdown, &Bare)
}

/// Where the pieces go: HTML, or text with or without addresses.
trait Output {
    fn text(&self, text: &str) -> String;
    fn span(&self, tag: &str, inner: String) -> String;
    /// Of a language that has a name, or of none.
    fn block(&self, language: Option<&str>, inner: String) -> String;
    fn link(&self, url: &str, inner: String) -> String;

    /// An address that stands by itself.
    fn address(&self, address: &str) -> String {
        self.text(address)
    }

    /// What is under a link.
    fn under_link(&self, markdown: &str) -> String
    where
        Self: Sized,
    {
        render(markdown, self)
    }
}

struct Html;

impl Output for Html {
    fn text(&self, text: &str) -> String {
        escape_html(text)
    }

    fn span(&self, tag: &str, inner: String) -> String {
        format!("<{tag}>{inner}</{tag}>")
    }

    fn block(&self, language: Option<&str>, inner: String) -> String {
        language.map_or_else(
            || format!("<pre>{inner}</pre>"),
            |language| format!("<pre><code class=\"language-{language}\">{inner}</code></pre>"),
        )
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

    fn block(&self, _: Option<&str>, inner: String) -> String {
        inner
    }

    fn link(&self, _: &str, inner: String) -> String {
        inner
    }
}

struct Bare;

impl Output for Bare {
    fn text(&self, text: &str) -> String {
        text.to_owned()
    }

    fn span(&self, _: &str, inner: String) -> String {
        inner
    }

    fn block(&self, _: Option<&str>, inner: String) -> String {
        inner
    }

    fn link(&self, url: &str, inner: String) -> String {
        if inner == url { inner } else { format!("{inner} ({url})") }
    }
}

fn render(text: &str, output: &impl Output) -> String {
    let mut rendered = String::with_capacity(text.len());
    let (mut before, mut unclosed) = (None, Unclosed::default());
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, length) =
            marked(rest, before, &mut unclosed, output).unwrap_or_else(|| unmarked(rest, before, output));
        rendered.push_str(&piece);
        before = rest[..length].chars().next_back();
        rest = &rest[length..];
    }
    rendered
}

/// The marks that nothing closes in the rest of a text: looked for once, or a long text of open marks takes for ever.
type Unclosed = Vec<&'static str>;

/// The formatted piece that `rest` begins with and its length in bytes; `None` if it begins with plain text.
fn marked(
    rest: &str,
    before: Option<char>,
    unclosed: &mut Unclosed,
    output: &impl Output,
) -> Option<(String, usize)> {
    let inside_word = before.is_some_and(char::is_alphanumeric);
    match rest.as_bytes()[0] {
        _ if drawn_length(rest).is_some() => None,
        b'\\' => escape_length(rest).map(|length| (output.text(&rest[1..length]), length)),
        b'`' => {
            let length = verbatim_length(rest)?;
            if rest.starts_with("```") {
                let (language, code) = block_language(&rest[3..length - 3]);
                return Some((output.block(language, output.text(code)), length));
            }
            Some((output.span("code", output.text(&rest[1..length - 1])), length))
        }
        b'*' if !inside_word => spanned(rest, ["**", "*"], "b", unclosed, output),
        b'_' if !inside_word => spanned(rest, ["__", "_"], "i", unclosed, output),
        b'[' => {
            let link = link(rest)?;
            Some((output.link(link.url, output.under_link(link.text)), link.length))
        }
        _ => None,
    }
}

/// The language of a block and its code: the block's first line, if that is a name and code follows.
fn block_language(block: &str) -> (Option<&str>, &str) {
    let is_name = |line: &str| {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "+-#._".contains(letter);
        !line.is_empty() && line.chars().all(fits)
    };
    match block.split_once('\n') {
        Some((line, code)) if is_name(line) && !code.trim().is_empty() => (Some(line), code),
        _ => (None, block),
    }
}

/// The plain piece that `rest` begins with, and its length in bytes.
fn unmarked(rest: &str, before: Option<char>, output: &impl Output) -> (String, usize) {
    let address = address_length(rest, before).filter(|_| drawn_length(rest).is_none());
    if let Some(length) = address {
        return (output.address(&rest[..length]), length);
    }
    let length = text_length(rest, before);
    (output.text(&rest[..length]), length)
}

/// How much of `rest` is one piece of plain text: a line drawn by hand, an address, or one character.
fn text_length(rest: &str, before: Option<char>) -> usize {
    let length = drawn_length(rest).or_else(|| address_length(rest, before));
    length.unwrap_or_else(|| rest.chars().next().map_or(0, char::len_utf8))
}

/// A line drawn by hand of four marks or more.
fn drawn_length(rest: &str) -> Option<usize> {
    let mark = rest.chars().next().filter(|letter| "*_".contains(*letter))?;
    let length = rest.len() - rest.trim_start_matches(mark).len();
    (length >= 4).then_some(length)
}

/// How much of `rest` no mark can close in: an escaped mark, code, a link, an address, or one character.
fn closed_length(rest: &str, before: Option<char>) -> usize {
    let closed = match rest.as_bytes()[0] {
        b'\\' => escape_length(rest),
        b'`' => verbatim_length(rest),
        b'[' => link(rest).map(|link| link.length),
        _ => None,
    };
    closed.unwrap_or_else(|| text_length(rest, before))
}

fn escape_length(rest: &str) -> Option<usize> {
    rest[1..].starts_with(['_', '*', '`', '[']).then_some(2)
}

fn verbatim_length(rest: &str) -> Option<usize> {
    let mark = if rest.starts_with("```") { "```" } else { "`" };
    let inner = &rest[mark.len()..];
    let length = inner.find(mark).filter(|length| !inner[..*length].trim().is_empty())?;
    Some(length + 2 * mark.len())
}

/// A span by the first of these marks that opens here and closes.
fn spanned(
    rest: &str,
    marks: [&'static str; 2],
    tag: &str,
    unclosed: &mut Unclosed,
    output: &impl Output,
) -> Option<(String, usize)> {
    marks.into_iter().find_map(|mark| {
        let inner = rest.strip_prefix(mark).filter(|inner| !inner.starts_with(char::is_whitespace))?;
        if unclosed.contains(&mark) {
            return None;
        }
        let Some(end) = closing_mark(inner, mark) else {
            unclosed.push(mark);
            return None;
        };
        let shows = !inner[..end].chars().all(|letter| "*_".contains(letter));
        shows.then(|| (output.span(tag, render(&inner[..end], output)), end + 2 * mark.len()))
    })
}

/// Where the mark closes: not around nothing, not in the middle of a word, not inside code, a link or an address.
fn closing_mark(inner: &str, mark: &str) -> Option<usize> {
    let (mut at, mut before) = (0, None);
    while at < inner.len() {
        let rest = &inner[at..];
        let closes = rest.strip_prefix(mark).is_some_and(|behind| !behind.starts_with(char::is_alphanumeric));
        if at > 0 && closes && drawn_length(rest).is_none() {
            return Some(at);
        }
        at += closed_length(rest, before);
        before = inner[..at].chars().next_back();
    }
    None
}

/// `[text](url)` as it is written.
struct Link<'a> {
    text: &'a str,
    url: &'a str,
    length: usize,
}

/// The link that `rest` begins with. Its text has no link inside and its address no blank; brackets come in pairs.
fn link(rest: &str) -> Option<Link<'_>> {
    let middle = pair_length(rest, '[', ']')?;
    let behind = rest[middle..].strip_prefix('(').map(|_| &rest[middle..])?;
    let end = pair_length(behind, '(', ')')?;
    let (text, url) = (&rest[1..middle - 1], &behind[1..end - 1]);
    let usable = !text.is_empty() && !url.is_empty() && !url.contains(char::is_whitespace);
    (usable && !text.contains("](")).then_some(Link { text, url, length: middle + end })
}

/// Up to and with the bracket that closes the one that `rest` begins with.
fn pair_length(rest: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    rest.char_indices().find_map(|(at, letter)| {
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth -= 1;
        }
        (depth == 0).then_some(at + letter.len_utf8())
    })
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
            ("```c++\na<b\n```", "<pre><code class=\"language-c++\">a&lt;b\n</code></pre>"),
            (
                "```\na\n``` ```one word\nb``` ```c\n```",
                "<pre>\na\n</pre> <pre>one word\nb</pre> <pre>c\n</pre>",
            ),
            (
                "[go *now*](https://e.com/?a=1&b=2)",
                "<a href=\"https://e.com/?a=1&amp;b=2\">go <b>now</b></a>",
            ),
            ("*bold _both_*", "<b>bold <i>both</i></b>"),
            ("my_user_name and 2*3*4", "my_user_name and 2*3*4"),
            ("*open and _open", "*open and _open"),
            ("\\*not bold\\*", "*not bold*"),
            ("** [](x) ``", "** [](x) ``"),
            ("**bold** and __it__", "<b>bold</b> and <i>it</i>"),
            ("* one\n* two", "* one\n* two"),
            ("*Join now! *🔥", "<b>Join now! </b>🔥"),
            ("see https://e.com/_a_b_/c_ *now*", "see https://e.com/_a_b_/c_ <b>now</b>"),
            ("*https://e.com/a_b*", "<b>https://e.com/a_b</b>"),
            ("_[go](https://e.com/_/a)_", "<i><a href=\"https://e.com/_/a\">go</a></i>"),
            ("*a `*` b*", "<b>a <code>*</code> b</b>"),
            ("[note] and [go](https://e.com/a_(b))", "[note] and <a href=\"https://e.com/a_(b)\">go</a>"),
            ("[a [b](https://e.com)](https://f.com)", "[a <a href=\"https://e.com\">b</a>](https://f.com)"),
            ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
            ("*жирный*", "<b>жирный</b>"),
        ];
        for (markdown, html) in table {
            assert_eq!(markdown_to_html(markdown), html, "{markdown}");
        }
    }

    #[test]
    fn limits_count_what_is_seen() {
        assert_eq!(visible_text("*bold* [text](https://example.com) ```sh\nls```"), "bold text ls");
    }

    #[test]
    fn bare_text_keeps_its_addresses() {
        let markdown = "*Go* [_there_](https://e.com/?a=1&b=2), [https://f.com](https://f.com)";
        assert_eq!(bare_text(markdown), "Go there (https://e.com/?a=1&b=2), https://f.com");
    }

    #[test]
    fn a_long_text_of_open_marks_is_read_at_once() {
        let began = std::time::Instant::now();
        for piece in ["(*a[", "(_a`", "[(", "*_", "**__", "\\", "](", "_https://a*", "[a](", "`", "*a_b "] {
            let _ = markdown_to_html(&piece.repeat(16_384 / piece.len()));
        }
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    }

    proptest! {
        #[test]
        fn every_tag_is_closed_in_order(markdown in "([*_`\\[\\]()a-c <&\\\\é]|https://|\\]\\(){0,60}") {
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
