//! `POST /api/v1/campaigns`

use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::Acknowledged;

/// Makes a campaign, a draft.
///
/// # Errors
///
/// As [`App::create_outreach_campaign`].
pub async fn create(app: &App, call: Call) -> AppResult<Answered<Acknowledged>> {
    let campaign = app.create_outreach_campaign(call.account, call.body).await?;
    Ok(Answered::Made(Acknowledged::new(campaign, "Campaign created successfully")?))
}
