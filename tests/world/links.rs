use reqwest::header::{CACHE_CONTROL, LOCATION, USER_AGENT};
use url::Url;

use super::World;

/// A telephone, as somebody's browser on it calls itself.
pub const TELEPHONE: &str =
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36";

/// What somebody is answered who comes by a tracked link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    pub code: u16,
    /// Where they are sent; empty if nowhere.
    pub target: String,
    pub cache_control: String,
    pub text: String,
}

impl World {
    /// Clicks on a link, whatever stands before its path, and goes no further.
    pub async fn click(&self, link: &str) -> Followed {
        self.follow("GET", link, &[(USER_AGENT.as_str(), TELEPHONE)]).await
    }

    /// The same by any method, with these headers.
    pub async fn follow(&self, method: &str, link: &str, headers: &[(&str, &str)]) -> Followed {
        let url = Url::parse(link).unwrap();
        let mut request = self.request(method, url.path());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let header = |name| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        Followed {
            code: response.status().as_u16(),
            target: header(LOCATION),
            cache_control: header(CACHE_CONTROL),
            text: response.text().await.unwrap(),
        }
    }

    /// Behind which addresses the links of the last message to somebody are: of its text first, then of its buttons.
    pub fn links_sent_to(&self, user: i64) -> Vec<String> {
        let message = self.simulator.messages_to(user).pop().unwrap();
        let in_text = message.entities.iter().filter_map(|entity| entity.url.clone());
        let buttons = message.buttons.iter().flatten().filter_map(|button| button.url.clone());
        in_text.chain(buttons).collect()
    }
}
