use super::access::{Expiring, number, to_item, written};
use super::{Key, Store};
use crate::domain::outreach::SubscriberImport;
use crate::error::AppResult;
use crate::ids::{AccountId, ImportId};

/// For how long an import is shown, in seconds.
const KEPT_SECONDS: i64 = 30 * 86_400;

impl Store {
    /// One import of an account.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn subscriber_import(
        &self,
        account: AccountId,
        id: &ImportId,
        now: i64,
    ) -> AppResult<Option<SubscriberImport>> {
        let item: Option<Expiring<SubscriberImport>> = self.get(&Key::Import(account, id)).await?;
        Ok(item.and_then(|item| item.at(now)))
    }

    /// Writes an import under a fresh id; `false` if another one has it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn create_subscriber_import(
        &self,
        account: AccountId,
        import: &SubscriberImport,
    ) -> AppResult<bool> {
        let put = self.client.put_item().table_name(&self.table);
        let put = put.set_item(Some(to_item(&Key::Import(account, &import.id), &kept(import))?));
        written(put.condition_expression("attribute_not_exists(PK)").send().await)
    }

    /// Replaces an import that was read at the version before this one; `false` if it was changed since.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn change_subscriber_import(
        &self,
        account: AccountId,
        import: &SubscriberImport,
    ) -> AppResult<bool> {
        let put = self.client.put_item().table_name(&self.table);
        let put = put.set_item(Some(to_item(&Key::Import(account, &import.id), &kept(import))?));
        let put = put.condition_expression("version = :before");
        written(put.expression_attribute_values(":before", number(import.version - 1)).send().await)
    }
}

fn kept(import: &SubscriberImport) -> Expiring<SubscriberImport> {
    Expiring { value: import.clone(), expires_at: import.created + KEPT_SECONDS }
}
