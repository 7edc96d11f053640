use serde::{Deserialize, Serialize};

use super::{Key, Store};
use crate::error::AppResult;
use crate::ids::{AccountId, UserId};

#[derive(Serialize, Deserialize)]
struct Testers {
    testers: Vec<UserId>,
}

impl Store {
    /// Whom test executions of an account go to, in the order that was given.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn testers(&self, account: AccountId) -> AppResult<Vec<UserId>> {
        let testers: Option<Testers> = self.get(&Key::Testers(account)).await?;
        Ok(testers.map(|item| item.testers).unwrap_or_default())
    }

    /// Replaces them.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn set_testers(&self, account: AccountId, testers: Vec<UserId>) -> AppResult<()> {
        self.put(&Key::Testers(account), &Testers { testers }).await
    }
}
