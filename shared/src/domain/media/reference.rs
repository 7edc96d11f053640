use std::fmt;

use serde::{Deserialize, Serialize};

use super::MediaKind;

/// How many letters and digits stand behind the prefix.
const DRAWN: usize = 12;

/// What names an uploaded media within its account: `img_` or `vid_`, then letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaRef(String);

impl MediaRef {
    /// How many letters and digits [`MediaRef::new`] takes.
    pub const DRAWN: usize = DRAWN;

    /// A reference of drawn letters and digits.
    #[must_use]
    pub fn new(kind: MediaKind, drawn: &str) -> Self {
        let prefix = match kind {
            MediaKind::Photo => "img_",
            MediaKind::Video => "vid_",
        };
        Self(format!("{prefix}{drawn}"))
    }

    /// Reads a reference; `None` for text that has not the shape of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let drawn = text.strip_prefix("img_").or_else(|| text.strip_prefix("vid_"))?;
        let plain = drawn.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        (plain && drawn.len() == DRAWN).then(|| Self(text.to_owned()))
    }

    /// What it names, by its prefix.
    #[must_use]
    pub fn kind(&self) -> MediaKind {
        if self.0.starts_with("vid_") { MediaKind::Video } else { MediaKind::Photo }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MediaRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_says_what_it_names_and_nothing_else_reads_as_one() {
        for (kind, text) in [(MediaKind::Photo, "img_abc123xyz789"), (MediaKind::Video, "vid_abc123xyz789")] {
            let reference = MediaRef::new(kind, "abc123xyz789");
            assert_eq!((reference.as_str(), reference.kind()), (text, kind));
            assert_eq!(MediaRef::parse(text), Some(reference));
        }
        for other in [
            "",
            "img_",
            "abc123xyz789",
            "img_abc123xyz78",
            "img_abc123xyz78/",
            "img_ABC123XYZ789",
            "doc_abc123xyz789",
        ] {
            assert_eq!(MediaRef::parse(other), None, "{other}");
        }
    }
}
