//! `POST /api/camp/del.json`

use shared::edge::params::Id;
use shared::edge::user_api::Call;
use shared::ids::TrackingCampaignId;
use shared::{App, AppResult};

/// Deletes a campaign; leads, journal and statistics stay.
///
/// # Errors
///
/// As [`App::delete_campaign`].
pub async fn del(app: &App, call: &Call, Id(id): Id<TrackingCampaignId>) -> AppResult<Option<()>> {
    app.delete_campaign(call.account, id).await?;
    Ok(None)
}
