//! `POST /api/camp/pause.json`

use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::ids::TrackingCampaignId;
use shared::{App, AppResult};

/// Pauses or resumes a campaign.
///
/// # Errors
///
/// As [`App::set_campaign_paused`].
pub async fn pause(app: &App, call: &Call, params: PauseParams) -> AppResult<Option<()>> {
    app.set_campaign_paused(call.account, params.id, params.pause).await?;
    Ok(None)
}

/// What the call takes.
pub struct PauseParams {
    id: TrackingCampaignId,
    /// 1 to pause, 0 to resume.
    pause: bool,
}

impl FromParams for PauseParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        Ok(Self { id: params.required("id")?, pause: params.required("pause")? })
    }
}
