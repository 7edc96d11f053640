//! What a receiver says back of what it was sent.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::form_urlencoded;

use super::url_macro::encoded;

/// Shorter values are no secrets, and stand in many words.
const LEAST_CHARACTERS: usize = 3;

/// A value that is cut off at the end of an answer is hidden from so many bytes on.
const LEAST_CUT: usize = 6;

/// Values that were sent and must not stand in the log, as a receiver may spell them.
#[derive(Clone, Default)]
pub struct Hidden(Vec<String>);

impl Hidden {
    /// Hides these, which may be percent-encoded.
    pub fn new<'v>(values: impl IntoIterator<Item = &'v str>) -> Self {
        let mut spellings = Vec::new();
        for value in values.into_iter().filter(|value| !value.is_empty()) {
            let decoded = percent_decode_str(value).decode_utf8_lossy();
            spellings.extend([value, &decoded].into_iter().flat_map(spellings_of));
        }
        spellings.retain(|spelling| spelling.chars().count() >= LEAST_CHARACTERS);
        // A long one first, of which a short one may be a part.
        spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
        spellings.dedup();
        Self(spellings)
    }

    /// The beginning of an answer with `***` in the place of each.
    #[must_use]
    pub fn masked(&self, answer: &str) -> String {
        let mut shown = answer.to_owned();
        for spelling in &self.0 {
            shown = shown.replace(spelling.as_str(), "***");
        }
        for spelling in &self.0 {
            let cuts = (LEAST_CUT..spelling.len()).rev().filter_map(|cut| spelling.get(..cut));
            if let Some(kept) = cuts.filter_map(|cut| shown.strip_suffix(cut)).next() {
                return format!("{kept}***");
            }
        }
        shown
    }
}

/// As it is, in a query, in a form, in JSON (with and without `\/`) and in HTML.
fn spellings_of(value: &str) -> [String; 7] {
    let quoted = serde_json::Value::String(value.to_owned()).to_string();
    let json = quoted[1..quoted.len() - 1].to_owned();
    let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    [
        value.to_owned(),
        encoded(value),
        utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
        form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        json.replace('/', "\\/"),
        json,
        html,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROWSER: &str = "Mozilla/5.0 (X11) \"A&B\"";

    #[test]
    fn a_value_is_hidden_however_it_is_said_back() {
        let hidden = Hidden::new(["203.0.113.7", "2001:db8::7", BROWSER, "s%26cret"]);
        for (said, shown) in [
            ("no click of 203.0.113.7, 203.0.113.7!", "no click of ***, ***!"),
            ("ip=2001%3Adb8%3A%3A7&x=1", "ip=***&x=1"),
            ("<Mozilla/5.0 (X11) &quot;A&amp;B&quot;>", "<***>"),
            (r#"{"ua":"Mozilla\/5.0 (X11) \"A&B\""}"#, r#"{"ua":"***"}"#),
            ("ua=Mozilla%2F5.0+%28X11%29+%22A%26B%22", "ua=***"),
            ("ua=Mozilla%2F5.0%20%28X11%29%20%22A%26B%22", "ua=***"),
            ("key s&cret or s%26cret", "key *** or ***"),
            ("browser Mozilla/5.0 (X1", "browser ***"),
            ("nothing of it", "nothing of it"),
        ] {
            assert_eq!(hidden.masked(said), shown);
        }
        assert_eq!(Hidden::new(["", "1", "ok"]).masked("ok 1"), "ok 1");
    }
}
