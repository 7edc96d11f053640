//! `POST /api/camp/edit.json`

use shared::app::CampaignEdit;
use shared::domain::campaign::PostbackMethod;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::ids::TrackingCampaignId;
use shared::{App, AppError, AppResult};

use super::{postback_format, postback_method, templates};

/// Changes what is named of a campaign.
///
/// # Errors
///
/// As [`App::edit_campaign`].
pub async fn edit(app: &App, call: &Call, params: EditParams) -> AppResult<Option<()>> {
    app.edit_campaign(call.account, params.id, params.edit).await?;
    Ok(None)
}

/// What the call takes. The five `pb_*` are rewritten together as soon as one of them is there; a
/// `preset` also makes them a GET without a body, unless the call says otherwise.
pub struct EditParams {
    id: TrackingCampaignId,
    edit: CampaignEdit,
}

impl FromParams for EditParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        for fixed in ["bot", "chat"] {
            if params.optional::<String>(fixed)?.is_some() {
                return Err(AppError::parameter(fixed, "cannot be changed after creation"));
            }
        }
        // The trackers that there are presets for take a GET with its query.
        let is_preset = params.optional::<String>("preset")?.is_some();
        Ok(Self {
            id: params.required("id")?,
            edit: CampaignEdit {
                welcome: params.optional("welcome")?,
                media: params.optional("media")?,
                button_text: params.optional("button_text")?,
                button_url: params.optional("button_url")?,
                templates: templates(params)?,
                unsub_window: params.optional("unsub_window")?,
                notify_level: params.optional("notify_level")?,
                invite_link: params.optional("invite_link")?,
                auto_approve: params.optional("auto_approve")?,
                pb_method: postback_method(params)?.or(is_preset.then_some(PostbackMethod::Get)),
                pb_format: postback_format(params)?,
                pb_body: params.optional("pb_body")?.or(is_preset.then(String::new)),
            },
        })
    }
}
