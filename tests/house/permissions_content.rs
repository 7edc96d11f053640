use serde_json::{Value, json};
use shared::domain::fact_clock::FactClock;
use shared::domain::outreach::{ImportStatus, SubscriberImport};
use shared::domain::person::Person;
use shared::ids::{BotId, BotKey, ImportId, UserId};
use shared::queue::ImportTask;

use crate::world::samples::png;
use crate::world::{Account, World};

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

/// Every call that takes a media names one that was not uploaded with its form, one that is refused, and a good one.
pub async fn show_in_messages(world: &World, account: &Account) {
    let campaign = format!("campaigns/{}", account.outreach_campaign(&json!({})).await);
    let template = json!({"name": "Hello", "content": "Hi"});
    let made = account.v1("POST", "templates", &template).await.success(201);
    let template = format!("templates/{}", made["id"].as_str().unwrap());
    for (method, path) in
        [("POST", "campaigns"), ("PUT", &campaign), ("POST", "templates"), ("PUT", &template)]
    {
        for (file, code) in [(None, 400), (Some(b"MZ".to_vec()), 400), (Some(png(64, 48)), 0)] {
            let form = world.presigned(account, "image/png").await;
            if let Some(file) = &file {
                assert_eq!(world.send_form(&form, file).await, 204);
            }
            let shown = json!({"name": "Hello", "type": "message", "media": form["media"], "messages": [{"media": form["media"]}]});
            let reply = account.v1(method, path, &shown).await;
            assert_eq!(reply.code == 400, code == 400, "{method} {path}: {}", reply.text);
        }
    }
}

/// A list is asked for too early, uploaded and read; another one is gone, and a third is being read.
pub async fn import_people(world: &World, account: &Account) {
    let store = &world.system.app.store;
    let person = Person { user: UserId(7_000_000_001), ..Person::default() };
    let bot = BotKey { account: account.id, bot: BotId(1) };
    store.record_contact(bot, &person, FactClock { date: 10, update: 1 }).await.unwrap();
    let made = account.v1("POST", "subscribers/imports", &Value::Null).await.success(201);
    let path = format!("subscribers/imports/{}", made["importId"].as_str().unwrap());
    assert_eq!(account.v1("POST", &format!("{path}/start"), &Value::Null).await.code, 400);
    assert_eq!(world.send_form(&made, b"id,city\n7000000001,Riga\n").await, 204);
    account.v1("POST", &format!("{path}/start"), &Value::Null).await.success(202);
    // A postback waits for its next attempt meanwhile.
    world.quiet().await;
    assert_eq!(account.v1("GET", &path, &Value::Null).await.success(200)["imported"], 1);
    let now_ms = world.system.app.clock.now_ms();
    for (id, leased_until_ms) in [("gone", 0), ("leased", now_ms + 60_000)] {
        let awaited = SubscriberImport::awaited(ImportId::of(id), now_ms / 1_000);
        let (status, file_version) = (ImportStatus::Running, Some("\"x\"".to_owned()));
        let import = SubscriberImport { status, file_version, size_bytes: 10, leased_until_ms, ..awaited };
        store.create_subscriber_import(account.id, &import).await.unwrap();
        let task = ImportTask::ReadV1 { account: account.id, import: import.id };
        let message = json!({
            "messageId": "1", "receiptHandle": "handle", "body": task.spelled().unwrap(), "attributes": {},
        });
        world.system.cloud.invoke("subscriber-importer", json!({"Records": [message]})).await.unwrap();
    }
}
