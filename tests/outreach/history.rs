//! What was done with a campaign, and what is no change of it.

use serde_json::{Value, json};
use shared::domain::outreach::OutreachStatus;
use shared::ids::OutreachCampaignId;
use shared::store::OutreachStep;

use super::people::meet;
use crate::world::{Account, World};

async fn history(account: &Account, id: &str, query: &str) -> (String, Value) {
    let path = format!("campaigns/{id}/history{query}");
    let data = account.v1("GET", &path, &Value::Null).await.success(200);
    let steps = data["history"].as_array().unwrap().iter().map(|step| {
        assert!(step["time"].as_str().unwrap().ends_with('Z'));
        let word = |name: &str| step[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {}", step["version"], word("action"), word("from"), word("to"))
    });
    (steps.collect::<Vec<_>>().join("; "), data["pagination"].clone())
}

#[tokio::test]
async fn every_version_of_a_campaign_has_its_step_the_latest_first() {
    let world = World::new().await;
    let account = world.account();
    meet(&world, &account, 1, [7_000_000_001]).await;
    let id = account.outreach_campaign(&json!({})).await;
    account.v1("PUT", &format!("campaigns/{id}"), &json!({"budget": 5})).await.success(200);
    let later = json!({"scheduledAt": "2099-01-01T00:00:00Z"});
    account.v1("POST", &format!("campaigns/{id}/execute"), &later).await.success(202);
    account.v1("POST", &format!("campaigns/{id}/pause"), &Value::Null).await.success(200);
    let (steps, pagination) = history(&account, &id, "").await;
    let expected =
        "4 pause active paused; 3 execute draft active; 2 edit draft draft; 1 create - draft".to_owned();
    assert_eq!(steps, expected);
    assert_eq!(pagination, json!({"page": 1, "limit": 20, "total": 4, "pages": 1}));
    assert_eq!(history(&account, &id, "?limit=3&page=2").await.0, "1 create - draft");
    assert_eq!(history(&account, &id, "?limit=3&page=3").await.0, "");
    let copy = account.v1("POST", &format!("campaigns/{id}/clone"), &Value::Null).await.success(201);
    assert_eq!(history(&account, copy["id"].as_str().unwrap(), "").await.0, "1 clone - draft");
    let refused = account.v1("GET", &format!("campaigns/{id}/history?limit=101"), &Value::Null).await;
    assert_eq!(refused.faulty_fields(), ["limit"]);
}

#[tokio::test]
async fn a_change_of_nothing_is_no_change() {
    let world = World::new().await;
    let account = world.account();
    let id = account.outreach_campaign(&json!({"budget": 5})).await;
    let (path, store) = (format!("campaigns/{id}"), &world.system.app.store);
    let named = OutreachCampaignId::parse(&id).unwrap();
    let mut paused = world.system.app.outreach_campaign(account.id, &named).await.unwrap();
    (paused.status, paused.version, paused.pause_reason) =
        (OutreachStatus::Paused, 2, Some("budget".to_owned()));
    let (from, to) = (OutreachStatus::Active, OutreachStatus::Paused);
    let step = OutreachStep { action: "halt".to_owned(), from, to, time: 1 };
    assert!(store.change_outreach_campaign(account.id, &paused, &step, None).await.unwrap());
    for change in [json!({}), json!({"status": "paused"}), json!({"budget": 5}), json!({"note": null})] {
        let shown = account.v1("PUT", &path, &change).await.success(200);
        let seen = json!([shown["version"], shown["pauseReason"], shown["status"]]);
        assert_eq!(seen, json!([2, "budget", "paused"]), "{change}");
    }
    let changed = account.v1("PUT", &path, &json!({"budget": 6})).await.success(200);
    assert_eq!(json!([changed["version"], changed["pauseReason"]]), json!([3, "budget"]));
    for (noun, body) in
        [("segments", json!({"name": "x"})), ("templates", json!({"name": "x", "content": "x"}))]
    {
        let made = account.v1("POST", noun, &body).await.success(201);
        let path = format!("{noun}/{}", made["id"].as_str().unwrap());
        for change in [json!({}), body] {
            assert_eq!(account.v1("PUT", &path, &change).await.success(200)["version"], 1, "{noun}");
        }
    }
}
