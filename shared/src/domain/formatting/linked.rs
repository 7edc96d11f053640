use super::{Html, Output, escape_html, render};

/// Legacy Markdown as HTML that Telegram accepts, with other addresses behind some links. An address that stands by itself
/// becomes a link then, and shows what it showed. `other` is asked once for each, in their order.
#[must_use]
pub fn markdown_to_linked_html(markdown: &str, other: impl Fn(&str) -> Option<String>) -> String {
    render(markdown, &LinkedHtml(other))
}

struct LinkedHtml<F>(F);

impl<F: Fn(&str) -> Option<String>> Output for LinkedHtml<F> {
    fn text(&self, text: &str) -> String {
        Html.text(text)
    }

    fn span(&self, tag: &str, inner: String) -> String {
        Html.span(tag, inner)
    }

    fn block(&self, language: Option<&str>, inner: String) -> String {
        Html.block(language, inner)
    }

    fn link(&self, url: &str, inner: String) -> String {
        Html.link(&(self.0)(url).unwrap_or_else(|| url.to_owned()), inner)
    }

    fn address(&self, address: &str) -> String {
        (self.0)(address).map_or_else(|| self.text(address), |other| Html.link(&other, escape_html(address)))
    }

    /// Telegram takes no link within a link.
    fn under_link(&self, markdown: &str) -> String {
        render(markdown, &Html)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_stand_by_themselves_become_links_but_for_those_in_links_and_code() {
        let other = |address: &str| (!address.starts_with("t.me/")).then(|| format!("{address}#\"&"));
        for (markdown, html) in [
            (
                "see https://e.com/?a=1&b=2, now",
                "see <a href=\"https://e.com/?a=1&amp;b=2#&quot;&amp;\">https://e.com/?a=1&amp;b=2</a>, now",
            ),
            ("*www.e.com*", "<b><a href=\"www.e.com#&quot;&amp;\">www.e.com</a></b>"),
            ("[https://e.com](https://f.com)", "<a href=\"https://f.com#&quot;&amp;\">https://e.com</a>"),
            ("[cats](t.me/cats)", "<a href=\"t.me/cats\">cats</a>"),
            ("`https://e.com`", "<code>https://e.com</code>"),
            ("t.me/cats and xhttps://e.com", "t.me/cats and xhttps://e.com"),
        ] {
            assert_eq!(markdown_to_linked_html(markdown, other), html, "{markdown}");
        }
    }
}
