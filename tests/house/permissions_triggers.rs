//! Campaigns with triggers get on the list of them and leave it again, lived through for what their functions ask of AWS.

use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::calendar::iso_time;
use shared::ids::OutreachCampaignId;
use shared::queue::PlanTask;

use crate::world::{Account, World};

/// By every function that may do it.
pub async fn list_triggers(world: &World, account: &Account) {
    let body = json!({"workflow": {"triggers": ["lead.trash"]}, "targetAudience": {"bots": [77]}});
    let id = account.outreach_campaign(&body).await;
    for (method, path, body) in [
        ("PUT", id.clone(), json!({"status": "active"})),
        ("POST", format!("{id}/pause"), Value::Null),
        ("POST", format!("{id}/resume"), Value::Null),
        ("PUT", id.clone(), json!({"status": "paused"})),
    ] {
        account.v1(method, &format!("campaigns/{path}"), &body).await.success(200);
    }
    let executed = account.outreach_campaign(&json!({"workflow": {"triggers": ["lead.trash"]}})).await;
    account.execute(&executed, &json!({"scheduledAt": "2099-01-01T00:00:00Z"})).await;
    let cancelled = json!({"status": "cancelled"});
    account.v1("PUT", &format!("campaigns/{executed}"), &cancelled).await.success(200);

    let end = json!({"endDate": iso_time(world.system.app.clock.now() + 2), "status": "active"});
    account.v1("PUT", &format!("campaigns/{id}"), &end).await.success(200);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let campaign = OutreachCampaignId::parse(&id).unwrap();
    assert!(!world.plan(&PlanTask::EndV1 { account: account.id, campaign }).await);
}
