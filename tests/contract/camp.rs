//! The examples of the public documentation, with its words for what is drawn at random.

use serde_json::{Value, json};

use crate::world::{Account, Scene, World};

/// The campaign of the documentation's examples.
async fn documented(world: &World) -> Scene {
    let setting =
        world.setting().without_templates().set("welcome", "Join *{title}* — exclusive content inside!");
    let button = setting.set("button_text", "Get access");
    button.set("button_url", "https://example.com/lander?click={click}").set_up().await
}

/// An answer with the documentation's code, chat and time in the place of this run's.
fn as_documented(text: &str, scene: &Scene) -> String {
    let json: Value = serde_json::from_str(text).unwrap();
    let created = json["data"]["created"].as_str().or(json["data"][0]["created"].as_str()).unwrap_or("never");
    assert!(created == "never" || is_date_time(created), "{created}");
    text.replace(&scene.code, "abc123")
        .replace(&format!(":{},", scene.chat), ":-1001234567890,")
        .replace(created, "2026-05-10 09:00:00")
}

/// `YYYY-MM-DD HH:MM:SS`
fn is_date_time(text: &str) -> bool {
    let shape: String =
        text.chars().map(|letter| if letter.is_ascii_digit() { '9' } else { letter }).collect();
    shape == "9999-99-99 99:99:99"
}

async fn add(account: &Account, parameters: Value) -> String {
    account.post_json("/api/camp/add.json", &parameters).await.text
}

