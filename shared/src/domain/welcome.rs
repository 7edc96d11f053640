//! The welcome message of a campaign, ready for Telegram.

use super::campaign::{CAPTION_CHARACTERS, WELCOME_CHARACTERS, Welcome};
use super::formatting::{bare_text, escape_html, is_blank, markdown_to_html, visible_text};
use super::media::MediaRef;
use super::url_macro::{MacroValues, encoded, expand_with, replace_names};

/// The macro of the invite link.
const INVITE: &str = "{invite}";

/// What an address of a link stands behind; a quotation mark in text is escaped.
const ADDRESS_BEGINS: &str = "<a href=\"";

/// A message as it is sent: HTML and at most one button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WelcomeMessage {
    /// Telegram HTML.
    pub html: String,
    /// The same as bare text, with the addresses of its links, for when Telegram does not take the HTML.
    pub plain: String,
    /// What is shown above the text; `None` as well where the values make the text too long for a caption.
    pub media: Option<MediaRef>,
    /// The button's label and link.
    pub button: Option<(String, String)>,
}

/// What the macros of the text stand for.
#[derive(Clone, Copy, Debug)]
pub struct WelcomeValues<'a> {
    /// `{title}`: the chat's title.
    pub title: &'a str,
    /// `{first_name}`: the person's name.
    pub first_name: &'a str,
    /// `{invite}`: the campaign's invite link; may be empty.
    pub invite: &'a str,
}

/// Renders a welcome for one person: the text's values escaped, other braces as they are. A text of which nothing is left,
/// because all of it is a link that is not there, is the chat's title: Telegram sends no empty message.
#[must_use]
pub fn render(welcome: &Welcome, text_values: WelcomeValues<'_>, values: &MacroValues) -> WelcomeMessage {
    let value = |name: &str| match name {
        "title" => Some(text_values.title),
        "first_name" => Some(text_values.first_name),
        "invite" => Some(text_values.invite),
        _ => None,
    };
    let mut html = replace_in_html(&markdown_to_html(&welcome.text), &value);
    let as_it_is = |text: &str| replace_names(text, |name| value(name).map(str::to_owned));
    let (mut seen, mut plain) = (as_it_is(&visible_text(&welcome.text)), as_it_is(&bare_text(&welcome.text)));
    if is_blank(&seen) {
        html = escape_html(text_values.title);
        text_values.title.clone_into(&mut seen);
        text_values.title.clone_into(&mut plain);
    }
    let media = MediaRef::parse(&welcome.media).filter(|_| seen.chars().count() <= CAPTION_CHARACTERS);
    let most = if media.is_some() { CAPTION_CHARACTERS } else { WELCOME_CHARACTERS };
    if let Some((end, _)) = plain.char_indices().nth(most) {
        plain.truncate(end);
    }
    let url = button_link(&welcome.button_url, values, text_values.invite);
    let button =
        (!welcome.button_text.is_empty() && !url.is_empty()).then(|| (welcome.button_text.clone(), url));
    WelcomeMessage { html, plain, media, button }
}

/// Fills the macros in: escaped in text, and encoded within a link's address, where the invite link alone is the address.
fn replace_in_html<'a>(html: &str, value: &impl Fn(&str) -> Option<&'a str>) -> String {
    let in_text = |text: &str| replace_names(text, |name| value(name).map(escape_html));
    let in_address = |address: &str| match address {
        INVITE => in_text(address),
        _ => replace_names(address, |name| value(name).map(encoded)),
    };
    fill_html(html, in_text, in_address)
}

/// Fills HTML in by one function for the addresses of its links, and by another for everything else.
pub(super) fn fill_html(
    html: &str,
    in_text: impl Fn(&str) -> String,
    in_address: impl Fn(&str) -> String,
) -> String {
    let mut pieces = html.split(ADDRESS_BEGINS);
    let mut filled = in_text(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (address, text) = piece.split_once('"').unwrap_or((piece, ""));
        filled.push_str(&format!("{ADDRESS_BEGINS}{}\"{}", in_address(address), in_text(text)));
    }
    filled
}

/// Whether the invite link stands anywhere in a welcome.
#[must_use]
pub fn names_invite(welcome: &Welcome) -> bool {
    welcome.text.contains(INVITE) || welcome.button_url.contains(INVITE)
}

