use super::{HeldWrite, HoldingChange, Key, Store};
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

    /// Writes a template under a fresh id, with what the account keeps.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`HeldWrite::Overtaken`] by the first attempt.
    pub async fn create_template(
        &self,
        account: AccountId,
        template: &Template,
        held: HoldingChange,
    ) -> AppResult<HeldWrite> {
        self.make_held(account, (&Key::Template(account, &template.id), template), held, None).await
    }

    /// Replaces a template that was read at the version before this one, with what the account keeps.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`HeldWrite::Overtaken`] by the first attempt.
    pub async fn change_template(
        &self,
        account: AccountId,
        template: &Template,
        held: HoldingChange,
    ) -> AppResult<HeldWrite> {
        let key = Key::Template(account, &template.id);
        self.change_held(account, (&key, template, template.version), held).await
    }

    /// Deletes a template that was read at this version, with what the account keeps.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`HeldWrite::Overtaken`] by the first attempt.
    pub async fn delete_template(
        &self,
        account: AccountId,
        template: &Template,
        held: HoldingChange,
    ) -> AppResult<HeldWrite> {
        self.delete_held(account, (&Key::Template(account, &template.id), template.version), held).await
    }
}
