//! Who gets in, and where.

use serde_json::{Value, json};
use shared::store::AccountStatus;

use super::people::{meet, segment};
use super::{path_of, working_routes};
use crate::world::{Reply, World};

#[tokio::test]
async fn every_route_wants_a_key_and_takes_it_in_either_header() {
    let world = World::new().await;
    let account = world.account();
    for route in working_routes() {
        let path = format!("/api/v1/{}", path_of(route, "camp123"));
        let without = Reply::of(world.request(route.method, &path)).await;
        assert_eq!(without.failure(), (401, "UNAUTHORIZED".to_owned()), "{path}");
        let malformed = Reply::of(world.request(route.method, &path).body("{")).await;
        assert_eq!(malformed.failure().0, 401, "{path}: the key comes before the body");
        let request = world.request(route.method, &path).header("X-API-Key", &account.key);
        assert_ne!(Reply::of(request).await.code, 401, "{path}");
    }
}

#[tokio::test]
async fn every_route_refuses_a_suspended_account() {
    let world = World::new().await;
    let account = world.another_account().await;
    world.system.app.set_account_status(account.id, AccountStatus::Suspended).await.unwrap();
    for route in working_routes() {
        let reply = account.v1(route.method, &path_of(route, "camp123"), &Value::Null).await;
        assert_eq!(reply.failure(), (403, "FORBIDDEN".to_owned()), "{}", route.binary);
    }
}

#[tokio::test]
async fn another_accounts_object_is_as_absent_as_none() {
    let world = World::new().await;
    let (account, stranger) = (world.account(), world.another_account().await);
    meet(&world, &account, 1, [7_000_000_001]).await;
    let id = |made: &Value, name: &str| made[name].as_str().unwrap().to_owned();
    let template = json!({"name": "Hello", "content": "Hello"});
    let template = account.v1("POST", "templates", &template).await.success(201);
    let import = account.v1("POST", "subscribers/imports", &json!({})).await.success(201);
    let campaign = account.outreach_campaign(&json!({})).await;
    let execution = account.execute(&campaign, &json!({})).await;
    let webhook = json!({"url": "https://h.example/", "events": ["campaign.paused"]});
    let webhook = account.v1("POST", "webhooks", &webhook).await.success(201);
    let objects = [
        ("webhooks", "WEBHOOK_NOT_FOUND", id(&webhook, "id")),
        ("executions", "EXECUTION_NOT_FOUND", execution),
        ("campaigns", "CAMPAIGN_NOT_FOUND", account.outreach_campaign(&json!({})).await),
        ("segments", "SEGMENT_NOT_FOUND", segment(&account, "Mine", &[], &[]).await),
        ("templates", "TEMPLATE_NOT_FOUND", id(&template, "id")),
        ("subscribers/imports", "IMPORT_NOT_FOUND", id(&import, "importId")),
        ("subscribers", "SUBSCRIBER_NOT_FOUND", "7000000001".to_owned()),
    ];
    for route in working_routes().filter(|route| route.path.contains("{id}")) {
        let is_of = |(noun, ..): &&(&str, &str, String)| route.path.contains(&format!("/{noun}/"));
        let (_, code, id) = objects.iter().find(is_of).unwrap_or_else(|| panic!("{}", route.path));
        let foreign = stranger.v1(route.method, &path_of(route, id), &json!({"name": "Mine"})).await;
        assert_eq!(foreign.failure(), (404, (*code).to_owned()), "{}", route.binary);
        for absent in ["camp0000000000000000", "seg1", "1", "camp%231"] {
            let reply = stranger.v1(route.method, &path_of(route, absent), &json!({})).await;
            assert_eq!(reply.text, foreign.text, "{} {absent}", route.binary);
        }
    }
    for (noun, _, id) in &objects {
        account.v1("GET", &format!("{noun}/{id}"), &Value::Null).await.success(200);
    }
    let list = stranger.v1("GET", "campaigns", &Value::Null).await.success(200);
    assert_eq!(list["pagination"]["total"], 0);
    let list = stranger.v1("GET", "subscribers", &Value::Null).await.success(200);
    assert_eq!(list, json!({"subscribers": [], "pagination": {"limit": 20, "next": null}}));
}

#[tokio::test]
async fn every_other_path_and_method_is_not_found() {
    let world = World::new().await;
    let account = world.account();
    for (method, path) in [
        ("GET", "nothing"),
        ("PATCH", "campaigns"),
        ("DELETE", "campaigns"),
        ("POST", "campaigns/camp1"),
        ("GET", "campaigns/camp1/pause"),
        ("POST", "campaigns/camp1/nothing"),
    ] {
        let reply = account.v1(method, path, &Value::Null).await;
        assert_eq!(reply.failure(), (404, "NOT_FOUND".to_owned()), "{method} {path}");
    }
}
