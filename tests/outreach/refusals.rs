//! What is refused, with which code and details, and that nothing of it is written.

use serde_json::{Value, json};

use crate::world::{Reply, World};

#[tokio::test]
async fn each_fault_of_a_body_is_told_by_its_field() {
    let world = World::new().await;
    let account = world.account();
    let id = account.outreach_campaign(&json!({})).await;
    let table = [
        (json!({"name": ""}), "name"),
        (json!({"name": "x".repeat(201)}), "name"),
        (json!({"name": 5}), "name"),
        (json!({"type": "spam"}), "type"),
        (json!({"type": 1}), "type"),
        (json!({"description": ["x"]}), "description"),
        (json!({"goals": 5}), "goals"),
        (json!({"goals": {"revenue": -1}}), "goals.revenue"),
        (json!({"goals": {"conversionRate": 101}}), "goals.conversionRate"),
        (json!({"strategy": "x"}), "strategy"),
        (json!({"strategy": {"quietHours": {"from": "22:00", "to": "8"}}}), "strategy.quietHours.to"),
        (json!({"strategy": {"frequencyCap": {"messages": 0, "days": 1}}}), "strategy.frequencyCap.messages"),
        (json!({"strategy": {"recurrence": {"every": "day", "time": "9"}}}), "strategy.recurrence.time"),
        (json!({"strategy": {"holdoutPercentage": 100}}), "strategy.holdoutPercentage"),
        (json!({"targetAudience": []}), "targetAudience"),
        (json!({"targetAudience": {"segments": "seg1"}}), "targetAudience.segments"),
        (json!({"targetAudience": {"segments": ["camp1"]}}), "targetAudience.segments"),
        (json!({"targetAudience": {"bots": ["1"]}}), "targetAudience.bots"),
        (json!({"targetAudience": {"filters": {"ageRange": [45, 18]}}}), "targetAudience.filters.ageRange"),
        (json!({"targetAudience": {"filters": {"location": "US"}}}), "targetAudience.filters.location"),
        (json!({"messages": {}}), "messages"),
        (json!({"messages": [{}]}), "messages[0].content"),
        (json!({"messages": [{"content": " "}]}), "messages[0].content"),
        (json!({"messages": [{"templateId": "x"}]}), "messages[0].templateId"),
        (
            json!({"messages": [{"content": "a", "variations": [
                {"content": "b", "weight": 60}, {"content": "c", "weight": 40.5}
            ]}]}),
            "messages[0].variations",
        ),
        (
            json!({"messages": [{"content": "a"}, {"content": "a", "variations": [{"content": "b", "weight": 101}]}]}),
            "messages[1].variations[0].weight",
        ),
        (
            json!({"messages": [{"content": "a", "variations": [{"weight": 50}]}]}),
            "messages[0].variations[0].content",
        ),
        (
            json!({"messages": [{"content": "a", "personalization": {"enabled": "yes"}}]}),
            "messages[0].personalization.enabled",
        ),
        (json!({"messages": [{"id": "", "content": "a"}]}), "messages[0].id"),
        (json!({"messages": [{"id": "x".repeat(65), "content": "a"}]}), "messages[0].id"),
        (
            json!({"messages": [{"content": "a", "variations": [{"id": "a b", "content": "b", "weight": 1}]}]}),
            "messages[0].variations[0].id",
        ),
        (json!({"messages": [{"id": "same", "content": "a"}, {"id": "same", "content": "b"}]}), "messages"),
        (json!({"budget": -1}), "budget"),
        (json!({"costPerMessage": 5e28}), "costPerMessage"),
        (json!({"budget": "many"}), "budget"),
        (json!({"startDate": "tomorrow"}), "startDate"),
        (json!({"endDate": "2024-11-31T00:00:00Z"}), "endDate"),
        (json!({"startDate": "2030-01-02T00:00:00Z", "endDate": "2030-01-01T00:00:00Z"}), "endDate"),
        (json!({"transactional": 1}), "transactional"),
    ];
    for (fault, field) in table {
        let mut body = json!({"name": "Sale", "type": "message"});
        body.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        for (method, path) in [("POST", "campaigns".to_owned()), ("PUT", format!("campaigns/{id}"))] {
            let reply = account.v1(method, &path, &body).await;
            assert_eq!(reply.failure(), (400, "VALIDATION_ERROR".to_owned()), "{method} {body}");
            assert_eq!(reply.faulty_fields(), [field], "{method} {body}");
        }
    }
    let list = account.v1("GET", "campaigns", &Value::Null).await.success(200);
    assert_eq!((&list["pagination"]["total"], &list["campaigns"][0]["name"]), (&json!(1), &json!("Sale")));
    let campaign = account.v1("GET", &format!("campaigns/{id}"), &Value::Null).await.success(200);
    assert_eq!(campaign["version"], 1, "nothing was written");
}

#[tokio::test]
async fn every_fault_is_told_at_once() {
    let world = World::new().await;
    let reply = world.account().v1("POST", "campaigns", &json!({"type": "x", "budget": "y"})).await;
    assert_eq!(reply.faulty_fields(), ["name", "type", "budget"]);
    insta::assert_snapshot!(reply.text, @r#"{"success":false,"error":"name: is required","code":"VALIDATION_ERROR","details":[{"field":"name","reason":"is required"},{"field":"type","reason":"must be one of message, invitation, data_collection, engagement, custom"},{"field":"budget","reason":"must be a number from 0 to 1000000000000000"}],"retryable":false}"#);
}

#[tokio::test]
async fn an_unknown_filter_is_unsupported() {
    let world = World::new().await;
    let body = json!({"name": "Sale", "type": "message", "targetAudience": {"filters": {"zodiac": ["leo"]}}});
    let reply = world.account().v1("POST", "campaigns", &body).await;
    assert_eq!(reply.failure(), (422, "UNSUPPORTED_FILTER".to_owned()));
    assert_eq!(reply.faulty_fields(), ["targetAudience.filters.zodiac"]);
}

#[tokio::test]
async fn a_body_that_is_no_object_or_too_long_is_refused() {
    let world = World::new().await;
    let account = world.account();
    for body in ["{", "[]", "5", "name=Sale", &format!("{{\"x\":\"{}\"}}", "x".repeat(262_144))] {
        let request = account.request("POST", "/api/v1/campaigns").bearer_auth(&account.key);
        let request = request.header("content-type", "application/json").body(body.to_owned());
        let reply = Reply::of(request).await;
        assert_eq!(reply.failure(), (400, "VALIDATION_ERROR".to_owned()));
        assert_eq!(reply.faulty_fields(), ["body"]);
    }
}

#[tokio::test]
async fn an_outage_is_503_and_may_be_tried_again() {
    let world = World::new().await;
    let account = world.account();
    world.faults.go_down();
    let reply = account.v1("POST", "campaigns", &json!({"name": "Sale", "type": "message"})).await;
    assert_eq!(reply.failure(), (503, "TEMPORARILY_UNAVAILABLE".to_owned()));
    assert_eq!((reply.retry_after, &reply.json()["retryable"]), (Some(1), &json!(true)));
}
