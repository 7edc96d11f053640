//! The examples of seed 004, as a client sends and gets them.

use serde_json::{Value, json};
use shared::domain::calendar;

use crate::world::{Reply, World};

/// The document's request body for a new campaign.
fn black_friday() -> Value {
    json!({
        "name": "Black Friday Campaign",
        "description": "Massive discounts for Black Friday",
        "type": "message",
        "goals": {"targetAudience": 20000, "conversionRate": 10, "revenue": 100_000},
        "targetAudience": {"segments": ["seg789"], "filters": {"location": ["US"], "purchaseHistory": true}},
        "messages": [{
            "templateId": "tmpl456",
            "personalization": {"enabled": true, "fields": ["firstName", "lastPurchase"]}
        }],
        "budget": 10000,
        "startDate": "2024-11-24T00:00:00Z",
        "endDate": "2024-11-30T23:59:59Z"
    })
}

/// What is drawn or dated stands as a word; dates of now are checked first.
fn settled(reply: &Reply, now: i64) -> String {
    let mut text = reply.text.clone();
    for second in (now - 5)..=(now + 30) {
        text = text.replace(&calendar::iso_time(second), "NOW");
    }
    let mut words = Vec::new();
    for word in text.split('"') {
        let drawn = ["camp", "msg", "var", "wf", "ab"].into_iter().find(|prefix| {
            let own = word.strip_prefix(prefix).unwrap_or_default();
            own.len() == 16 && own.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        words.push(drawn.map_or_else(|| word.to_owned(), |prefix| format!("{prefix}…")));
    }
    words.join("\"")
}

#[tokio::test]
async fn the_examples_are_answered_as_the_document_has_them() {
    let world = World::new().await;
    let (account, now) = (world.account(), world.system.app.clock.now());
    let settled = |reply: &Reply| settled(reply, now);

    let created = account.v1("POST", "campaigns", &black_friday()).await;
    assert_eq!(created.code, 201);
    insta::assert_snapshot!(settled(&created), @r#"{"success":true,"data":{"id":"camp…","name":"Black Friday Campaign","status":"draft","message":"Campaign created successfully"}}"#);
    let id = created.success(201)["id"].as_str().unwrap().to_owned();

    let got = account.v1("GET", &format!("campaigns/{id}"), &Value::Null).await;
    insta::assert_snapshot!(settled(&got), @r#"{"success":true,"data":{"abTests":[],"budget":10000,"createdAt":"NOW","createdBy":"user1","description":"Massive discounts for Black Friday","endDate":"2024-11-30T23:59:59Z","goals":{"conversionRate":10,"revenue":100000,"targetAudience":20000},"id":"camp…","messages":[{"id":"msg…","personalization":{"enabled":true,"fields":["firstName","lastPurchase"]},"templateId":"tmpl456"}],"name":"Black Friday Campaign","startDate":"2024-11-24T00:00:00Z","statistics":{"completedTasks":0,"conversionsAchieved":0,"failedTasks":0,"messagesSent":0,"totalCost":0,"totalTasks":0},"status":"draft","targetAudience":{"filters":{"location":["US"],"purchaseHistory":true},"segments":["seg789"],"totalCount":0},"type":"message","updatedAt":"NOW","version":1,"workflow":{"id":"wf…","name":"Black Friday Campaign Workflow","triggers":["manual","scheduled"]}}}"#);
    let listed = account.v1("GET", "campaigns?status=draft&limit=10", &Value::Null).await;
    insta::assert_snapshot!(settled(&listed), @r#"{"success":true,"data":{"campaigns":[{"budget":10000,"createdAt":"NOW","createdBy":"user1","description":"Massive discounts for Black Friday","endDate":"2024-11-30T23:59:59Z","goals":{"conversionRate":10,"revenue":100000,"targetAudience":20000},"id":"camp…","name":"Black Friday Campaign","startDate":"2024-11-24T00:00:00Z","statistics":{"completedTasks":0,"conversionsAchieved":0,"failedTasks":0,"messagesSent":0,"totalCost":0,"totalTasks":0},"status":"draft","targetAudience":{"filters":{"location":["US"],"purchaseHistory":true},"segments":["seg789"],"totalCount":0},"type":"message","updatedAt":"NOW"}],"pagination":{"page":1,"limit":10,"total":1,"pages":1}}}"#);

    let update = json!({
        "name": "Updated Campaign Name",
        "description": "Updated description",
        "goals": {"targetAudience": 25000, "conversionRate": 12},
    });
    let updated = account.v1("PUT", &format!("campaigns/{id}"), &update).await;
    insta::assert_snapshot!(settled(&updated), @r#"{"success":true,"data":{"abTests":[],"budget":10000,"createdAt":"NOW","createdBy":"user1","description":"Updated description","endDate":"2024-11-30T23:59:59Z","goals":{"conversionRate":12,"revenue":100000,"targetAudience":25000},"id":"camp…","messages":[{"id":"msg…","personalization":{"enabled":true,"fields":["firstName","lastPurchase"]},"templateId":"tmpl456"}],"name":"Updated Campaign Name","startDate":"2024-11-24T00:00:00Z","statistics":{"completedTasks":0,"conversionsAchieved":0,"failedTasks":0,"messagesSent":0,"totalCost":0,"totalTasks":0},"status":"draft","targetAudience":{"filters":{"location":["US"],"purchaseHistory":true},"segments":["seg789"],"totalCount":0},"type":"message","updatedAt":"NOW","version":2,"workflow":{"id":"wf…","name":"Updated Campaign Name Workflow","triggers":["manual","scheduled"]}}}"#);

    let cloned = account.v1("POST", &format!("campaigns/{id}/clone"), &Value::Null).await;
    assert_eq!(cloned.code, 201);
    insta::assert_snapshot!(settled(&cloned), @r#"{"success":true,"data":{"id":"camp…","name":"Updated Campaign Name (Copy)","status":"draft","message":"Campaign cloned successfully"}}"#);
    let named =
        account.v1("POST", &format!("campaigns/{id}/clone"), &json!({"name": "Cloned Campaign Name"})).await;
    assert_eq!(named.success(201)["name"], "Cloned Campaign Name");

    let deleted = account.v1("DELETE", &format!("campaigns/{id}"), &Value::Null).await;
    insta::assert_snapshot!(settled(&deleted), @r#"{"success":true,"data":{"message":"Campaign deleted successfully"}}"#);
    let gone = account.v1("GET", &format!("campaigns/{id}"), &Value::Null).await;
    insta::assert_snapshot!(settled(&gone), @r#"{"success":false,"error":"no such campaign","code":"CAMPAIGN_NOT_FOUND","retryable":false}"#);
}

#[tokio::test]
async fn pausing_and_resuming_are_answered_as_the_document_has_them() {
    let world = World::new().await;
    let (account, now) = (world.account(), world.system.app.clock.now());
    world.contacts(account.id, 1, 0..1).await;
    let id = account.outreach_campaign(&json!({})).await;
    account.v1("PUT", &format!("campaigns/{id}"), &json!({"status": "active"})).await.success(200);
    let paused = account.v1("POST", &format!("campaigns/{id}/pause"), &Value::Null).await;
    insta::assert_snapshot!(settled(&paused, now), @r#"{"success":true,"data":{"status":"paused","message":"Campaign paused successfully","pausedAt":"NOW"}}"#);
    let resumed = account.v1("POST", &format!("campaigns/{id}/resume"), &json!({})).await;
    insta::assert_snapshot!(settled(&resumed, now), @r#"{"success":true,"data":{"status":"active","message":"Campaign resumed successfully","resumedAt":"NOW"}}"#);
}

#[tokio::test]
async fn unknown_fields_are_kept_and_what_is_computed_is_not_taken() {
    let world = World::new().await;
    let account = world.account();
    let more =
        json!({"colour": {"r": 1.5, "g": [true, "x"]}, "version": 77, "createdBy": "me", "id": "camp1"});
    let id = account.outreach_campaign(&more).await;
    let campaign = account.v1("GET", &format!("campaigns/{id}"), &Value::Null).await.success(200);
    assert_eq!(campaign["colour"], more["colour"]);
    assert_eq!((&campaign["version"], &campaign["createdBy"]), (&json!(1), &json!("user1")));
    assert_eq!(campaign["id"], json!(id));
}
