//! What Gatepost posts to strangers: who signed it.

use serde_json::{Value, json};
use shared::secret::SigningSecret;
use telegram_simulator::ReceivedPostback;

use super::Account;

/// A header of a request by its name in lower case; empty if it has none.
pub fn header<'p>(received: &'p ReceivedPostback, name: &str) -> &'p str {
    received.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// Whether this secret signed, by the specification of Standard Webhooks.
pub fn is_signed_by(received: &ReceivedPostback, secret: &Value) -> bool {
    let secret = SigningSecret::parse(secret.as_str().unwrap()).unwrap();
    let time = header(received, "webhook-timestamp").parse().unwrap();
    let expected = secret.sign(header(received, "webhook-id"), time, &received.body);
    header(received, "webhook-signature").split(' ').any(|signature| signature == expected)
}

impl Account {
    /// Changes what the account signs with; the new secret.
    pub async fn change_signing(&self, action: &str) -> Value {
        let reply = self.post_json("/api/profile/signing.json", &json!({"action": action})).await.json();
        assert_eq!(reply["status"], "ok");
        reply["data"]["secret"].clone()
    }
}
