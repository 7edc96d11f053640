//! Keys, tokens and secrets. None of them can be printed: `Debug` hides them and there is no `Display`.

mod api_key;
mod bot_token;
mod draw_seed;
mod link_key;
mod seal;
mod signing_secret;
mod webhook_secret;

pub use api_key::{ApiKey, ApiKeyHash};
pub use bot_token::BotToken;
pub use draw_seed::DrawSeed;
pub use link_key::LinkKey;
pub use seal::{Seal, SealError, SealedSecret, SealedToken};
pub use signing_secret::SigningSecret;
pub use webhook_secret::{WebhookSecret, WebhookSecretHash};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

use crate::error::{AppError, AppResult};

/// Random bytes from the system.
///
/// # Errors
///
/// [`AppError::Unavailable`] if the system has no randomness to give.
pub fn random<const N: usize>() -> AppResult<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| AppError::unavailable("no randomness"))?;
    Ok(bytes)
}

/// The first 16 bytes of a text's SHA-256: the same for the same text, and for no other.
#[must_use]
pub fn fingerprint(text: &str) -> [u8; 16] {
    let hash = digest(&SHA256, text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    bytes
}

/// SHA-256 of a secret, as lower-case hex.
fn sha256_hex(secret: &str) -> String {
    hex(digest(&SHA256, secret.as_bytes()).as_ref())
}

/// Whether a secret has this hash, in constant time.
fn has_hash(secret: &str, hash: &str) -> bool {
    verify_slices_are_equal(sha256_hex(secret).as_bytes(), hash.as_bytes()).is_ok()
}

/// Bytes as lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Gives a secret type a `Debug` that hides it.
macro_rules! hide {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}
use hide;
