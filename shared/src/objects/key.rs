use crate::domain::media::MediaRef;
use crate::ids::{AccountId, ImportId};

/// One object. Adding one means a variant here, and a prefix in the bucket's lifecycle and in the policies of the
/// functions that use it.
#[derive(Clone, Copy, Debug)]
pub enum ObjectKey<'a> {
    /// A media that was judged; stays.
    Media(AccountId, &'a MediaRef),
    /// A file that a client wrote by itself and that nobody has judged; gone after a day.
    Incoming(AccountId, &'a MediaRef),
    /// A list of subscribers that a client wrote by itself; gone when it is read, at the latest after a week.
    Import(AccountId, &'a ImportId),
    /// A list that an account asked for, under a name drawn by chance; gone after a day.
    Export(AccountId, &'a str),
}

impl ObjectKey<'_> {
    /// The key in the bucket, of letters, digits, `_` and `/` alone.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Media(account, media) => format!("media/{account}/{media}"),
            Self::Incoming(account, media) => format!("incoming/{account}/{media}"),
            Self::Import(account, import) => format!("imports/{account}/{import}"),
            Self::Export(account, name) => format!("exports/{account}/{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_frozen() {
        let media = MediaRef::parse("img_abc123xyz789").unwrap();
        let (account, import) = (AccountId(7), ImportId::of("k3x9"));
        let keys = [
            ObjectKey::Media(account, &media),
            ObjectKey::Incoming(account, &media),
            ObjectKey::Import(account, &import),
            ObjectKey::Export(account, "abc123"),
        ];
        let paths = keys.map(|key| key.path());
        insta::assert_snapshot!(paths.join(" "), @"media/7/img_abc123xyz789 incoming/7/img_abc123xyz789 imports/7/impk3x9 exports/7/abc123");
    }
}
