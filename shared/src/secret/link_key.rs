use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{hide, random};
use crate::error::AppResult;
use crate::ids::AccountId;

/// How many bytes a key has.
const BYTES: usize = 32;

/// No token is longer than this, in characters.
const TOKEN_CHARACTERS_MAX: usize = 160;

/// How many bytes a token begins with that are not sealed: whose it is.
const ACCOUNT_BYTES: usize = 4;

/// What seals the tokens of an account's tracked links: who is to click, and on what.
///
/// The same content under the same key is the same token (AES-GCM-SIV, RFC 8452), so that a message that is sent again
/// carries the same links. Another account's key opens nothing of it.
pub struct LinkKey {
    key: LessSafeKey,
    text: String,
}

hide!(LinkKey);

impl LinkKey {
    /// A fresh one of 256 bits.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`] if the system has no randomness.
    pub fn generate() -> AppResult<Self> {
        let text = STANDARD.encode(random::<BYTES>()?);
        Self::parse(&text).ok_or_else(|| crate::AppError::unavailable("a key is none"))
    }

    /// Reads a key; `None` for text that is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() == BYTES)?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, &bytes).ok()?);
        Some(Self { key, text: text.to_owned() })
    }

    /// The key in clear, for sealing.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// A token of letters that may stand in an address; `None` for an account whose number has no room in it.
    #[must_use]
    pub fn seal(&self, account: AccountId, content: &[u8]) -> Option<String> {
        let whose = u32::try_from(account.0).ok()?.to_be_bytes();
        let mut sealed = content.to_vec();
        self.key.seal_in_place_append_tag(nonce(), Aad::from(whose), &mut sealed).ok()?;
        Some(URL_SAFE_NO_PAD.encode([whose.as_slice(), &sealed].concat()))
    }

    /// What a token of this account has in it; `None` for one that this key did not seal.
    #[must_use]
    pub fn open(&self, token: &str) -> Option<Vec<u8>> {
        let (whose, mut sealed) = split(token)?;
        self.key.open_in_place(nonce(), Aad::from(whose), &mut sealed).ok().map(|content| content.to_vec())
    }

    /// Whose a token claims to be: its key says whether that is so.
    #[must_use]
    pub fn account_of(token: &str) -> Option<AccountId> {
        split(token).map(|(whose, _)| AccountId(u32::from_be_bytes(whose).into()))
    }
}

/// The same for all: with this cipher equal content shows as equal tokens, and nothing else shows.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

fn split(token: &str) -> Option<([u8; ACCOUNT_BYTES], Vec<u8>)> {
    let fits = Some(token).filter(|token| token.len() <= TOKEN_CHARACTERS_MAX)?;
    let bytes = URL_SAFE_NO_PAD.decode(fits).ok()?;
    let (whose, sealed) = bytes.split_first_chunk::<ACCOUNT_BYTES>()?;
    Some((*whose, sealed.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId(7);

    #[test]
    fn a_token_opens_with_its_own_key_alone_and_is_the_same_for_the_same_content() {
        let key = LinkKey::generate().unwrap();
        let token = key.seal(ACCOUNT, b"content").unwrap();
        let again = LinkKey::parse(key.reveal()).unwrap();
        assert_eq!(again.seal(ACCOUNT, b"content").unwrap(), token);
        assert_eq!(again.open(&token).as_deref(), Some(b"content".as_slice()));
        assert_eq!(LinkKey::account_of(&token), Some(ACCOUNT));
        assert_eq!(LinkKey::generate().unwrap().open(&token), None);
        assert_eq!(format!("{key:?}"), "LinkKey(…)");
    }

    #[test]
    fn a_token_that_was_touched_or_says_another_account_does_not_open() {
        let key = LinkKey::generate().unwrap();
        let token = key.seal(ACCOUNT, b"content").unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for place in 0..bytes.len() {
            bytes[place] ^= 1;
            assert_eq!(key.open(&URL_SAFE_NO_PAD.encode(&bytes)), None, "{place}");
            bytes[place] ^= 1;
        }
        for bad in ["", "a", "AAAA", &token[1..], &"A".repeat(10_000), "ä!"] {
            assert_eq!(key.open(bad), None, "{bad}");
        }
        assert_eq!(key.seal(AccountId(u64::MAX), b"content"), None);
    }
}
