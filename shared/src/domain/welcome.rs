//! The welcome message of a campaign, ready for Telegram.

use super::campaign::Welcome;
use super::formatting::{escape_html, markdown_to_html};
use super::url_macro::{MacroValues, expand, replace_names};

/// A message as it is sent: HTML and at most one button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WelcomeMessage {
    /// Telegram HTML.
    pub html: String,
    /// The button's label and link.
    pub button: Option<(String, String)>,
}

/// Renders a welcome for one person.
///
/// `{title}` and `{first_name}` stand for the chat's title and the person's name, escaped; other braces stay.
#[must_use]
pub fn render(welcome: &Welcome, chat_title: &str, first_name: &str, values: &MacroValues) -> WelcomeMessage {
    let html = replace_names(&markdown_to_html(&welcome.text), |name| match name {
        "title" => Some(escape_html(chat_title)),
        "first_name" => Some(escape_html(first_name)),
        _ => None,
    });
    let button = (!welcome.button_text.is_empty())
        .then(|| (welcome.button_text.clone(), expand(&welcome.button_url, values)));
    WelcomeMessage { html, button }
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
        let button = ("Get access".to_owned(), "https://example.com/lander?click=a%2Fb".to_owned());
        assert_eq!(message.button, Some(button));
    }
}
