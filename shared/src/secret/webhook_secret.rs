use serde::{Deserialize, Serialize};

use super::{has_hash, hex, hide, random, sha256_hex};
use crate::error::AppResult;

/// What Telegram sends back with every update of a bot; a fresh one each time the webhook is set.
#[derive(Clone)]
pub struct WebhookSecret(String);

hide!(WebhookSecret);

/// What is stored of a webhook secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookSecretHash(String);

impl WebhookSecret {
    /// 256 random bits.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`] if the system has no randomness.
    pub fn generate() -> AppResult<Self> {
        Ok(Self(hex(&random::<32>()?)))
    }

    /// The hash to store.
    #[must_use]
    pub fn hash(&self) -> WebhookSecretHash {
        WebhookSecretHash(sha256_hex(&self.0))
    }

    /// The secret in clear, for `setWebhook`.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl WebhookSecretHash {
    /// Whether `secret` is the one that was hashed, in constant time.
    #[must_use]
    pub fn matches(&self, secret: &str) -> bool {
        has_hash(secret, &self.0)
    }
}
