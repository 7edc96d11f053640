//! What is shown of executions.

use serde_json::{Value, json};
use shared::ids::AccountId;

use crate::world::{FIRST_CONTACT, World};

const ACCOUNT: AccountId = AccountId(1);

#[tokio::test]
async fn an_execution_is_shown_with_whom_it_reaches_and_by_which_bots() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 2, 0..9).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let order = json!({"priority": "low", "scheduledAt": "2024-11-24T10:00:00Z"});
    let id = account.execute(&campaign, &order).await;
    world.settle().await;
    let mut shown = account.v1("GET", &format!("executions/{id}"), &Value::Null).await.success(200);
    assert_eq!((&shown["id"], &shown["campaignId"]), (&json!(id), &json!(campaign)));
    for name in ["createdAt", "startedAt"] {
        let time = std::mem::replace(&mut shown[name], json!("NOW"));
        assert!(time.as_str().is_some_and(|time| time.ends_with('Z')), "{name}: {time}");
    }
    (shown["id"], shown["campaignId"]) = (json!("ID"), json!("CAMPAIGN"));
    insta::assert_snapshot!(shown, @r#"{"abTest":null,"audience":{"excluded":{},"matched":9,"reachable":9},"bots":[{"bot":1,"chunks":5,"recipients":5},{"bot":2,"chunks":4,"recipients":4}],"campaignId":"CAMPAIGN","createdAt":"NOW","finishedAt":null,"id":"ID","priority":"low","reason":null,"scheduledAt":"2024-11-24T10:00:00Z","startedAt":"NOW","status":"running","targetPercentage":100,"testMode":false,"triggered":false}"#);
}

#[tokio::test]
async fn executions_of_a_campaign_are_listed_page_by_page_the_latest_first() {
    let (world, clock) = World::ahead().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let testers = json!({"testers": [FIRST_CONTACT.to_string()]});
    account.v1("PUT", "testers", &testers).await.success(200);
    let (campaign, other) =
        (account.outreach_campaign(&json!({})).await, account.outreach_campaign(&json!({})).await);
    account.execute(&other, &json!({})).await;
    let list = async |query: &str| {
        account.v1("GET", &format!("campaigns/{campaign}/executions{query}"), &Value::Null).await
    };
    let none = json!({"executions": [], "pagination": {"page": 1, "limit": 20, "total": 0, "pages": 0}});
    assert_eq!(list("").await.success(200), none);
    let mut made = Vec::new();
    for is_test in [true, true, false] {
        made.push(account.execute(&campaign, &json!({"testMode": is_test})).await);
        clock.advance_ms(1_000);
    }
    made.reverse();
    let mut seen = Vec::new();
    for (page, tests) in [(1, vec![false, true]), (2, vec![true]), (3, Vec::new())] {
        let data = list(&format!("?limit=2&page={page}")).await.success(200);
        let executions = data["executions"].as_array().unwrap();
        assert_eq!(data["pagination"], json!({"page": page, "limit": 2, "total": 3, "pages": 2}));
        let is_test: Vec<_> = executions.iter().map(|shown| shown["testMode"].as_bool().unwrap()).collect();
        assert_eq!(is_test, tests);
        seen.extend(executions.iter().map(|shown| shown["id"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seen, made);
    for (query, field) in [("?page=0", "page"), ("?limit=101", "limit"), ("?limit=x", "limit")] {
        let reply = list(query).await;
        assert_eq!(reply.failure(), (400, "VALIDATION_ERROR".to_owned()));
        assert_eq!(reply.faulty_fields(), [field]);
    }
}

#[tokio::test]
async fn executions_of_one_second_are_listed_the_latest_first_and_end_with_their_campaign() {
    let (world, clock) = World::ahead().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    account.v1("PUT", "testers", &json!({"testers": [FIRST_CONTACT.to_string()]})).await.success(200);
    let campaign = account.outreach_campaign(&json!({})).await;
    let order = json!({"testMode": true, "scheduledAt": "2099-01-01T00:00:00Z"});
    let mut expected = Vec::new();
    for _ in 0..8 {
        clock.advance_ms(1);
        expected.insert(0, json!(account.execute(&campaign, &order).await));
    }
    let path = format!("campaigns/{campaign}/executions");
    let listed = account.v1("GET", &path, &Value::Null).await.success(200);
    let ids: Vec<_> = listed["executions"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, expected);
    account.v1("DELETE", &format!("campaigns/{campaign}"), &Value::Null).await.success(200);
    for id in expected {
        let reply = account.v1("GET", &format!("executions/{}", id.as_str().unwrap()), &Value::Null).await;
        assert_eq!(reply.failure(), (404, "EXECUTION_NOT_FOUND".to_owned()));
    }
}
