use super::App;
use crate::domain::media::MediaRef;
use crate::domain::outreach::{CampaignBody, TemplateBody};
use crate::error::{AppError, AppResult, Fault};
use crate::ids::AccountId;

impl App {
    /// Checks that the account has what a campaign's messages show, and judges what its client uploaded by itself.
    ///
    /// # Errors
    ///
    /// - [`AppError::Invalid`] for each message whose media is not there or refused.
    /// - [`AppError::Unavailable`], safe to retry.
    pub(super) async fn check_campaign_media(
        &self,
        account: AccountId,
        body: &CampaignBody,
    ) -> AppResult<()> {
        let messages = body.messages.iter().enumerate();
        let shown = messages.filter_map(|(index, message)| {
            Some((format!("messages[{index}].media"), message.content.media.as_ref()?))
        });
        self.check_shown(account, shown).await
    }

    /// The same of a template.
    ///
    /// # Errors
    ///
    /// As [`App::check_campaign_media`].
    pub(super) async fn check_template_media(
        &self,
        account: AccountId,
        body: &TemplateBody,
    ) -> AppResult<()> {
        let shown = body.content.media.iter().map(|media| ("media".to_owned(), media));
        self.check_shown(account, shown).await
    }

    async fn check_shown(
        &self,
        account: AccountId,
        shown: impl Iterator<Item = (String, &MediaRef)>,
    ) -> AppResult<()> {
        let mut faults = Vec::new();
        for (field, media) in shown {
            match self.check_media(account, media.as_str()).await {
                Ok(()) => {}
                Err(AppError::Parameter { reason, .. }) => faults.push(Fault { field, reason }),
                Err(error) => return Err(error),
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(AppError::Invalid(faults)) }
    }
}
