//! `PUT /api/v1/campaigns/:id`

use serde_json::{Map, Value};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::{named, shown};

/// Changes what is named of a campaign, and answers it whole.
///
/// # Errors
///
/// As [`App::update_outreach_campaign`].
pub async fn update(app: &App, call: Call) -> AppResult<Answered<Map<String, Value>>> {
    let id = named(&call)?;
    let campaign = app.update_outreach_campaign(call.account, &id, call.body).await?;
    shown::in_full(app, &campaign, call.account).await.map(Answered::Found)
}
