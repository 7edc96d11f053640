//! `POST /api/camp/del.json`

use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::ids::TrackingCampaignId;
use shared::{App, AppResult};

/// Deletes a campaign; leads, journal and statistics stay.
///
/// # Errors
///
/// As [`App::delete_campaign`].
pub async fn del(app: &App, call: &Call, params: DelParams) -> AppResult<Option<()>> {
    app.delete_campaign(call.account, params.id).await?;
    Ok(None)
}

/// What the call takes.
pub struct DelParams {
    id: TrackingCampaignId,
}

impl FromParams for DelParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        Ok(Self { id: params.required("id")? })
    }
}
