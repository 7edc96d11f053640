//! `POST /api/v1/campaigns/:id/pause`

use serde::Serialize;
use shared::domain::calendar;
use shared::domain::outreach::OutreachStatus;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;

/// Pauses an active campaign.
///
/// # Errors
///
/// As [`App::pause_outreach_campaign`].
pub async fn pause(app: &App, call: Call) -> AppResult<Answered<Paused>> {
    let campaign = app.pause_outreach_campaign(call.account, &named(&call)?).await?;
    let paused_at = calendar::iso_time(campaign.updated);
    Ok(Answered::Found(Paused {
        status: campaign.status,
        message: "Campaign paused successfully",
        paused_at,
    }))
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Paused {
    status: OutreachStatus,
    message: &'static str,
    paused_at: String,
}
