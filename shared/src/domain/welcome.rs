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

/// Renders a welcome for one person.
///
/// `{title}` and `{first_name}` stand for the chat's title and the person's name, escaped; other braces stay.
#[must_use]
pub fn render(welcome: &Welcome, chat_title: &str, first_name: &str, values: &MacroValues) -> WelcomeMessage {
    let value = |name: &str| match name {
        "title" => Some(chat_title),
        "first_name" => Some(first_name),
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
        let message = render(&welcome, "Cats & *dogs*", "{title} <b>", &values);
        assert_eq!(
            message.html,
            "Join <b>Cats &amp; *dogs*</b> — exclusive content inside, {title} &lt;b&gt;!"
        );
        assert_eq!(message.plain, "Join Cats & *dogs* — exclusive content inside, {title} <b>!");
        let button = ("Get access".to_owned(), "https://example.com/lander?click=a%2Fb".to_owned());
        assert_eq!(message.button, Some(button));
    }
}
