use super::App;
use crate::domain::postback::PostbackTemplates;
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;
use crate::secret::ApiKey;
use crate::store::{Account, AccountStatus};

/// A new account and the only sight of its key.
#[derive(Debug)]
pub struct NewAccount {
    /// Its id.
    pub id: AccountId,
    /// Its key; only the hash is stored.
    pub key: ApiKey,
}

impl App {
    /// The account a key opens.
    ///
    /// # Errors
    ///
    /// - [`AppError::Unauthorized`] if there is no key, or no account with it.
    /// - [`AppError::Suspended`] if the account is.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn authenticate(&self, key: Option<ApiKey>) -> AppResult<Account> {
        let key = key.ok_or(AppError::Unauthorized)?;
        let account = self.store.account(key.account()).await?.ok_or(AppError::Unauthorized)?;
        if !key.matches(&account.key_hash) {
            return Err(AppError::Unauthorized);
        }
        match account.status {
            AccountStatus::Active => Ok(account),
            AccountStatus::Suspended => Err(AppError::Suspended),
        }
    }

    /// Makes an account. Only the operator's command line calls this; there is no route.
    ///
    /// # Errors
    ///
    /// - [`AppError::Parameter`] for an empty name.
    /// - [`AppError::Unavailable`]; a retry makes another account.
    pub async fn add_account(&self, name: &str, campaign_limit: Option<u64>) -> AppResult<NewAccount> {
        if name.trim().is_empty() {
            return Err(AppError::parameter("name", "must not be empty"));
        }
        let id = self.store.next_account_id().await?;
        let key = ApiKey::generate(id)?;
        let account = Account {
            id,
            name: name.trim().to_owned(),
            status: AccountStatus::Active,
            key_hash: key.hash(),
            templates: PostbackTemplates::default(),
            carriage: None,
            campaign_limit,
            campaigns: 0,
            last_bot: 0,
            last_campaign: 0,
            disabled_endpoints: Vec::new(),
            notify_leads: false,
            notify_chat: None,
            signing: None,
            created: self.clock.now(),
        };
        self.store.create_account(&account).await?;
        Ok(NewAccount { id, key })
    }

    /// Suspends an account or lets it in again. Only the operator's command line calls this.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if there is none such.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn set_account_status(&self, id: AccountId, status: AccountStatus) -> AppResult<()> {
        let found = self.store.set_account_status(id, status).await?;
        if found { Ok(()) } else { Err(AppError::NotFound("account")) }
    }
}
