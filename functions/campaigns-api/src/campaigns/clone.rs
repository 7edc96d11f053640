//! `POST /api/v1/campaigns/:id/clone`

use serde_json::Value;
use shared::edge::campaigns_api::{Call, invalid};
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::{Acknowledged, named};

/// Makes a draft of the same content.
///
/// # Errors
///
/// As [`App::clone_outreach_campaign`].
pub async fn clone(app: &App, call: Call) -> AppResult<Answered<Acknowledged>> {
    let name = match call.body.get("name") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name.clone()),
        Some(_) => return Err(invalid("name", "must be text")),
    };
    let resets = match call.body.get("resetStatistics") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(resets)) => *resets,
        Some(_) => return Err(invalid("resetStatistics", "must be true or false")),
    };
    let copy = app.clone_outreach_campaign(call.account, &named(&call)?, name, resets).await?;
    Ok(Answered::Made(Acknowledged::new(copy, "Campaign cloned successfully")?))
}
