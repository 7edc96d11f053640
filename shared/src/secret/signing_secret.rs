use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{hide, random};
use crate::error::AppResult;

const PREFIX: &str = "whsec_";

/// How many bytes a secret may have (Standard Webhooks, "Signature scheme").
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// What an account's postbacks are signed with, by Standard Webhooks: `whsec_` and 24 to 64 bytes in base64.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

hide!(SigningSecret);

impl SigningSecret {
    /// A fresh one of 256 bits.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`] if the system has no randomness.
    pub fn generate() -> AppResult<Self> {
        Ok(Self(random::<32>()?.to_vec()))
    }

    /// Reads a secret; `None` for text that is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        BYTES.contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The secret in clear, for the one time it is shown, and for sealing.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let key = Key::new(HMAC_SHA256, &self.0);
        let tag = sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    const EXAMPLE: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn the_example_of_the_reference_libraries_is_signed_the_same() {
        let secret = SigningSecret::parse(EXAMPLE).unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_reads_back_and_is_never_printed() {
        let secret = SigningSecret::generate().unwrap();
        assert!(SigningSecret::parse(&secret.reveal()) == Some(secret.clone()));
        assert_eq!((secret.reveal().len(), format!("{secret:?}").as_str()), (50, "SigningSecret(…)"));
    }

    #[test]
    fn only_24_to_64_bytes_in_base64_are_a_secret() {
        let of = |bytes: usize| format!("{PREFIX}{}", STANDARD.encode(vec![7; bytes]));
        assert!(SigningSecret::parse(&of(24)).is_some() && SigningSecret::parse(&of(64)).is_some());
        for bad in [
            of(23),
            of(65),
            of(0),
            "whsec_".into(),
            EXAMPLE[6..].into(),
            format!("{EXAMPLE}!"),
            format!("{EXAMPLE}\n"),
        ] {
            assert!(SigningSecret::parse(&bad).is_none(), "{bad}");
        }
    }
}
