//! `GET /api/v1/campaigns/:id`

use serde_json::{Map, Value};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::{named, shown};

/// One campaign, whole.
///
/// # Errors
///
/// As [`App::outreach_campaign`].
pub async fn get(app: &App, call: Call) -> AppResult<Answered<Map<String, Value>>> {
    let campaign = app.outreach_campaign(call.account, &named(&call)?).await?;
    shown::in_full(app, &campaign, call.account).await.map(Answered::Found)
}
