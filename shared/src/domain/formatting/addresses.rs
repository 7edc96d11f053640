use std::cell::RefCell;

use super::{Output, render};

/// The addresses that a text links to, as they are written.
#[must_use]
pub fn linked_addresses(markdown: &str) -> Vec<String> {
    let addresses = Addresses::default();
    render(markdown, &addresses);
    addresses.0.into_inner()
}

/// Nothing but the addresses behind links.
#[derive(Default)]
struct Addresses(RefCell<Vec<String>>);

impl Output for Addresses {
    fn text(&self, _text: &str) -> String {
        String::new()
    }

    fn span(&self, _tag: &str, _inner: String) -> String {
        String::new()
    }

    fn block(&self, _language: Option<&str>, _inner: String) -> String {
        String::new()
    }

    fn link(&self, url: &str, _inner: String) -> String {
        self.0.borrow_mut().push(url.to_owned());
        String::new()
    }
}

/// An address that stands by itself, without the marks and stops behind it.
pub(super) fn address_length(rest: &str, before: Option<char>) -> Option<usize> {
    let is_address =
        ["https://", "http://", "tg://", "t.me/", "www."].iter().any(|scheme| rest.starts_with(scheme));
    if !is_address || before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let end = rest.find(|letter: char| letter.is_whitespace() || "<>\"`".contains(letter));
    let address = &rest[..end.unwrap_or(rest.len())];
    Some(address.trim_end_matches(['*', '_', ')', ']', '.', ',', ';', ':', '!', '?']).len())
}
