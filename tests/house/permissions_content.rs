use serde_json::{Value, json};

use crate::world::Account;

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
