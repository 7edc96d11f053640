use serde_json::{Value, json};

use crate::world::Account;

/// Every POST of the Campaigns API comes under a key, which claims the call and keeps its answer.
pub async fn repeat_calls(account: &Account) {
    for route in campaigns_api::ROUTES.into_iter().filter(|route| route.method == "POST") {
        let path = route.path.trim_start_matches("/api/v1/").replace("{id}", "none123");
        for replayed in [false, true] {
            let reply = account.v1_under(&path, route.method, &path, &json!({})).await;
            assert_eq!(reply.replayed, replayed, "{path}: {}", reply.text);
        }
    }
}

/// A template is made, changed, and deleted; testers are set.
pub async fn write_content(account: &Account) {
    let template = json!({"name": "Hello", "content": "Hi"});
    let made = account.v1("POST", "templates", &template).await.success(201);
    let one = format!("templates/{}", made["id"].as_str().unwrap());
    for (method, path, body) in [
        ("GET", "templates", Value::Null),
        ("GET", &one, Value::Null),
        ("PUT", &one, json!({"content": "Hello"})),
        ("DELETE", &one, Value::Null),
        ("PUT", "testers", json!({"testers": ["7000000001"]})),
        ("GET", "testers", Value::Null),
    ] {
        account.v1(method, path, &body).await.success(200);
    }
}
