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
