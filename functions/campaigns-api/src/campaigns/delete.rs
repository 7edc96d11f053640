//! `DELETE /api/v1/campaigns/:id`

use serde::Serialize;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;

/// Deletes a draft or a cancelled campaign.
///
/// # Errors
///
/// As [`App::delete_outreach_campaign`].
pub async fn delete(app: &App, call: Call) -> AppResult<Answered<Deleted>> {
    app.delete_outreach_campaign(call.account, &named(&call)?).await?;
    Ok(Answered::Found(Deleted { message: "Campaign deleted successfully" }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Deleted {
    message: &'static str,
}
