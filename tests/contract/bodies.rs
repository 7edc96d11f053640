use local::{SystemOptions, Telegram};
use serde_json::json;

use crate::world::{Reply, World};

#[tokio::test]
async fn forms_and_json_with_numbers_or_with_text_mean_the_same() {
    let world = World::new().await;
    let account = world.account();
    let bot = world.connect_bot(&account, "mytrackbot").await;
    let path = "/api/camp/add.json";
    for way in ["form", "numbers", "texts"] {
        let chat = world.channel(&bot).await;
        let numbers = json!({"bot": bot.id, "chat": chat, "welcome": "Grüße & *mehr*", "unsub_window": 60});
        let texts = json!({
            "bot": bot.id.to_string(), "chat": chat.to_string(), "welcome": "Grüße & *mehr*", "unsub_window": "60",
        });
        let added = match way {
            "form" => account.post_form(path, &numbers).await,
            "numbers" => account.post_json(path, &numbers).await,
            _ => account.post_json(path, &texts).await,
        };
        let detail = account.get(&format!("/api/camp/get.json?id={}", added.data()["id"])).await.data();
        assert_eq!(
            (&detail["welcome"], &detail["unsub_window"]),
            (&json!("Grüße & *mehr*"), &json!(60)),
            "{way}"
        );
        assert_eq!((&detail["bot"], &detail["chat"]), (&json!(bot.id), &json!(chat)), "{way}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_is_param_body() {
    let world = World::new().await;
    let key = world.account().key;
    for body in ["{", "[1]", "null", "1", "{\"token\":\"\u{0}"] {
        let request = world.request("POST", "/api/bots/add.json").bearer_auth(&key);
        let reply = Reply::of_api(request.header("content-type", "application/json").body(body)).await.json();
        assert_eq!((&reply["error"], &reply["param"]), (&json!("param"), &json!("body")), "{body}");
    }
    let long = format!(r#"{{"token":"{}"}}"#, "x".repeat(256 * 1024));
    let request = world.request("POST", "/api/bots/add.json").bearer_auth(&key);
    let reply = Reply::of_api(request.header("content-type", "application/json").body(long)).await.json();
    assert_eq!(reply["param"], "body");
}

#[tokio::test]
async fn storage_that_does_not_answer_is_db_and_nothing_of_it_is_told() {
    let world = World::new().await;
    let account = world.account();
    world.faults.go_down();
    let reply = account.get("/api/bots/list.json").await;
    insta::assert_snapshot!(reply.text, @r#"{"status":"error","error":"db","message":"temporarily unavailable, try again"}"#);
    world.faults.come_back();
    assert_eq!(account.get("/api/bots/list.json").await.data(), json!([]));
}

#[tokio::test]
async fn a_telegram_that_does_not_answer_is_db() {
    let nowhere = Telegram::Webhook("http://127.0.0.1:1".to_owned());
    let world =
        World::with(|options| *options = SystemOptions { telegram: nowhere, ..options.clone() }).await;
    let token = json!({"token": format!("123456:{}", "A".repeat(35))});
    let reply = world.account().post_json("/api/bots/add.json", &token).await;
    assert_eq!(reply.error(), "db");
    assert!(!reply.text.contains("123456"), "{}", reply.text);
}
