//! `GET /api/camp/link.json`

use serde::Serialize;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::ids::TrackingCampaignId;
use shared::{App, AppResult};

/// The deep link of a campaign.
///
/// # Errors
///
/// As [`App::deep_link`].
pub async fn link(app: &App, call: &Call, params: LinkParams) -> AppResult<Option<LinkReply>> {
    let link = app.deep_link(call.account, params.id, params.click.as_deref()).await?;
    Ok(Some(LinkReply { link }))
}

/// What the call takes.
pub struct LinkParams {
    id: TrackingCampaignId,
    /// The click to embed; absent or empty = the placeholder.
    click: Option<String>,
}

impl FromParams for LinkParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        let click: Option<String> = params.optional("click")?;
        Ok(Self { id: params.required("id")?, click: click.filter(|click| !click.is_empty()) })
    }
}

/// What the call answers.
#[derive(Debug, Serialize)]
pub struct LinkReply {
    link: String,
}