#[tokio::test]
async fn list_reads_as_documented() {
    let world = World::new().await;
    let scene = documented(&world).await;
    let reply = scene.account.get("/api/camp/list.json").await;
    insta::assert_snapshot!(as_documented(&reply.text, &scene), @r#"{"status":"ok","data":[{"id":1,"code":"abc123","bot":1,"bot_username":"mytrackbot","chat":-1001234567890,"chat_title":"My Channel","status":0,"starts":0,"confirms":0,"unsubs":0,"created":"2026-05-10 09:00:00"}]}"#);
}

#[tokio::test]
async fn list_of_an_account_without_campaigns_is_empty() {
    let world = World::new().await;
    let reply = world.account().get("/api/camp/list.json").await;
    insta::assert_snapshot!(reply.text, @r#"{"status":"ok","data":[]}"#);
}

#[tokio::test]
async fn get_reads_as_documented() {
    let world = World::new().await;
    let scene = documented(&world).await;
    let reply = scene.detail().await;
    insta::assert_snapshot!(as_documented(&reply.text, &scene), @r#"{"status":"ok","data":{"id":1,"code":"abc123","bot":1,"bot_username":"mytrackbot","chat":-1001234567890,"chat_title":"My Channel","status":0,"welcome":"Join *{title}* — exclusive content inside!","media":"","button_text":"Get access","button_url":"https://example.com/lander?click={click}","pb_wait":"","pb_hold":"","pb_approve":"","pb_cancel":"","pb_trash":"","unsub_window":2592000,"starts":0,"confirms":0,"unsubs":0,"created":"2026-05-10 09:00:00","notify_level":0,"invite_link":"","auto_approve":-1,"pb_method":"GET","pb_format":"form","pb_body":"","pb_disabled":[]}}"#);
}

#[tokio::test]
async fn get_shows_every_parameter_of_add() {
    let world = World::new().await;
    let longest = format!("https://t.me/+{}", "x".repeat(241));
    let setting = world.setting().set("unsub_window", 0).set("notify_level", "3");
    let setting = setting.set("invite_link", longest.as_str()).set("auto_approve", "86400");
    let scene = setting.set("pb_method", "POST").set_up().await;
    let data = scene.detail().await.data();
    for event in ["wait", "hold", "approve", "cancel", "trash"] {
        assert_eq!(data[format!("pb_{event}")], world.template(event));
    }
    assert_eq!((&data["unsub_window"], &data["notify_level"]), (&json!(0), &json!(3)));
    let further = [&data["invite_link"], &data["auto_approve"], &data["pb_method"]];
    assert_eq!(further, [&json!(longest), &json!(86_400), &json!("POST")]);
}

#[tokio::test]
async fn add_reads_as_documented() {
    let world = World::new().await;
    let account = world.account();
    let bot = world.connect_bot(&account, "mytrackbot").await;
    let chat = world.channel(&bot).await;
    let parameters = json!({"bot": bot.id, "chat": chat, "welcome": "Join!"});
    let reply = account.post_json("/api/camp/add.json", &parameters).await;
    let code = reply.data()["code"].as_str().unwrap().to_owned();
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{code}");
    insta::assert_snapshot!(reply.text.replace(&code, "abc123"), @r#"{"status":"ok","data":{"id":1,"code":"abc123"}}"#);
}

#[tokio::test]
async fn link_without_a_click_keeps_the_placeholder() {
    let world = World::new().await;
    let scene = documented(&world).await;
    for query in ["id=1", "id=1&click="] {
        let reply = scene.account.get(&format!("/api/camp/link.json?{query}")).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(as_documented(&reply.text, &scene), @r#"{"status":"ok","data":{"link":"https://t.me/mytrackbot?start=abc123-{click}"}}"#);
        }
    }
}

#[tokio::test]
async fn link_with_a_click_carries_it() {
    let world = World::new().await;
    let scene = documented(&world).await;
    let reply = scene.account.get("/api/camp/link.json?id=1&click=xyz789").await;
    insta::assert_snapshot!(as_documented(&reply.text, &scene), @r#"{"status":"ok","data":{"link":"https://t.me/mytrackbot?start=abc123-xyz789"}}"#);
    let longest = "a-B_9".repeat(11) + "xy";
    assert_eq!(longest.len() + 1 + scene.code.len(), 64);
    assert!(scene.deep_link(&longest).await.ends_with(&format!("?start={}-{longest}", scene.code)));
}

#[tokio::test]
async fn link_with_a_click_that_cannot_stand_in_it_carries_a_token() {
    let world = World::new().await;
    let scene = documented(&world).await;
    for click in ["a%20b", &"x".repeat(58), "%D0%AF"] {
        let link = scene.deep_link(click).await;
        let token = link.strip_prefix(&format!("https://t.me/mytrackbot?start={}_", scene.code)).unwrap();
        let legal = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        assert!(token.len() == 22 && legal, "{link}");
    }
}

#[tokio::test]
async fn a_second_campaign_on_a_chat_is_exists() {
    let world = World::new().await;
    let scene = documented(&world).await;
    let parameters = json!({"bot": scene.bot.id, "chat": scene.chat, "welcome": "Join!"});
    insta::assert_snapshot!(add(&scene.account, parameters).await, @r#"{"status":"error","error":"exists","message":"this chat is already tracked by another campaign"}"#);
}

#[tokio::test]
async fn of_two_campaigns_added_at_once_to_a_chat_one_wins() {
    let world = World::new().await;
    let account = world.account();
    let bot = world.connect_bot(&account, "mytrackbot").await;
    let chat = world.channel(&bot).await;
    let parameters = json!({"bot": bot.id, "chat": chat, "welcome": "Join!"});
    let path = "/api/camp/add.json";
    let (one, other) =
        tokio::join!(account.post_json(path, &parameters), account.post_json(path, &parameters));
    let mut errors = [one.error(), other.error()];
    errors.sort();
    assert_eq!(errors, ["", "exists"], "{} {}", one.text, other.text);
    assert_eq!(account.get("/api/camp/list.json").await.data().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_chat_where_the_bot_is_no_administrator_is_nochat() {
    let world = World::new().await;
    let scene = documented(&world).await;
    let demoted = world.channel(&scene.bot).await;
    world.simulator.demote(scene.bot.tg, demoted).unwrap();
    world.delivered().await;
    for chat in [-1_009_999_999_999, demoted, 7] {
        let parameters = json!({"bot": scene.bot.id, "chat": chat, "welcome": "Join!"});
        let answer = add(&scene.account, parameters).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer, @r#"{"status":"error","error":"nochat","message":"the bot is no administrator of this chat"}"#);
        }
    }
}

#[tokio::test]
async fn a_campaign_over_the_accounts_limit_is_limit() {
    let world = World::new().await;
    let account = world.limited_account(Some(1)).await;
    let scene = world.setting().of(&account).set_up().await;
    let chat = world.channel(&scene.bot).await;
    let parameters = json!({"bot": scene.bot.id, "chat": chat, "welcome": "Join!"});
    insta::assert_snapshot!(add(&account, parameters).await, @r#"{"status":"error","error":"limit","message":"the campaign limit is reached"}"#);
    assert_eq!(account.get("/api/camp/list.json").await.data().as_array().unwrap().len(), 1);
    let chats = account.get("/api/bots/chats.json?id=1").await.data();
    assert_eq!(chats[0]["id"], chat, "the chat stays free");
}
