use shared::domain::click::ClickToken;
use shared::domain::deep_link::{Carried, Payload};

/// The token in a deep link, which must have one.
pub fn token_of(link: &str) -> ClickToken {
    let payload = link.split_once("?start=").unwrap_or_else(|| panic!("no deep link: {link}")).1;
    match Payload::parse(payload).map(|payload| payload.carried) {
        Some(Carried::Token(token)) => token,
        other => panic!("no token in {link}: {other:?}"),
    }
}
