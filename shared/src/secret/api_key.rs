use serde::{Deserialize, Serialize};

use super::{has_hash, hex, hide, random, sha256_hex};
use crate::error::AppResult;
use crate::ids::AccountId;

const SECRET_LENGTH: usize = 64;

/// An account's API key, `<account id>-<secret>`; the secret is 256 random bits in hex. Shown once.
#[derive(Clone)]
pub struct ApiKey {
    account: AccountId,
    secret: String,
}

hide!(ApiKey);

/// What is stored of an API key: the SHA-256 of its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiKeyHash(String);

impl ApiKey {
    /// A fresh key.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`] if the system has no randomness.
    pub fn generate(account: AccountId) -> AppResult<Self> {
        Ok(Self { account, secret: hex(&random::<32>()?) })
    }

    /// Reads a key; `None` for text that has not the shape of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (account, secret) = text.split_once('-')?;
        let hex_digits = secret.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let account_digits = account.bytes().all(|byte| byte.is_ascii_digit());
        let key = Self { account: account.parse().ok()?, secret: secret.to_owned() };
        (account_digits && hex_digits && secret.len() == SECRET_LENGTH).then_some(key)
    }

    /// The account the key says it belongs to.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The hash to store.
    #[must_use]
    pub fn hash(&self) -> ApiKeyHash {
        ApiKeyHash(sha256_hex(&self.secret))
    }

    /// Whether this is the key that was hashed, in constant time.
    #[must_use]
    pub fn matches(&self, hash: &ApiKeyHash) -> bool {
        has_hash(&self.secret, &hash.0)
    }

    /// The key in clear, for the one time it is shown.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{}-{}", self.account, self.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_hash_and_never_printed() {
        let key = ApiKey::generate(AccountId(7)).unwrap();
        let same = ApiKey::parse(&key.reveal()).unwrap();
        assert!(same.matches(&key.hash()));
        assert!(!ApiKey::generate(AccountId(7)).unwrap().matches(&key.hash()));
        assert_eq!((same.account(), format!("{key:?}").as_str()), (AccountId(7), "ApiKey(…)"));
    }

    #[test]
    fn only_text_of_key_shape_is_a_key() {
        let secret = "a".repeat(64);
        for bad in [
            "",
            "12",
            "7-",
            "7-abc",
            &format!("+7-{secret}"),
            &format!("x-{secret}"),
            &format!("7-{secret}0"),
        ] {
            assert!(ApiKey::parse(bad).is_none(), "{bad}");
        }
    }
}
