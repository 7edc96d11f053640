use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::primitives::Blob;
use serde::{Deserialize, Serialize};

use super::{BotToken, DrawSeed, LinkKey, SigningSecret, random};
use crate::ids::{AccountId, BotKey};

/// Seals bot tokens, signing secrets and keys of links for storage. What it is for is bound in: a sealed token opens only for the bot
/// it was sealed for, a signing secret only for its account.
#[derive(Debug)]
pub enum Seal {
    /// AWS KMS, with the account and the bot or use as encryption context.
    Kms {
        /// The client.
        client: aws_sdk_kms::Client,
        /// The key's id or ARN.
        key_id: String,
    },
    /// AES-256-GCM with a key in a local file, the same as additional data.
    File(Box<RandomizedNonceKey>),
}

/// A sealed bot token as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedToken(#[serde(with = "binary")] Vec<u8>);

/// A sealed signing secret as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedSecret(#[serde(with = "binary")] Vec<u8>);

/// What is bound into a sealed value: each name with its value.
type Context = [(&'static str, String); 2];

/// Why a token could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key file cannot be read or made.
    #[error("the token key file: {0}")]
    KeyFile(#[from] std::io::Error),
    /// KMS does not answer or refuses. Safe to retry.
    #[error("KMS: {0}")]
    Kms(String),
    /// The sealed bytes were not made by this key for this bot.
    #[error("the sealed token does not open")]
    Broken,
}

impl Seal {
    /// Uses the key in `path`, making it (readable by its owner only) if it is not there.
    ///
    /// # Errors
    ///
    /// [`SealError::KeyFile`] if it cannot be read or made, [`SealError::Broken`] if it is no key.
    pub fn from_file(path: &Path) -> Result<Self, SealError> {
        let key = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => make_key_file(path)?,
            read => read?,
        };
        let key = RandomizedNonceKey::new(&AES_256_GCM, &key).map_err(|_| SealError::Broken)?;
        Ok(Self::File(Box::new(key)))
    }

    /// Seals a token for one bot.
    ///
    /// # Errors
    ///
    /// [`SealError::Kms`], safe to retry.
    pub async fn seal(&self, bot: BotKey, token: &BotToken) -> Result<SealedToken, SealError> {
        self.seal_for(&of_bot(bot), token.reveal()).await.map(SealedToken)
    }

    /// Opens a token sealed for the same bot.
    ///
    /// # Errors
    ///
    /// [`SealError::Kms`], safe to retry; [`SealError::Broken`] for bytes sealed by another key or for another bot.
    pub async fn open(&self, bot: BotKey, sealed: &SealedToken) -> Result<BotToken, SealError> {
        let token = self.open_for(&of_bot(bot), &sealed.0).await?;
        BotToken::parse(&token).ok_or(SealError::Broken)
    }

    /// Seals a signing secret for one account.
    ///
    /// # Errors
    ///
    /// [`SealError::Kms`], safe to retry.
    pub async fn seal_signing(
        &self,
        account: AccountId,
        secret: &SigningSecret,
    ) -> Result<SealedSecret, SealError> {
        self.seal_for(&of_signing(account), &secret.reveal()).await.map(SealedSecret)
    }

    /// Opens a signing secret sealed for the same account.
    ///
    /// # Errors
    ///
    /// [`SealError::Kms`], safe to retry; [`SealError::Broken`] for bytes sealed by another key or for another use.
    pub async fn open_signing(
        &self,
        account: AccountId,
        sealed: &SealedSecret,
    ) -> Result<SigningSecret, SealError> {
        let secret = self.open_for(&of_signing(account), &sealed.0).await?;
        SigningSecret::parse(&secret).ok_or(SealError::Broken)
    }

    /// Seals what an account's tracked links are sealed with.
    ///
    /// # Errors
    ///
    /// [`SealError::Kms`], safe to retry.
    pub async fn seal_links(&self, account: AccountId, key: &LinkKey) -> Result<SealedSecret, SealError> {
        self.seal_for(&of_links(account), key.reveal()).await.map(SealedSecret)
    }

    /// Opens a key of tracked links that was sealed for the same account.
    ///
    /// # Errors
    ///
    /// [`SealError::Kms`], safe to retry; [`SealError::Broken`] for bytes sealed by another key or for another use.
    pub async fn open_links(&self, account: AccountId, sealed: &SealedSecret) -> Result<LinkKey, SealError> {
        let key = self.open_for(&of_links(account), &sealed.0).await?;
        LinkKey::parse(&key).ok_or(SealError::Broken)
    }

    /// Seals what the winners of a contest of one account follow from.
    ///
    /// # Errors
    ///
    /// [`SealError::Kms`], safe to retry.
    pub async fn seal_seed(&self, account: AccountId, seed: &DrawSeed) -> Result<SealedSecret, SealError> {
        self.seal_for(&of_contests(account), &seed.spelled()).await.map(SealedSecret)
    }

    /// Opens a seed that was sealed for the same account.
    ///
    /// # Errors
    ///
    /// [`SealError::Kms`], safe to retry; [`SealError::Broken`] for bytes sealed by another key or for another use.
    pub async fn open_seed(&self, account: AccountId, sealed: &SealedSecret) -> Result<DrawSeed, SealError> {
        let seed = self.open_for(&of_contests(account), &sealed.0).await?;
        DrawSeed::parse(&seed).ok_or(SealError::Broken)
    }

    async fn seal_for(&self, context: &Context, secret: &str) -> Result<Vec<u8>, SealError> {
        match self {
            Self::Kms { client, key_id } => {
                let request = client.encrypt().key_id(key_id).plaintext(Blob::new(secret));
                let sealed = context.iter().fold(request, |r, (k, v)| r.encryption_context(*k, v));
                let sealed = sealed.send().await.map_err(|error| SealError::Kms(kms_word(&error)))?;
                Ok(sealed.ciphertext_blob.ok_or(SealError::Broken)?.into_inner())
            }
            Self::File(key) => {
                let mut bytes = secret.as_bytes().to_vec();
                let nonce = key
                    .seal_in_place_append_tag(Aad::from(bound_to(context)), &mut bytes)
                    .map_err(|_| SealError::Broken)?;
                Ok([nonce.as_ref().as_slice(), &bytes].concat())
            }
        }
    }

    async fn open_for(&self, context: &Context, sealed: &[u8]) -> Result<String, SealError> {
        let bytes = match self {
            Self::Kms { client, key_id } => {
                let request = client.decrypt().key_id(key_id).ciphertext_blob(Blob::new(sealed));
                let opened = context.iter().fold(request, |r, (k, v)| r.encryption_context(*k, v));
                let opened = opened.send().await.map_err(|error| SealError::Kms(kms_word(&error)))?;
                opened.plaintext.ok_or(SealError::Broken)?.into_inner()
            }
            Self::File(key) => open_with(key, context, sealed).ok_or(SealError::Broken)?,
        };
        String::from_utf8(bytes).map_err(|_| SealError::Broken)
    }
}

fn open_with(key: &RandomizedNonceKey, context: &Context, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, bytes) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut bytes = bytes.to_vec();
    let opened = key.open_in_place(nonce, Aad::from(bound_to(context)), &mut bytes).ok()?;
    Some(opened.to_vec())
}

