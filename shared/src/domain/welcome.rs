//! The welcome message of a campaign, ready for Telegram.

use super::campaign::Welcome;
use super::formatting::{escape_html, markdown_to_html, visible_text};
use super::url_macro::{MacroValues, expand, replace_names};

/// A message as it is sent: HTML and at most one button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WelcomeMessage {
    /// Telegram HTML.
    pub html: String,
    /// The same as bare text, for when Telegram does not take the HTML or the button.
    pub plain: String,
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

/// Renders a welcome for one person: the text's values escaped, other braces as they are.
#[must_use]
pub fn render(welcome: &Welcome, text_values: WelcomeValues<'_>, values: &MacroValues) -> WelcomeMessage {
    let value = |name: &str| match name {
        "title" => Some(text_values.title),
        "first_name" => Some(text_values.first_name),
        "invite" => Some(text_values.invite),
        _ => None,
    };
    let html = replace_names(&markdown_to_html(&welcome.text), |name| value(name).map(escape_html));
    let plain = replace_names(&visible_text(&welcome.text), |name| value(name).map(str::to_owned));
    let button = (!welcome.button_text.is_empty())
        .then(|| (welcome.button_text.clone(), expand(&welcome.button_url, values)));
    WelcomeMessage { html, plain, button }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_invite_link_stands_in_the_text_and_under_words() {
        let text = "[Join]({invite}) or open {invite}".to_owned();
        let welcome = Welcome { text, ..Welcome::default() };
        let text_values = WelcomeValues { title: "", first_name: "", invite: "https://t.me/+a&b" };
        let message = render(&welcome, text_values, &MacroValues::default());
        assert_eq!(message.html, r#"<a href="https://t.me/+a&amp;b">Join</a> or open https://t.me/+a&amp;b"#);
        assert_eq!(message.plain, "Join or open https://t.me/+a&b");
    }
}
