use reqwest::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY, USER_AGENT};
use shared::domain::click::ClickToken;
use shared::domain::deep_link::{Carried, Payload};

use super::World;

/// What a visitor of `/go/{code}` is answered.
#[derive(Clone, Debug)]
pub struct Passage {
    pub code: u16,
    /// The deep link; empty if the visitor is not sent on.
    pub link: String,
    pub cache_control: String,
    pub referrer_policy: String,
    pub retry_after: Option<u64>,
    pub text: String,
}

impl World {
    /// Visits `/go/` and what follows it, as a browser that calls itself `Browser/1.0 (Anna's)`.
    pub async fn go(&self, path: &str) -> Passage {
        let request = self.request("GET", &format!("/go/{path}")).header(USER_AGENT, "Browser/1.0 (Anna's)");
        let response = request.send().await.unwrap();
        let header = |name| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        Passage {
            code: response.status().as_u16(),
            link: header(LOCATION),
            cache_control: header(CACHE_CONTROL),
            referrer_policy: header(REFERRER_POLICY),
            retry_after: header(reqwest::header::RETRY_AFTER).parse().ok(),
            text: response.text().await.unwrap(),
        }
    }
}

impl Passage {
    /// The token in the deep link, which must have one.
    pub fn token(&self) -> ClickToken {
        token_of(&self.link)
    }
}

/// The token in a deep link, which must have one.
pub fn token_of(link: &str) -> ClickToken {
    let payload = link.split_once("?start=").unwrap_or_else(|| panic!("no deep link: {link}")).1;
    match Payload::parse(payload).map(|payload| payload.carried) {
        Some(Carried::Token(token)) => token,
        other => panic!("no token in {link}: {other:?}"),
    }
}
