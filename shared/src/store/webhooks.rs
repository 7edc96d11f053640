use serde::{Deserialize, Serialize};

use super::access::{Expiring, delete_step, number, put_step, text, to_attribute, written};
use super::keys::WEBHOOKS;
use super::told_keys::ToldKey;
use super::{AccountSigning, HeldWrite, HoldingChange, Key, Store};
use crate::domain::outreach::WebhookBody;
use crate::error::AppResult;
use crate::ids::{AccountId, WebhookId};

/// A webhook of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// What the client says of it.
    pub body: WebhookBody,
    /// What it is signed with.
    pub signing: AccountSigning,
    /// Why it is told nothing any more, if it was not the client who said so.
    #[serde(default)]
    pub disabled_reason: Option<String>,
    /// How often it was changed.
    pub version: u64,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds.
    pub updated: i64,
}

/// For how long it is known that a webhook was deleted, in seconds: longer than its deliveries are kept.
const DELETED_SECONDS: i64 = 45 * 86_400;

/// A webhook by its id alone.
#[derive(Serialize, Deserialize)]
struct Named {
    id: WebhookId,
}

impl Store {
    /// One webhook of an account.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn webhook(&self, account: AccountId, id: &WebhookId) -> AppResult<Option<Webhook>> {
        self.get(&Key::Webhook(account, id)).await
    }

    /// Every webhook of an account, the oldest first.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn webhooks(&self, account: AccountId) -> AppResult<Vec<Webhook>> {
        let any = WebhookId::default();
        self.query(Key::Webhook(account, &any).partition(), WEBHOOKS).await
    }

    /// Writes a webhook under a fresh id, with what the account keeps.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`HeldWrite::Overtaken`] by the first attempt.
    pub async fn create_webhook(
        &self,
        account: AccountId,
        webhook: &Webhook,
        held: HoldingChange,
    ) -> AppResult<HeldWrite> {
        self.make_held(account, (&Key::Webhook(account, &webhook.id), webhook), held, None).await
    }

    /// Replaces a webhook that was read at the version before this one, with what the account keeps.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`HeldWrite::Overtaken`] by the first attempt.
    pub async fn change_webhook(
        &self,
        account: AccountId,
        webhook: &Webhook,
        held: HoldingChange,
    ) -> AppResult<HeldWrite> {
        let key = Key::Webhook(account, &webhook.id);
        self.change_held(account, (&key, webhook, webhook.version), held).await
    }

    /// Tells a webhook no more, unless it leads elsewhere by now. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn disable_webhook(
        &self,
        account: AccountId,
        webhook: &Webhook,
        reason: &str,
        now: i64,
    ) -> AppResult<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Webhook(account, &webhook.id).attributes()))
            .update_expression(
                "SET body.active = :false, disabled_reason = :reason, updated = :now ADD version :one",
            )
            .condition_expression("body.#url = :url AND body.active = :true")
            .expression_attribute_names("#url", "url")
            .expression_attribute_values(":url", text(&webhook.body.url))
            .expression_attribute_values(":true", to_attribute(&true)?)
            .expression_attribute_values(":false", to_attribute(&false)?)
            .expression_attribute_values(":reason", text(reason))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":one", number(1));
        written(update.send().await).map(drop)
    }

    /// Deletes a webhook that was read at this version, with what the account keeps.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`HeldWrite::Overtaken`] by the first attempt.
    pub async fn delete_webhook(
        &self,
        account: AccountId,
        webhook: &Webhook,
        held: HoldingChange,
        now: i64,
    ) -> AppResult<HeldWrite> {
        let removal = self
            .removal(&Key::Webhook(account, &webhook.id))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", number(webhook.version));
        let deleted = Expiring { value: Named { id: webhook.id.clone() }, expires_at: now + DELETED_SECONDS };
        let deleted = self.new_item(&Key::Told(ToldKey::Deleted(account, &webhook.id)), &deleted)?;
        self.write_held(account, [delete_step(removal)?, put_step(deleted)?], held).await
    }

    /// Every webhook of an account whose deliveries there may be, those included that were deleted.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn told_webhooks(&self, account: AccountId) -> AppResult<Vec<WebhookId>> {
        let partition = Key::Told(ToldKey::Deleted(account, &WebhookId::default())).partition();
        let deleted: Vec<Named> = self.query(partition, WEBHOOKS).await?;
        let known = self.webhooks(account).await?.into_iter().map(|webhook| webhook.id);
        Ok(known.chain(deleted.into_iter().map(|deleted| deleted.id)).collect())
    }
}
