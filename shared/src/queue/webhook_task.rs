use serde::{Deserialize, Serialize};

use super::batches::Grouped;
use super::spell;
use crate::error::AppResult;
use crate::ids::{AccountId, WebhookDeliveryId, WebhookId};

/// A delivery to a webhook that is to be made. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WebhookTask {
    /// Make the next attempt.
    DeliverV1 {
        /// Whose.
        account: AccountId,
        /// The webhook.
        webhook: WebhookId,
        /// The delivery.
        delivery: WebhookDeliveryId,
        /// What it stays in order with: the campaign, or itself.
        about: String,
    },
}

impl WebhookTask {
    /// As a queue has it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`] if it does not write; a fault of this crate.
    pub fn spelled(&self) -> AppResult<String> {
        spell(self)
    }
}

impl Grouped for WebhookTask {
    fn group(&self) -> String {
        let Self::DeliverV1 { account, webhook, about, .. } = self;
        format!("{account}.{webhook}.{about}")
    }

    fn id(&self) -> String {
        let Self::DeliverV1 { account, webhook, delivery, .. } = self;
        format!("{account}.{webhook}.{delivery}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_frozen() {
        let task = WebhookTask::DeliverV1 {
            account: AccountId(1),
            webhook: WebhookId::of("1"),
            delivery: WebhookDeliveryId::of("2"),
            about: "camp3".to_owned(),
        };
        let wire = task.spelled().unwrap();
        insta::assert_snapshot!(wire, @r#"{"type":"deliver_v1","account":1,"webhook":"hook1","delivery":"dlv2","about":"camp3"}"#);
        assert_eq!((task.group().as_str(), task.id().as_str()), ("1.hook1.camp3", "1.hook1.dlv2"));
        assert_eq!(serde_json::from_str::<WebhookTask>(&wire).unwrap(), task);
    }
}
