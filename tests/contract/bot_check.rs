use serde_json::{Value, json};
use shared::clock::Clock;
use telegram_simulator::{Faults, Refusal};

use crate::world::{Scene, World};

async fn check(scene: &Scene) -> Value {
    scene.account.post_json("/api/bots/check.json", &json!({"id": scene.bot.id})).await.data()
}

/// Telegram refuses every call of a method with this code.
fn refuse(world: &World, method: &str, code: u16, description: &str) {
    let methods = vec![method.to_owned()];
    let refusal =
        Refusal { code, description: description.to_owned(), share: 1.0, methods, ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
}

#[tokio::test]
async fn a_bot_that_is_well_is_told_so_with_its_chats() {
    let world = World::new().await;
    let scene = world.scene().await;
    let reply = scene.account.post_form("/api/bots/check.json", &json!({"id": 1})).await;
    insta::assert_snapshot!(reply.text.replace(&scene.chat.to_string(), "-1001234567890"), @r#"{"status":"ok","data":{"status":0,"webhook":{"ok":1,"url_ok":1,"updates_ok":1,"pending":0,"last_error":"","last_error_time":"0000-00-00 00:00:00"},"chats":[{"id":-1001234567890,"title":"My Channel","type":"channel","admin":1,"campaign":1}],"repair_link":""}}"#);
}

#[tokio::test]
async fn an_untracked_chat_that_was_lost_needs_no_repair() {
    let world = World::new().await;
    let scene = world.scene().await;
    let untracked = world.channel(&scene.bot).await;
    world.simulator.demote(scene.bot.tg, untracked).unwrap();
    world.delivered().await;
    let health = check(&scene).await;
    assert_eq!((&health["status"], &health["repair_link"]), (&json!(0), &json!("")));
    let chats = health["chats"].as_array().unwrap();
    let lost = chats.iter().find(|chat| chat["id"] == untracked).unwrap();
    assert_eq!((&lost["admin"], &lost["campaign"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_webhook_that_leads_elsewhere_or_leaves_updates_out_is_not_ok() {
    let world = World::new().await;
    let scene = world.scene().await;
    let set = async |parameters: Value| {
        let path = format!("/simulator/api/bot{}/setWebhook", scene.bot.token);
        assert_eq!(world.request("POST", &path).json(&parameters).send().await.unwrap().status(), 200);
        let webhook = check(&scene).await["webhook"].clone();
        ["ok", "url_ok", "updates_ok"].map(|name| webhook[name].as_u64().unwrap())
    };
    let kinds = json!(["message", "my_chat_member", "chat_member", "chat_join_request", "callback_query"]);
    let own = format!("{}/telegram/1/1", world.system.base_url());
    let other = format!("{}/telegram/1/2", world.system.base_url());
    assert_eq!(set(json!({"url": own, "allowed_updates": kinds})).await, [1, 1, 1]);
    assert_eq!(set(json!({"url": other, "allowed_updates": kinds})).await, [0, 0, 1]);
    assert_eq!(set(json!({"url": own, "allowed_updates": ["message", "chat_member"]})).await, [0, 1, 0]);
    assert_eq!(set(json!({"url": own, "allowed_updates": []})).await, [0, 1, 0], "Telegram's own choice");
    assert_eq!(set(json!({"url": "", "allowed_updates": kinds})).await[..2], [0, 0]);
}

#[tokio::test]
async fn a_webhook_that_was_refused_lately_is_not_ok_and_says_why() {
    let world = World::new().await;
    let scene = world.scene().await;
    // Telegram's secret is another one than ours: each delivery is refused.
    let path = format!("/simulator/api/bot{}/setWebhook", scene.bot.token);
    let url = format!("{}/telegram/1/1", world.system.base_url());
    let kinds = json!(["message", "my_chat_member", "chat_member", "chat_join_request", "callback_query"]);
    let parameters = json!({"url": url, "secret_token": "another", "allowed_updates": kinds});
    assert_eq!(world.request("POST", &path).json(&parameters).send().await.unwrap().status(), 200);
    scene.start(world.person("Anna"), "c1");
    let refused = async || check(&scene).await["webhook"]["last_error"] != "";
    world.until("a delivery is refused", refused).await;
    let webhook = check(&scene).await["webhook"].clone();
    assert_eq!((&webhook["ok"], &webhook["url_ok"], &webhook["pending"]), (&json!(0), &json!(1), &json!(1)));
    assert_eq!(webhook["last_error"], "Wrong response from the webhook: 401 Unauthorized");
    assert!(webhook["last_error_time"].as_str().unwrap().starts_with("20"), "{webhook}");
}

#[tokio::test]
async fn a_token_that_telegram_refuses_is_token_and_the_bot_shows_it() {
    let world = World::new().await;
    let scene = world.scene().await;
    world.simulator.revoke(scene.bot.tg).unwrap();
    let reply = scene.account.post_json("/api/bots/check.json", &json!({"id": 1})).await;
    insta::assert_snapshot!(reply.text, @r#"{"status":"error","error":"token","message":"the bot token is malformed or refused by Telegram"}"#);
    assert_eq!(scene.account.get("/api/bots/list.json").await.data()[0]["status"], 1);
}

#[tokio::test]
async fn telegram_out_of_reach_is_db_whatever_it_is_asked_and_no_right_is_lost_by_it() {
    let world = World::new().await;
    let scene = world.scene().await;
    for method in ["getMe", "getWebhookInfo", "getChatMember"] {
        refuse(&world, method, 502, "");
        let reply = scene.account.post_json("/api/bots/check.json", &json!({"id": 1})).await;
        assert_eq!(reply.error(), "db", "{method}");
    }
    assert_eq!(scene.account.get("/api/bots/list.json").await.data()[0]["status"], 0);
}

#[tokio::test]
async fn a_chat_that_telegram_does_not_show_the_bot_is_lost() {
    // Ahead of the simulator: what was noted within the same second stays.
    let clock = Clock::manual(Clock::System.now_ms() + 60_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    for (code, words) in [
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: member list is inaccessible"),
        (403, "Forbidden: bot was kicked from the channel chat"),
    ] {
        refuse(&world, "getChatMember", code, words);
        clock.advance_ms(1_000);
        assert_eq!(check(&scene).await["chats"][0]["admin"], 0, "{words}");
        world.simulator.set_faults(Faults::default());
        clock.advance_ms(1_000);
        assert_eq!(check(&scene).await["chats"][0]["admin"], 1);
    }
}

#[tokio::test]
async fn a_deleted_bot_is_notfound() {
    let world = World::new().await;
    let scene = world.scene().await;
    scene.account.post_json("/api/bots/del.json", &json!({"id": 1})).await.data();
    assert_eq!(scene.account.post_json("/api/bots/check.json", &json!({"id": 1})).await.error(), "notfound");
}
