use super::access::{number, to_item, written};
use super::{Key, Store};
use crate::domain::outreach::Template;
use crate::error::AppResult;
use crate::ids::{AccountId, TemplateId};

impl Store {
    /// One template of an account.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn template(&self, account: AccountId, id: &TemplateId) -> AppResult<Option<Template>> {
        self.get(&Key::Template(account, id)).await
    }

    /// Every template of an account.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn templates(&self, account: AccountId) -> AppResult<Vec<Template>> {
        let any = TemplateId::default();
        self.query(Key::Template(account, &any).partition(), "TMPL#").await
    }

    /// Writes a template under a fresh id; `false` if another one has it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn create_template(&self, account: AccountId, template: &Template) -> AppResult<bool> {
        let item = to_item(&Key::Template(account, &template.id), template)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        written(put.condition_expression("attribute_not_exists(PK)").send().await)
    }

    /// Replaces a template that was read at the version before this one; `false` if it was changed since, or is gone.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn change_template(&self, account: AccountId, template: &Template) -> AppResult<bool> {
        let item = to_item(&Key::Template(account, &template.id), template)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression("version = :before");
        written(put.expression_attribute_values(":before", number(template.version - 1)).send().await)
    }

    /// Deletes a template; `false` if there is none.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn delete_template(&self, account: AccountId, id: &TemplateId) -> AppResult<bool> {
        let key = Key::Template(account, id).attributes();
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        written(delete.condition_expression("attribute_exists(PK)").send().await)
    }
}
