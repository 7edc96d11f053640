//! The calls that are about people and segments, for the comparison of policies with calls.

use serde_json::{Value, json};
use shared::ids::UserId;

use crate::world::{Account, World};

/// Both passes; the second begins at once.
pub async fn erase_somebody(world: &World, account: &Account, user: i64) {
    // Of somebody who is no contact the leads are looked for.
    assert_eq!(account.v1("DELETE", "subscribers/1", &Value::Null).await.code, 404);
    let testers = json!({"testers": [user.to_string()]});
    account.v1("PUT", "testers", &testers).await.success(200);
    account.v1("DELETE", &format!("subscribers/{user}"), &Value::Null).await.success(202);
    world.quiet().await;
    let store = &world.system.app.store;
    let mut erasure = store.erasure(account.id, UserId(user)).await.unwrap().unwrap();
    erasure.begins = 0;
    assert!(store.save_erasure(account.id, &mut erasure).await.unwrap());
    assert!(!world.erase(account.id.0, user).await);
}

/// Segments that leave each other out, and what is said of somebody.
pub async fn know_people(account: &Account, user: i64) {
    let make = async |body: Value| {
        let made = account.v1("POST", "segments", &body).await.success(201);
        made["id"].as_str().unwrap().to_owned()
    };
    let inner = make(json!({"name": "Inner"})).await;
    let outer = make(json!({"name": "Outer", "exclude": [inner]})).await;
    for (method, path, body) in [
        ("GET", "segments".to_owned(), Value::Null),
        ("GET", format!("segments/{outer}"), Value::Null),
        ("PUT", format!("segments/{outer}"), json!({"exclude": [inner], "colour": "red"})),
        ("POST", format!("segments/{outer}/preview"), Value::Null),
        ("POST", "segments/preview".to_owned(), json!({"exclude": [inner]})),
        ("PUT", format!("subscribers/{user}"), json!({"tags": ["vip"]})),
        ("GET", format!("subscribers/{user}"), Value::Null),
        ("GET", "subscribers".to_owned(), Value::Null),
        ("GET", format!("subscribers?segment={outer}"), Value::Null),
        ("DELETE", format!("segments/{outer}"), Value::Null),
    ] {
        account.v1(method, &path, &body).await.success(200);
    }
}
