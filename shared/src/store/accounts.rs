use aws_sdk_dynamodb::types::ReturnValue;
use serde::{Deserialize, Serialize};

use super::{Key, Store, number, put_step, unavailable};
use crate::domain::postback::PostbackTemplates;
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;
use crate::secret::ApiKeyHash;

/// One tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Counts up from 1.
    pub id: AccountId,
    /// What the operator calls it.
    pub name: String,
    /// Whether its key is taken.
    pub status: AccountStatus,
    /// The hash of its API key.
    pub key_hash: ApiKeyHash,
    /// The global postback templates.
    #[serde(default)]
    pub templates: PostbackTemplates,
    /// How many live campaigns it may have; `None` = any number.
    pub campaign_limit: Option<u64>,
    /// How many live campaigns it has; moves with them, in their transactions.
    #[serde(default)]
    pub campaigns: u64,
    /// The last bot id given out.
    #[serde(default)]
    pub last_bot: u64,
    /// The last campaign id given out.
    #[serde(default)]
    pub last_campaign: u64,
    /// Unix seconds.
    pub created: i64,
}

/// Whether an account's key is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountStatus {
    /// It is.
    Active,
    /// Every call answers `ban`.
    Suspended,
}

impl Store {
    /// Gives out the next account id.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry: an id may be skipped, never given twice.
    pub async fn next_account_id(&self) -> AppResult<AccountId> {
        let key = Key::System;
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression("ADD last_account :one")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew);
        let answer = request.send().await.map_err(unavailable)?;
        let taken = answer.attributes.as_ref().and_then(|item| item.get("last_account"));
        let id = taken.and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok());
        id.map(AccountId).ok_or_else(|| AppError::unavailable("the account sequence is no number"))
    }

    /// Writes a new account and its line in the operator's list, both or neither.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`] if storage does not answer, or the id was used before.
    pub async fn create_account(&self, account: &Account) -> AppResult<()> {
        let profile = self.new_item(&Key::Account(account.id), account)?;
        let profile = profile.condition_expression("attribute_not_exists(PK)");
        let listing = AccountListing { id: account.id, name: account.name.clone(), created: account.created };
        let listing = self.new_item(&Key::AccountListing(account.id), &listing)?;
        match self.transact([put_step(profile)?, put_step(listing)?]).await? {
            None => Ok(()),
            Some(_) => Err(AppError::unavailable("the account id was used before")),
        }
    }

    /// One account.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn account(&self, id: AccountId) -> AppResult<Option<Account>> {
        self.get(&Key::Account(id)).await
    }

    /// Every account, by id.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn accounts(&self) -> AppResult<Vec<AccountListing>> {
        self.query(Key::AccountListing(AccountId(0)).partition(), "ACC#").await
    }
}

/// A line of the operator's list of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountListing {
    /// The account.
    pub id: AccountId,
    /// Its name when it was made.
    pub name: String,
    /// Unix seconds.
    pub created: i64,
}
