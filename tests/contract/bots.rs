use serde_json::json;
use telegram_simulator::{ChatKind, NewChat};

use crate::world::{Account, World};

async fn add(account: &Account, token: &str) -> String {
    account.post_json("/api/bots/add.json", &json!({"token": token})).await.text
}

#[tokio::test]
async fn add_answers_who_the_bot_is() {
    let world = World::new().await;
    let bot = world.simulator.create_bot("mytrackbot", "My Bot");
    insta::assert_snapshot!(add(&world.account(), &bot.token).await, @r#"{"status":"ok","data":{"id":1,"username":"mytrackbot","name":"My Bot"}}"#);
}

#[tokio::test]
async fn add_sets_the_webhook_with_a_fresh_secret_and_names_every_kind_of_update() {
    let world = World::new().await;
    let account = world.account();
    let bot = world.connect_bot(&account, "mytrackbot").await;
    let first = world.secret(&bot);
    assert_eq!(world.webhook_path(&bot), "/telegram/1/1");
    let again = world.connect_bot(&account, "mytrackbot").await;
    assert_eq!(again.id, bot.id);
    assert!(first.len() >= 32 && world.secret(&bot) != first);
    let requests = world.simulator.requests();
    let set = requests.iter().find(|request| request.method == "setWebhook").unwrap();
    let kinds = json!(["message", "my_chat_member", "chat_member", "chat_join_request", "callback_query"]);
    assert_eq!(set.parameters["allowed_updates"], kinds);
    assert!(requests.iter().all(|request| request.unknown_parameters.is_empty()), "{requests:?}");
}

#[tokio::test]
async fn a_token_that_telegram_does_not_know_is_token() {
    let world = World::new().await;
    let revoked = world.simulator.create_bot("mytrackbot", "My Bot");
    world.simulator.revoke(revoked.id).unwrap();
    let account = world.account();
    let unknown = format!("123456:{}", "A".repeat(35));
    for token in ["", "123456", "no:token", "123456:short", &unknown, &revoked.token] {
        let answer = add(&account, token).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer, @r#"{"status":"error","error":"token","message":"the bot token is malformed or refused by Telegram"}"#);
        }
    }
    assert_eq!(account.get("/api/bots/list.json").await.data(), json!([]));
}

