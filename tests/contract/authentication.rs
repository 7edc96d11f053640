use serde_json::{Value, json};
use shared::ids::AccountId;
use shared::store::AccountStatus;

use super::working_routes;
use crate::world::{Reply, World};

const KEY: &str = r#"{"status":"error","error":"key","message":"the API key is missing or wrong"}"#;

#[tokio::test]
async fn every_route_wants_a_key() {
    let world = World::new().await;
    let (account, other) = (world.account(), world.another_account().await);
    let secret = |key: &str| key.split_once('-').unwrap().1.to_owned();
    let wrong = [
        format!("1-{}", "0".repeat(64)),
        format!("1-{}", secret(&other.key)),
        format!("99-{}", secret(&account.key)),
        secret(&account.key),
        account.key.to_uppercase(),
        "key".to_owned(),
    ];
    for route in working_routes() {
        let none = Reply::of_api(world.request(route.method, route.path)).await;
        assert_eq!(none.text, KEY, "{} without a key", route.path);
        for key in &wrong {
            let header = Reply::of_api(world.request(route.method, route.path).bearer_auth(key)).await;
            assert_eq!(header.text, KEY, "{} with {key}", route.path);
            let query = world.request(route.method, &format!("{}?id={key}", route.path));
            assert_eq!(Reply::of_api(query).await.text, KEY, "{} with {key} in the query", route.path);
        }
        let malformed =
            world.request(route.method, route.path).header("content-type", "application/json").body("{");
        assert_eq!(Reply::of_api(malformed).await.text, KEY, "{}: the key comes before the body", route.path);
    }
}

#[tokio::test]
async fn every_route_refuses_a_suspended_account() {
    let world = World::new().await;
    let account = world.another_account().await;
    let app = &world.system.app;
    app.set_account_status(account.id, AccountStatus::Suspended).await.unwrap();
    for route in working_routes() {
        let reply = account.call(route.method, route.path, &json!({})).await;
        let expected = r#"{"status":"error","error":"ban","message":"the account is suspended"}"#;
        assert_eq!(reply.text, expected, "{}", route.path);
    }
    app.set_account_status(account.id, AccountStatus::Active).await.unwrap();
    account.get("/api/bots/list.json").await.data();
    assert!(app.set_account_status(AccountId(99), AccountStatus::Suspended).await.is_err());
}

#[tokio::test]
async fn the_scheme_is_taken_in_any_letter_case() {
    let world = World::new().await;
    let key = world.account().key;
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let request =
            world.request("GET", "/api/bots/list.json").header("Authorization", format!("{scheme} {key}"));
        assert_eq!(Reply::of_api(request).await.data(), json!([]), "{scheme}");
    }
    for header in [key.clone(), format!("Basic {key}"), format!("Token {key}")] {
        let request = world.request("GET", "/api/bots/list.json").header("Authorization", header);
        assert_eq!(Reply::of_api(request).await.text, KEY);
    }
}

#[tokio::test]
async fn the_query_may_carry_the_key_beside_the_id_in_either_order() {
    let world = World::new().await;
    let scene = world.scene().await;
    let key = &scene.account.key;
    for query in [format!("id={key}&id=1"), format!("id=1&id={key}")] {
        for path in ["/api/camp/get.json", "/api/camp/link.json", "/api/bots/chats.json"] {
            let reply = Reply::of_api(world.request("GET", &format!("{path}?{query}"))).await;
            assert_ne!(reply.data(), Value::Null, "{path}?{query}");
        }
    }
    let only_key = Reply::of_api(world.request("GET", &format!("/api/camp/get.json?id={key}"))).await;
    assert_eq!((only_key.error(), &only_key.json()["param"]), ("param".to_owned(), &json!("id")));
}

#[tokio::test]
async fn a_post_may_carry_the_key_in_the_query_and_the_id_in_the_body() {
    let world = World::new().await;
    let account = world.account();
    let form = "application/x-www-form-urlencoded";
    let bodies = [("application/json", r#"{"id":1}"#), ("application/json", r#"{"id":"1"}"#), (form, "id=1")];
    for (media_type, body) in bodies {
        world.connect_bot(&account, "mytrackbot").await;
        let request = world.request("POST", &format!("/api/bots/del.json?id={}", account.key));
        let reply = Reply::of_api(request.header("content-type", media_type).body(body)).await;
        assert_eq!(reply.text, r#"{"status":"ok"}"#, "{media_type} {body}");
    }
    world.connect_bot(&account, "mytrackbot").await;
    let both = world.request("POST", &format!("/api/bots/del.json?id=1&id={}", account.key));
    assert_eq!(Reply::of_api(both).await.text, r#"{"status":"ok"}"#);
}
