use super::App;
use crate::domain::campaign::{
    CampaignStatus, PostbackMethod, TrackingCampaign, validate_auto_approve, validate_invite_link,
    validate_notify_level, validate_templates,
};
use crate::domain::postback::PostbackTemplates;
use crate::domain::postback_body::{PostbackFormat, validate_body};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, CampaignKey, TrackingCampaignId};
use crate::store::EndpointMarks;

/// How often an edit starts again when another one was quicker.
const EDIT_TRIES: usize = 25;

/// What changes of a campaign; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct CampaignEdit {
    /// The welcome text.
    pub welcome: Option<String>,
    /// The media reference; empty removes it.
    pub media: Option<String>,
    /// The button's label.
    pub button_text: Option<String>,
    /// The button's link.
    pub button_url: Option<String>,
    /// All five templates together.
    pub templates: Option<PostbackTemplates>,
    /// Seconds; 0 = always.
    pub unsub_window: Option<u64>,
    /// 0 to 3.
    pub notify_level: Option<u8>,
    /// What `{invite}` stands for; empty removes it.
    pub invite_link: Option<String>,
    /// Seconds; −1 = never.
    pub auto_approve: Option<i64>,
    /// How postbacks are sent.
    pub pb_method: Option<PostbackMethod>,
    /// How a postback by POST spells what it carries.
    pub pb_format: Option<PostbackFormat>,
    /// The template of a POST's body; empty for the URL's query.
    pub pb_body: Option<String>,
}

impl App {
    /// Edits a campaign: what is not named stays. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// - [`AppError::Parameter`] naming the field at fault, also one that does not fit what stays, and `media` that
    ///   the account does not have.
    /// - [`AppError::NotFound`] if the account has no such live campaign.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn edit_campaign(
        &self,
        account: AccountId,
        id: TrackingCampaignId,
        edit: CampaignEdit,
    ) -> AppResult<()> {
        let marks = if edit.templates.is_some() { EndpointMarks::Go } else { EndpointMarks::Stay };
        for _ in 0..EDIT_TRIES {
            let before = self.live_campaign(account, id).await?;
            let after = edit.clone().apply(before.clone())?;
            if after.welcome.media != before.welcome.media {
                self.check_media(account, &after.welcome.media).await?;
            }
            if self.store.edit_campaign(account, &before, &after, marks).await? {
                return Ok(());
            }
        }
        Err(AppError::unavailable("the campaign is being edited by other calls"))
    }

    /// Pauses or resumes a campaign. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such live campaign.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn set_campaign_paused(
        &self,
        account: AccountId,
        id: TrackingCampaignId,
        paused: bool,
    ) -> AppResult<()> {
        let status = if paused { CampaignStatus::Paused } else { CampaignStatus::Active };
        let found = self.store.set_campaign_status(CampaignKey { account, campaign: id }, status).await?;
        if found { Ok(()) } else { Err(AppError::NotFound("campaign")) }
    }

    /// Deletes a campaign for the user: its chat and its place under the limit are free again; leads, journal and
    /// statistics stay.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such live campaign.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn delete_campaign(&self, account: AccountId, id: TrackingCampaignId) -> AppResult<()> {
        let campaign = self.live_campaign(account, id).await?;
        let deleted = self.store.delete_campaign(account, &campaign).await?;
        if deleted { Ok(()) } else { Err(AppError::NotFound("campaign")) }
    }
}

impl CampaignEdit {
    fn apply(self, mut campaign: TrackingCampaign) -> AppResult<TrackingCampaign> {
        let welcome = &mut campaign.welcome;
        let replace = |field: &mut String, value: Option<String>| {
            if let Some(value) = value {
                *field = value;
            }
        };
        replace(&mut welcome.text, self.welcome);
        replace(&mut welcome.media, self.media);
        replace(&mut welcome.button_text, self.button_text);
        replace(&mut welcome.button_url, self.button_url);
        campaign.welcome = campaign.welcome.checked()?;
        if let Some(templates) = self.templates {
            validate_templates(&templates)?;
            campaign.templates = templates;
        }
        campaign.unsub_window = self.unsub_window.unwrap_or(campaign.unsub_window);
        campaign.notify_level = self.notify_level.unwrap_or(campaign.notify_level);
        validate_notify_level(campaign.notify_level)?;
        replace(&mut campaign.invite_link, self.invite_link);
        validate_invite_link(&campaign.invite_link)?;
        campaign.auto_approve = self.auto_approve.unwrap_or(campaign.auto_approve);
        validate_auto_approve(campaign.auto_approve)?;
        campaign.pb_method = self.pb_method.unwrap_or(campaign.pb_method);
        campaign.pb_format = self.pb_format.unwrap_or(campaign.pb_format);
        replace(&mut campaign.pb_body, self.pb_body);
        validate_body(campaign.pb_format, &campaign.pb_body)?;
        Ok(campaign)
    }
}
