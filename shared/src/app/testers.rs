use serde_json::{Map, Value};

use super::App;
use crate::domain::outreach::read_testers;
use crate::error::AppResult;
use crate::ids::{AccountId, UserId};

impl App {
    /// Whom test executions of an account go to.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn testers(&self, account: AccountId) -> AppResult<Vec<UserId>> {
        self.store.testers(account).await
    }

    /// Sets whom test executions go to, and answers them.
    ///
    /// # Errors
    ///
    /// - [`crate::AppError::Invalid`] for what was sent.
    /// - [`crate::AppError::Unavailable`], safe to retry.
    pub async fn set_testers(
        &self,
        account: AccountId,
        document: &Map<String, Value>,
    ) -> AppResult<Vec<UserId>> {
        let testers = read_testers(document)?;
        self.store.set_testers(account, testers.clone()).await?;
        Ok(testers)
    }
}
