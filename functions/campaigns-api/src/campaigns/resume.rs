//! `POST /api/v1/campaigns/:id/resume`

use serde::Serialize;
use shared::domain::calendar;
use shared::domain::outreach::OutreachStatus;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;

/// Lets a paused campaign go on.
///
/// # Errors
///
/// As [`App::resume_outreach_campaign`].
pub async fn resume(app: &App, call: Call) -> AppResult<Answered<Resumed>> {
    let campaign = app.resume_outreach_campaign(call.account, &named(&call)?).await?;
    let resumed_at = calendar::iso_time(campaign.updated);
    Ok(Answered::Found(Resumed {
        status: campaign.status,
        message: "Campaign resumed successfully",
        resumed_at,
    }))
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resumed {
    status: OutreachStatus,
    message: &'static str,
    resumed_at: String,
}