#[tokio::test]
async fn a_token_connected_to_another_account_is_exists() {
    let world = World::new().await;
    let other = world.another_account().await;
    let bot = world.connect_bot(&world.account(), "mytrackbot").await;
    let secret = world.secret(&bot);
    insta::assert_snapshot!(add(&other, &bot.token).await, @r#"{"status":"error","error":"exists","message":"the bot is connected to another account"}"#);
    assert_eq!(other.get("/api/bots/list.json").await.data(), json!([]));
    assert_eq!(world.secret(&bot), secret, "the owner's webhook stays as it is");
}

#[tokio::test]
async fn a_refused_webhook_is_webhook_and_nothing_is_kept() {
    let world = World::new().await;
    let (account, other) = (world.account(), world.another_account().await);
    let bot = world.simulator.create_bot("mytrackbot", "My Bot");
    world.refuse_next("setWebhook", 400, None);
    insta::assert_snapshot!(add(&account, &bot.token).await, @r#"{"status":"error","error":"webhook","message":"Telegram did not accept the webhook"}"#);
    assert_eq!(account.get("/api/bots/list.json").await.data(), json!([]));
    let taken = other.post_json("/api/bots/add.json", &json!({"token": bot.token})).await;
    assert_eq!(taken.data()["username"], "mytrackbot", "the bot is free for another account");
}

#[tokio::test]
async fn a_refused_webhook_leaves_a_connected_bot_as_it_was() {
    let world = World::new().await;
    let scene = world.scene().await;
    let secret = world.secret(&scene.bot);
    world.refuse_next("setWebhook", 502, None);
    assert!(add(&scene.account, &scene.bot.token).await.contains(r#""error":"webhook""#));
    assert_eq!(scene.account.get("/api/bots/list.json").await.data()[0]["status"], 0);
    let path = world.webhook_path(&scene.bot);
    let taken = async || world.deliver_raw(&path, Some(&secret), r#"{"update_id":1}"#).await.code == 200;
    world.until("the secret before is taken again", taken).await;
}

#[tokio::test]
async fn a_bot_connected_by_two_calls_at_once_works() {
    let world = World::new().await;
    let account = world.account();
    let bot = world.simulator.create_bot("mytrackbot", "My Bot");
    let (one, other) = tokio::join!(add(&account, &bot.token), add(&account, &bot.token));
    assert!([&one, &other].iter().any(|answer| answer.contains(r#""status":"ok""#)), "{one} {other}");
    assert_eq!(account.get("/api/bots/list.json").await.data().as_array().unwrap().len(), 1, "{one} {other}");
    let anna = world.person("Anna");
    world.simulator.start_bot(anna, "mytrackbot", "").unwrap();
    world.settle().await;
    assert_eq!(world.messages(anna).len(), 1, "{one} {other}");
}

#[tokio::test]
async fn list_shows_every_bot_with_its_status() {
    let world = World::new().await;
    let account = world.account();
    let bot = world.connect_bot(&account, "mytrackbot").await;
    let gone = world.connect_bot(&account, "goodbyebot").await;
    account.post_json("/api/bots/del.json", &json!({"id": gone.id})).await.data();
    let reply = account.get("/api/bots/list.json").await;
    let data = reply.data();
    let mut text =
        reply.text.replace(&bot.tg.to_string(), "7000000001").replace(&gone.tg.to_string(), "7000000002");
    for listed in data.as_array().unwrap() {
        text = text.replace(listed["created"].as_str().unwrap(), "2026-05-10 09:00:00");
    }
    insta::assert_snapshot!(text, @r#"{"status":"ok","data":[{"id":1,"tg":7000000001,"username":"mytrackbot","name":"My Bot","status":0,"created":"2026-05-10 09:00:00"},{"id":2,"tg":7000000002,"username":"goodbyebot","name":"My Bot","status":3,"created":"2026-05-10 09:00:00"}]}"#);
}

#[tokio::test]
async fn chats_are_those_that_a_campaign_may_track() {
    let world = World::new().await;
    let scene = world.scene().await;
    let group = world.chat(&scene.bot, NewChat::new("My Group", ChatKind::Supergroup)).await;
    let left = world.channel(&scene.bot).await;
    world.simulator.demote(scene.bot.tg, left).unwrap();
    world.delivered().await;
    let reply = scene.account.get("/api/bots/chats.json?id=1").await;
    insta::assert_snapshot!(reply.text.replace(&group.to_string(), "-1001234567890"), @r#"{"status":"ok","data":[{"id":-1001234567890,"title":"My Group","type":"supergroup"}]}"#);
}

#[tokio::test]
async fn del_disconnects_a_bot_once() {
    let world = World::new().await;
    let account = world.account();
    let bot = world.connect_bot(&account, "mytrackbot").await;
    let id = json!({"id": bot.id});
    insta::assert_snapshot!(account.post_json("/api/bots/del.json", &id).await.text, @r#"{"status":"ok"}"#);
    assert!(world.webhook_of(&bot).await.is_null());
    insta::assert_snapshot!(account.post_json("/api/bots/del.json", &id).await.text, @r#"{"status":"error","error":"notfound","message":"no such bot"}"#);
    assert_eq!(account.get("/api/bots/chats.json?id=1").await.error(), "notfound");
}

#[tokio::test]
async fn a_deleted_bot_may_be_connected_by_another_account() {
    let world = World::new().await;
    let (account, other) = (world.account(), world.another_account().await);
    let bot = world.connect_bot(&account, "mytrackbot").await;
    account.post_json("/api/bots/del.json", &json!({"id": bot.id})).await.data();
    let moved = world.connect_bot(&other, "mytrackbot").await;
    assert_eq!(world.webhook_path(&moved), format!("/telegram/{}/{}", other.id, moved.id));
    assert!(add(&account, &bot.token).await.contains(r#""error":"exists""#));
}
