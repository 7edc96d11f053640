//! Programs that look what is behind a link before anybody clicks: they are no people.

/// What the names of programs have in them, in lower case, that people's browsers have not.
const WORDS: [&str; 23] = [
    "crawl",
    "spider",
    "preview",
    "externalhit",
    "facebookcatalog",
    "whatsapp",
    "vkshare",
    "slurp",
    "skypeuri",
    "embedly",
    "curl",
    "wget",
    "python",
    "http-client",
    "httpclient",
    "okhttp",
    "java/",
    "libwww",
    "axios",
    "node-fetch",
    "headless",
    "lighthouse",
    "google-",
];

/// What the headers are called by which a browser says that nobody clicked yet.
pub const PURPOSE_HEADERS: [&str; 4] = ["purpose", "sec-purpose", "x-purpose", "x-moz"];

/// Whether a program calls itself so that fetches what a link shows, as Telegram's `TelegramBot (like TwitterBot)` does;
/// also one without a name.
#[must_use]
pub fn is_fetcher(user_agent: &str) -> bool {
    let name = user_agent.trim().to_lowercase();
    name.is_empty() || names_bot(&name) || WORDS.iter().any(|word| name.contains(word))
}

/// Whether a header's value says that a page is fetched ahead.
#[must_use]
pub fn is_ahead(purpose: &str) -> bool {
    let purpose = purpose.to_lowercase();
    ["prefetch", "prerender", "preview"].iter().any(|word| purpose.contains(word))
}

/// Cubot makes telephones.
fn names_bot(name: &str) -> bool {
    name.match_indices("bot").any(|(at, _)| !name[..at].ends_with("cu"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fetchers_are_told_from_the_browsers_of_people() {
        for fetcher in [
            "TelegramBot (like TwitterBot)",
            "Twitterbot/1.0",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "WhatsApp/2.23.20.0",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
            "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (Windows NT 6.1) SkypeUriPreview Preview/0.5",
            "Mozilla/5.0 HeadlessChrome/120.0 Safari/537.36",
            "curl/8.5.0",
            "Go-http-client/2.0",
            "python-requests/2.31.0",
            "",
            "  ",
        ] {
            assert!(is_fetcher(fetcher), "{fetcher}");
        }
        for browser in [
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 Telegram-Android/10.14",
            "Mozilla/5.0 (Linux; Android 11; CUBOT X50) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
            "Browser/1.0 (Anna's)",
        ] {
            assert!(!is_fetcher(browser), "{browser}");
        }
        let ahead = ["prefetch", "prefetch;prerender", "Prefetch", "preview"].map(is_ahead);
        assert_eq!((ahead, is_ahead(""), is_ahead("navigate")), ([true; 4], false, false));
    }
}