fn of_bot(bot: BotKey) -> Context {
    [("account", bot.account.to_string()), ("bot", bot.bot.to_string())]
}

fn of_signing(account: AccountId) -> Context {
    [("account", account.to_string()), ("use", "signing".to_owned())]
}

fn of_links(account: AccountId) -> Context {
    [("account", account.to_string()), ("use", "links".to_owned())]
}

fn of_contests(account: AccountId) -> Context {
    [("account", account.to_string()), ("use", "contests".to_owned())]
}

fn bound_to([(first, one), (second, other)]: &Context) -> String {
    format!("{first}={one} {second}={other}")
}

/// The error's code only: a KMS error message may quote the request.
fn kms_word<E: ProvideErrorMetadata, R>(
    error: &aws_smithy_runtime_api::client::result::SdkError<E, R>,
) -> String {
    error.code().unwrap_or("no answer").to_owned()
}

fn make_key_file(path: &Path) -> Result<Vec<u8>, SealError> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let key = random::<32>().map_err(|_| SealError::Broken)?.to_vec();
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(&key)?;
    file.sync_all()?;
    Ok(key)
}

/// Bytes in a table are binary, not a list of numbers.
mod binary {
    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::BotId;

    fn bot(bot: u64) -> BotKey {
        BotKey { account: AccountId(1), bot: BotId(bot) }
    }

    #[tokio::test]
    async fn a_sealed_token_opens_for_its_own_bot_only_and_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token-key");
        let token = BotToken::parse("123456:AAF-abcdefghijklmnopqrstuvwxyz_0123").unwrap();
        let sealed = Seal::from_file(&path).unwrap().seal(bot(1), &token).await.unwrap();
        assert!(!String::from_utf8_lossy(&sealed.0).contains("abcdefghij"));

        let again = Seal::from_file(&path).unwrap();
        assert!(again.open(bot(1), &sealed).await.unwrap() == token);
        assert!(matches!(again.open(bot(2), &sealed).await, Err(SealError::Broken)));
        let other = Seal::from_file(&folder.path().join("other")).unwrap();
        assert!(matches!(other.open(bot(1), &sealed).await, Err(SealError::Broken)));
    }
    #[tokio::test]
    async fn a_sealed_signing_secret_opens_for_its_own_account_only() {
        let folder = tempfile::tempdir().unwrap();
        let seal = Seal::from_file(&folder.path().join("token-key")).unwrap();
        let secret = SigningSecret::generate().unwrap();
        let sealed = seal.seal_signing(AccountId(1), &secret).await.unwrap();
        assert!(seal.open_signing(AccountId(1), &sealed).await.unwrap() == secret);
        assert!(matches!(seal.open_signing(AccountId(2), &sealed).await, Err(SealError::Broken)));
        assert!(matches!(seal.open(bot(1), &SealedToken(sealed.0)).await, Err(SealError::Broken)));
    }
}