/// The link of a button. The invite link alone stands as it is, and is empty where there is none; within another link
/// it is encoded like every value.
pub(super) fn button_link(template: &str, values: &MacroValues, invite: &str) -> String {
    if template == INVITE {
        return invite.to_owned();
    }
    expand_with(template, values, |name| (name == "invite").then(|| invite.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_welcome_of_nothing_but_a_missing_link_shows_the_title() {
        let welcome = Welcome { text: "*{invite}*".into(), ..Welcome::default() };
        let values = WelcomeValues { title: "Cats & dogs", first_name: "Anna", invite: "" };
        let message = render(&welcome, values, &MacroValues::default());
        assert_eq!((message.html.as_str(), message.plain.as_str()), ("Cats &amp; dogs", "Cats & dogs"));
        let values = WelcomeValues { title: "Cats", first_name: "Anna", invite: "https://t.me/+x" };
        assert_eq!(render(&welcome, values, &MacroValues::default()).plain, "https://t.me/+x");
    }

    #[test]
    fn the_seeds_welcome_shows_the_title_and_carries_the_click() {
        let welcome = Welcome {
            text: "Join *{title}* — exclusive content inside, {first_name}!".into(),
            button_text: "Get access".into(),
            button_url: "https://example.com/lander?click={click}".into(),
            media: String::new(),
        };
        let values = MacroValues { click: "a/b".into(), ..MacroValues::default() };
        let text_values = WelcomeValues { title: "Cats & *dogs*", first_name: "{title} <b>", invite: "" };
        let message = render(&welcome, text_values, &values);
        assert_eq!(
            message.html,
            "Join <b>Cats &amp; *dogs*</b> — exclusive content inside, {title} &lt;b&gt;!"
        );
        assert_eq!(message.plain, "Join Cats & *dogs* — exclusive content inside, {title} <b>!");
        let button = ("Get access".to_owned(), "https://example.com/lander?click=a%2Fb".to_owned());
        assert_eq!(message.button, Some(button));
    }

    #[test]
    fn the_invite_link_alone_is_a_buttons_link_and_is_encoded_within_another() {
        let button = |url: &str, invite| {
            let welcome = Welcome { button_text: "Go".into(), button_url: url.into(), ..Welcome::default() };
            assert!(names_invite(&welcome), "{url}");
            let text_values = WelcomeValues { title: "", first_name: "", invite };
            let values = MacroValues { click: "{invite}".into(), ..MacroValues::default() };
            render(&welcome, text_values, &values).button.map(|(_, url)| url)
        };
        let link = "https://t.me/+a_b-c";
        assert_eq!(button("{invite}", link).as_deref(), Some(link));
        let within = button("https://e.com/?to={invite}&c={click}", link);
        assert_eq!(within.as_deref(), Some("https://e.com/?to=https%3A%2F%2Ft.me%2F%2Ba_b-c&c=%7Binvite%7D"));
        assert_eq!(button("{invite}", ""), None, "a button that leads nowhere is none");
    }

    #[test]
    fn values_that_make_a_caption_too_long_have_the_text_go_out_without_the_media() {
        let text = format!("{}{{title}}", "x".repeat(1_000));
        let welcome = Welcome { text, media: "img_abc123xyz789".into(), ..Welcome::default() };
        let shown = |title: &str| {
            let text_values = WelcomeValues { title, first_name: "", invite: "" };
            render(&welcome, text_values, &MacroValues::default())
        };
        assert_eq!(shown(&"t".repeat(24)).media, MediaRef::parse("img_abc123xyz789"));
        let long = shown(&"t".repeat(25));
        assert_eq!((long.media, long.plain.len()), (None, 1_025));
        assert_eq!(shown(&"t".repeat(5_000)).plain.len(), 4_096);
    }

    #[test]
    fn the_invite_link_stands_in_the_text_and_under_words() {
        let text = "[Join]({invite}) or open {invite}".to_owned();
        let welcome = Welcome { text, ..Welcome::default() };
        let text_values = WelcomeValues { title: "", first_name: "", invite: "https://t.me/+a&b" };
        let message = render(&welcome, text_values, &MacroValues::default());
        assert_eq!(message.html, r#"<a href="https://t.me/+a&amp;b">Join</a> or open https://t.me/+a&amp;b"#);
        let within = Welcome {
            text: "[{first_name} \"](https://e.com/?n={first_name}&to={invite})".into(),
            ..welcome
        };
        let text_values = WelcomeValues { first_name: "A&\"B", ..text_values };
        assert_eq!(
            render(&within, text_values, &MacroValues::default()).html,
            r#"<a href="https://e.com/?n=A%26%22B&amp;to=https%3A%2F%2Ft.me%2F%2Ba%26b">A&amp;&quot;B &quot;</a>"#
        );
        assert_eq!(message.plain, "Join (https://t.me/+a&b) or open https://t.me/+a&b");
    }
}
