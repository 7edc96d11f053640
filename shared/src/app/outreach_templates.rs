use serde_json::{Map, Value};

use super::App;
use super::draw::draw_in_order;
use super::list_pages::{ListPage, has_text};
use super::outreach::{CHANGE_TRIES, named_version};
use crate::domain::outreach::{
    CampaignBody, CampaignType, Holding, Message, MessageContent, Template, TemplateBody, document_bytes,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, TemplateId};
use crate::store::{HeldWrite, HoldingChange};

/// Which templates, in which order, and which page of them.
#[derive(Clone, Debug)]
pub struct TemplateQuestion {
    /// With this text in name, description or content, in any letter case.
    pub search: Option<String>,
    /// By what.
    pub sort: TemplateSort,
    /// Which page.
    pub page: ListPage,
}

/// What templates are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateSort {
    /// When they were made.
    CreatedAt,
    /// When they were changed last.
    UpdatedAt,
    /// Their name, in any letter case.
    Name,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Time(i64),
    Text(String),
}

impl App {
    /// Makes a template.
    ///
    /// # Errors
    ///
    /// - [`AppError::Invalid`] for what was sent.
    /// - [`AppError::Unavailable`]; a retry may make a second one.
    pub async fn create_template(
        &self,
        account: AccountId,
        document: Map<String, Value>,
    ) -> AppResult<Template> {
        let (now, document) = (self.clock.now(), Template::own_fields(document));
        self.check_template_media(account, &TemplateBody::read(&document)?).await?;
        let id = TemplateId::of(&draw_in_order(self.clock.now_ms())?);
        let held = HoldingChange::made(Holding::Templates, document_bytes(&document)?);
        let template = Template { id, document, version: 1, created: now, updated: now };
        match self.store.create_template(account, &template, held).await? {
            HeldWrite::Written => Ok(template),
            HeldWrite::Overtaken => Err(AppError::unavailable("a drawn id is in use")),
            HeldWrite::Full | HeldWrite::ListFull => Err(Holding::Templates.full()),
        }
    }

    /// One template.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn template(&self, account: AccountId, id: &TemplateId) -> AppResult<Template> {
        self.store.template(account, id).await?.ok_or(AppError::NotFound("template"))
    }

    /// Changes what is named of a template; a `version` that is named must be the present one. An execution that has begun
    /// goes on with what the template said then.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Invalid`] for what was sent.
    /// - [`AppError::VersionConflict`] if it was changed since the version that was named.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn update_template(
        &self,
        account: AccountId,
        id: &TemplateId,
        changes: Map<String, Value>,
    ) -> AppResult<Template> {
        let version = named_version(&changes)?;
        let changes = Template::own_fields(changes);
        for _ in 0..CHANGE_TRIES {
            let mut template = self.template(account, id).await?;
            if version.is_some_and(|version| version != template.version) {
                return Err(AppError::VersionConflict);
            }
            let document = template.changed(changes.clone());
            if document == template.document {
                return Ok(template);
            }
            let known = document_bytes(&template.document)?;
            let held = HoldingChange::changed(Holding::Templates, known, document_bytes(&document)?);
            template.document = document;
            let body = template.body()?;
            if changes.contains_key("media") {
                self.check_template_media(account, &body).await?;
            }
            (template.version, template.updated) = (template.version + 1, self.clock.now());
            match self.store.change_template(account, &template, held).await? {
                HeldWrite::Written => return Ok(template),
                HeldWrite::Overtaken => {}
                HeldWrite::Full | HeldWrite::ListFull => return Err(Holding::Templates.full()),
            }
        }
        Err(AppError::unavailable("the template is being changed by other calls"))
    }

    /// Deletes a template. A campaign that names it cannot be executed any more.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Unavailable`]; a retry may answer [`AppError::NotFound`] by the first attempt.
    pub async fn delete_template(&self, account: AccountId, id: &TemplateId) -> AppResult<()> {
        for _ in 0..CHANGE_TRIES {
            let template = self.template(account, id).await?;
            let held = HoldingChange::deleted(Holding::Templates, document_bytes(&template.document)?);
            if self.store.delete_template(account, &template, held).await? == HeldWrite::Written {
                return Ok(());
            }
        }
        Err(AppError::unavailable("the template is being changed by other calls"))
    }

    /// One page of an account's templates, and how many there are on all pages.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn list_templates(
        &self,
        account: AccountId,
        question: &TemplateQuestion,
    ) -> AppResult<(Vec<Template>, u64)> {
        let mut found = Vec::new();
        for template in self.store.templates(account).await? {
            let body = template.body()?;
            if question.is_answered_by(&body) {
                found.push(((question.rank(&template, &body), template.id.clone()), template));
            }
        }
        Ok(question.page.of(found))
    }

    /// What a campaign says, each message joined with its template; the first question of a survey stands below the last.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] for a template that the account does not have.
    /// - [`AppError::Invalid`] where a message and its template do not fit together.
    /// - [`AppError::NoContent`] if it has no message, or collects data and asks nothing.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn content_of(
        &self,
        account: AccountId,
        body: &CampaignBody,
    ) -> AppResult<Vec<MessageContent>> {
        let asks = body.kind == CampaignType::DataCollection;
        let is_custom = body.kind == CampaignType::Custom;
        if asks != body.survey.is_some() || (body.messages.is_empty() && !asks && !is_custom) {
            return Err(AppError::NoContent);
        }
        if is_custom && body.messages.is_empty() {
            return Ok(vec![MessageContent::without_text()]);
        }
        let (mut joined, mut faults) = (Vec::new(), Vec::new());
        for (index, message) in body.messages.iter().enumerate() {
            let template = self.template_of(account, message).await?;
            match MessageContent::join(index, message, template.as_ref()) {
                Ok(content) => joined.push(content),
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(AppError::Invalid(faults));
        }
        match &body.survey {
            Some(survey) => {
                MessageContent::with_survey(joined, survey).map_err(|fault| AppError::Invalid(vec![fault]))
            }
            None => Ok(joined),
        }
    }

    async fn template_of(&self, account: AccountId, message: &Message) -> AppResult<Option<TemplateBody>> {
        let Some(id) = &message.template else { return Ok(None) };
        self.template(account, id).await?.body().map(Some)
    }
}

impl TemplateQuestion {
    fn is_answered_by(&self, body: &TemplateBody) -> bool {
        let Some(search) = &self.search else { return true };
        let text = body.content.text.as_deref().unwrap_or_default();
        [&body.name, &body.description, text].into_iter().any(|text| has_text(text, search))
    }

    fn rank(&self, template: &Template, body: &TemplateBody) -> Rank {
        match self.sort {
            TemplateSort::CreatedAt => Rank::Time(template.created),
            TemplateSort::UpdatedAt => Rank::Time(template.updated),
            TemplateSort::Name => Rank::Text(body.name.to_lowercase()),
        }
    }
}
