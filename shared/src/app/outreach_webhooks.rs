//! Webhooks of the Campaigns API: where an account wants to hear of what happens, and what that is signed with.

use serde_json::{Map, Value, json};

use super::App;
use super::bots::seal_error;
use super::draw::draw_in_order;
use super::outreach::CHANGE_TRIES;
use super::signing::replacing;
use super::webhook_deliveries::webhook_url;
use crate::domain::calendar;
use crate::domain::echo::Hidden;
use crate::domain::outreach::{Holding, WebhookBody, document_bytes};
use crate::domain::postback_log::PostbackAttempt;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, WebhookId};
use crate::outbound::{OutboundBody, OutboundRequest};
use crate::secret::SigningSecret;
use crate::store::{AccountSigning, HeldWrite, HoldingChange, Webhook};

/// What a receiver is asked with that is only to be tried.
const TEST_EVENT: &str = "webhook.test";

impl App {
    /// Makes a webhook, and tells its secret, this once.
    ///
    /// # Errors
    ///
    /// - [`AppError::Invalid`] for what was sent.
    /// - [`AppError::Unavailable`]; a retry may make a second one.
    pub async fn create_webhook(
        &self,
        account: AccountId,
        document: &Map<String, Value>,
    ) -> AppResult<(Webhook, SigningSecret)> {
        let (now, body) = (self.clock.now(), WebhookBody::read(document)?);
        let id = WebhookId::of(&draw_in_order(self.clock.now_ms())?);
        let secret = SigningSecret::generate()?;
        let sealed = self.seal()?.seal_signing(account, &secret).await.map_err(seal_error)?;
        let signing = AccountSigning { secret: sealed, retired: Vec::new() };
        let held = HoldingChange::made(Holding::Webhooks, bytes_of(&body)?);
        let disabled_reason = None;
        let webhook = Webhook { id, body, signing, disabled_reason, version: 1, created: now, updated: now };
        match self.store.create_webhook(account, &webhook, held).await? {
            HeldWrite::Written => Ok((webhook, secret)),
            HeldWrite::Overtaken => Err(AppError::unavailable("a drawn id is in use")),
            HeldWrite::Full | HeldWrite::ListFull => Err(Holding::Webhooks.full()),
        }
    }

    /// One webhook.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn webhook(&self, account: AccountId, id: &WebhookId) -> AppResult<Webhook> {
        self.store.webhook(account, id).await?.ok_or(AppError::NotFound("webhook"))
    }

    /// Every webhook of an account, the oldest first.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn webhooks(&self, account: AccountId) -> AppResult<Vec<Webhook>> {
        self.store.webhooks(account).await
    }

    /// Changes what is named of a webhook.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Invalid`] for what was sent.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn update_webhook(
        &self,
        account: AccountId,
        id: &WebhookId,
        changes: &Map<String, Value>,
    ) -> AppResult<Webhook> {
        self.change_webhook(account, id, |webhook| {
            webhook.body = webhook.body.changed(changes)?;
            if webhook.body.active {
                webhook.disabled_reason = None;
            }
            Ok(())
        })
        .await
    }

    /// Gives a webhook a fresh secret, and tells it, this once; for a day what it replaced signs too.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Unavailable`]; it may have another secret, which is told by no answer: rotate again.
    pub async fn rotate_webhook_secret(
        &self,
        account: AccountId,
        id: &WebhookId,
    ) -> AppResult<(Webhook, SigningSecret)> {
        self.webhook(account, id).await?;
        let (now, secret) = (self.clock.now(), SigningSecret::generate()?);
        let sealed = self.seal()?.seal_signing(account, &secret).await.map_err(seal_error)?;
        let rotate = |webhook: &mut Webhook| {
            webhook.signing = replacing(Some(webhook.signing.clone()), sealed.clone(), now);
            Ok(())
        };
        Ok((self.change_webhook(account, id, rotate).await?, secret))
    }

    /// Deletes a webhook.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Unavailable`]; a retry may answer [`AppError::NotFound`] by the first attempt.
    pub async fn delete_webhook(&self, account: AccountId, id: &WebhookId) -> AppResult<()> {
        for _ in 0..CHANGE_TRIES {
            let webhook = self.webhook(account, id).await?;
            let held = HoldingChange::deleted(Holding::Webhooks, bytes_of(&webhook.body)?);
            let now = self.clock.now();
            if self.store.delete_webhook(account, &webhook, held, now).await? == HeldWrite::Written {
                return Ok(());
            }
        }
        Err(overtaken())
    }

    /// Asks the receiver of a webhook once with a signed event that says nothing, and tells what came of it. It does so
    /// whether the webhook is active or not.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn test_webhook(&self, account: AccountId, id: &WebhookId) -> AppResult<PostbackAttempt> {
        let webhook = self.webhook(account, id).await?;
        let url = webhook_url(&webhook)?;
        let event = format!("evt{}", draw_in_order(self.clock.now_ms())?);
        let text = json!({
            "id": event,
            "type": TEST_EVENT,
            "timestamp": calendar::iso_time(self.clock.now()),
            "data": {"webhookId": webhook.id},
        });
        let body = Some(OutboundBody { media_type: "application/json", text: text.to_string() });
        let request = OutboundRequest { url, id: event, body, signature: None };
        let hidden = Hidden::new(None);
        let (attempt, _) = self.send_signed(account, request, Some(&webhook.signing), &hidden).await?;
        Ok(attempt)
    }

    async fn change_webhook(
        &self,
        account: AccountId,
        id: &WebhookId,
        change: impl Fn(&mut Webhook) -> AppResult<()>,
    ) -> AppResult<Webhook> {
        for _ in 0..CHANGE_TRIES {
            let mut webhook = self.webhook(account, id).await?;
            let known = bytes_of(&webhook.body)?;
            let before = webhook.clone();
            change(&mut webhook)?;
            if webhook == before {
                return Ok(webhook);
            }
            (webhook.version, webhook.updated) = (webhook.version + 1, self.clock.now());
            let held = HoldingChange::changed(Holding::Webhooks, known, bytes_of(&webhook.body)?);
            match self.store.change_webhook(account, &webhook, held).await? {
                HeldWrite::Written => return Ok(webhook),
                HeldWrite::Overtaken => {}
                HeldWrite::Full | HeldWrite::ListFull => return Err(Holding::Webhooks.full()),
            }
        }
        Err(overtaken())
    }
}

fn bytes_of(body: &WebhookBody) -> AppResult<u64> {
    let body = serde_json::to_value(body).map_err(|error| AppError::unavailable(error.to_string()))?;
    document_bytes(&body.as_object().cloned().unwrap_or_default())
}

fn overtaken() -> AppError {
    AppError::unavailable("the webhook is being changed by other calls")
}
