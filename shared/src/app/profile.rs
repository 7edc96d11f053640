use super::App;
use crate::domain::campaign::validate_url_template;
use crate::domain::lead_event::LeadStatus;
use crate::domain::owner_news::NotifyChat;
use crate::domain::postback_body::validate_body;
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;
use crate::secret::{ApiKey, ApiKeyHash};
use crate::store::{Account, CarriageChange};

impl App {
    /// The account itself.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if it is gone.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn profile(&self, account: AccountId) -> AppResult<Account> {
        self.store.account(account).await?.ok_or(AppError::NotFound("account"))
    }

    /// Gives the account a new key in the place of `before`, which opens nothing from now on. Of two calls with the
    /// same key one wins.
    ///
    /// # Errors
    ///
    /// - [`AppError::Unauthorized`] if another call has replaced `before`.
    /// - [`AppError::Unavailable`]; a retry may answer `Unauthorized` by the first attempt.
    pub async fn replace_key(&self, account: AccountId, before: &ApiKeyHash) -> AppResult<ApiKey> {
        let key = ApiKey::generate(account)?;
        let replaced = self.store.replace_key(account, before, &key.hash()).await?;
        if replaced { Ok(key) } else { Err(AppError::Unauthorized) }
    }

    /// Sets or, by an empty text, clears some of the global postback templates; the others stay, and so does how they are
    /// sent without a `carriage`.
    ///
    /// # Errors
    ///
    /// - [`AppError::Parameter`] for the first template, or the body, at fault; nothing is changed then.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn set_global_templates(
        &self,
        account: AccountId,
        changes: Vec<(LeadStatus, String)>,
        carriage: Option<CarriageChange>,
    ) -> AppResult<()> {
        for (event, template) in changes.iter().filter(|(_, template)| !template.is_empty()) {
            validate_url_template(event.template_parameter(), template)?;
        }
        if let Some(CarriageChange::Own(carriage)) = &carriage {
            validate_body(carriage.format, &carriage.body)?;
        }
        self.store.set_templates(account, &changes, carriage.as_ref()).await
    }

    /// Sets whether and where the owner hears of leads; `None` leaves it as it is.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn set_notify(
        &self,
        account: AccountId,
        leads: Option<bool>,
        chat: Option<NotifyChat>,
    ) -> AppResult<()> {
        self.store.set_notify(account, leads, chat).await
    }
}
