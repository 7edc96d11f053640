//! `POST /api/camp/add.json`

use serde::Serialize;
use shared::app::NewCampaign;
use shared::domain::campaign::{DEFAULT_UNSUB_WINDOW_SECONDS, NEVER, Welcome};
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::ids::TrackingCampaignId;
use shared::{App, AppResult};

use super::{postback_format, postback_method, templates};

/// Makes a campaign.
///
/// # Errors
///
/// As [`App::add_campaign`].
pub async fn add(app: &App, call: &Call, params: AddParams) -> AppResult<Option<AddReply>> {
    let campaign = app.add_campaign(call.account, params.0).await?;
    Ok(Some(AddReply { id: campaign.id, code: campaign.code }))
}

/// What the call takes.
pub struct AddParams(NewCampaign);

impl FromParams for AddParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        let text = |name| params.optional::<String>(name).map(Option::unwrap_or_default);
        Ok(Self(NewCampaign {
            bot: params.required("bot")?,
            chat: params.required("chat")?,
            welcome: Welcome {
                text: params.required("welcome")?,
                media: text("media")?,
                button_text: text("button_text")?,
                button_url: text("button_url")?,
            },
            templates: templates(params)?.unwrap_or_default(),
            unsub_window: params.optional("unsub_window")?.unwrap_or(DEFAULT_UNSUB_WINDOW_SECONDS),
            notify_level: params.optional("notify_level")?.unwrap_or(0),
            invite_link: text("invite_link")?,
            auto_approve: params.optional("auto_approve")?.unwrap_or(NEVER),
            pb_method: postback_method(params)?.unwrap_or_default(),
            pb_format: postback_format(params)?.unwrap_or_default(),
            pb_body: text("pb_body")?,
        }))
    }
}

/// What the call answers.
#[derive(Debug, Serialize)]
pub struct AddReply {
    id: TrackingCampaignId,
    code: String,
}
