//! How updates reach a webhook.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Rig, Webhook, drained};
use crate::{ChatKind, NewUser};

fn kinds(updates: &[Value]) -> Vec<String> {
    let kind = |update: &Value| update.as_object().unwrap().keys().find(|key| *key != "update_id").cloned();
    updates.iter().filter_map(kind).collect()
}

#[tokio::test]
async fn the_secret_comes_with_every_update_and_one_person_stays_in_order() {
    let rig = Rig::new().await;
    let webhook = rig.listen().await;
    let channel = rig.channel();
    let anna = rig.subscriber("Anna");
    for _ in 0..5 {
        rig.simulator.join(anna, channel).unwrap();
        rig.simulator.leave(anna, channel).unwrap();
    }
    drained(&rig.simulator).await;
    let updates = webhook.updates();
    assert_eq!(updates.len(), 12);
    let changes: Vec<&Value> = updates.iter().filter_map(|update| update.get("chat_member")).collect();
    let statuses: Vec<&str> =
        changes.iter().map(|own| own["new_chat_member"]["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["member", "left"].repeat(5));
    assert!(webhook.secrets().iter().all(|secret| secret.as_deref() == Some("s3cret")));
}

#[tokio::test]
async fn update_ids_count_up_by_one() {
    let rig = Rig::new().await;
    let channel = rig.channel();
    let anna = rig.subscriber("Anna");
    let webhook = rig.listen().await;
    let made = rig.simulator.join(anna, channel).unwrap();
    let mut ids: Vec<i64> =
        webhook.wait_for(3).await.iter().map(|update| update["update_id"].as_i64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [ids[0], ids[0] + 1, ids[0] + 2]);
    assert_eq!(made[0].update_id, ids[2]);
}

#[tokio::test]
async fn a_refused_update_is_retried_at_once_and_then_after_pauses() {
    let rig = Rig::new().await;
    let webhook = rig.listen().await;
    for _ in 0..3 {
        webhook.answer_next(500, None, Duration::ZERO);
    }
    let begun = Instant::now();
    rig.subscriber("Anna");
    let updates = webhook.wait_for(4).await;
    assert!(begun.elapsed() >= Duration::from_millis(150), "pauses of 0, 50 and 100 ms");
    assert!(updates.iter().all(|update| update == &updates[0]));
    drained(&rig.simulator).await;
    let info = rig.result("getWebhookInfo", json!({})).await;
    assert_eq!(info["last_error_message"], "Wrong response from the webhook: 500 Internal Server Error");
    assert_eq!(info["pending_update_count"], 0);
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let rig = Rig::new().await;
    let webhook = rig.listen().await;
    webhook.answer_next(503, Some("1"), Duration::ZERO);
    let begun = Instant::now();
    rig.subscriber("Anna");
    webhook.wait_for(2).await;
    assert!(begun.elapsed() >= Duration::from_millis(900));
}

#[tokio::test]
async fn no_answer_in_time_is_a_failure() {
    let rig = Rig::new().await;
    let webhook = rig.listen().await;
    webhook.answer_next(200, None, Duration::from_secs(3));
    rig.subscriber("Anna");
    webhook.wait_for(2).await;
    let info = rig.result("getWebhookInfo", json!({})).await;
    assert_eq!(info["last_error_message"], "Read timeout expired");
}

#[tokio::test]
async fn queues_run_side_by_side_up_to_max_connections() {
    let rig = Rig::new().await;
    let webhook = Webhook::start().await;
    webhook.set_pause(Duration::from_millis(50));
    rig.result("setWebhook", json!({ "url": webhook.url, "max_connections": 3 })).await;
    for number in 0..12 {
        rig.subscriber(&format!("P{number}"));
    }
    drained(&rig.simulator).await;
    assert_eq!(webhook.most_in_flight(), 3);
}

#[tokio::test]
async fn a_stuck_person_does_not_hold_up_the_others() {
    let rig = Rig::new().await;
    let webhook = rig.listen().await;
    webhook.answer_next(500, Some("60"), Duration::ZERO);
    rig.subscriber("Anna");
    webhook.wait_for(1).await;
    rig.subscriber("Boris");
    rig.subscriber("Clara");
    let updates = webhook.wait_for(3).await;
    let names: Vec<_> =
        updates.iter().map(|update| update["message"]["from"]["first_name"].clone()).collect();
    assert!(names.contains(&json!("Boris")) && names.contains(&json!("Clara")));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(rig.simulator.pending_updates(), 1, "Anna's start waits for its minute");
}

#[tokio::test]
async fn chat_member_comes_only_if_it_is_named() {
    let rig = Rig::new().await;
    let channel = rig.channel();
    let webhook = Webhook::start().await;
    let everything_but = json!({ "url": webhook.url, "allowed_updates": [], "drop_pending_updates": true });
    rig.result("setWebhook", everything_but).await;
    let anna = rig.subscriber("Anna");
    assert!(rig.simulator.join(anna, channel).unwrap().is_empty());
    drained(&rig.simulator).await;
    assert_eq!(kinds(&webhook.updates()), ["message"]);
    let only = json!({ "url": webhook.url, "allowed_updates": ["chat_member"] });
    rig.result("setWebhook", only).await;
    rig.simulator.leave(anna, channel).unwrap();
    rig.simulator.send_text(anna, rig.bot.id, "hello").unwrap();
    drained(&rig.simulator).await;
    assert_eq!(kinds(&webhook.updates()), ["message", "chat_member"]);
    let info = rig.result("getWebhookInfo", json!({})).await;
    assert_eq!(info["allowed_updates"], json!(["chat_member"]));
}

#[tokio::test]
async fn pending_updates_wait_for_a_webhook_or_are_dropped() {
    let rig = Rig::new().await;
    rig.subscriber("Anna");
    assert_eq!(rig.simulator.pending_updates(), 1);
    rig.result("deleteWebhook", json!({ "drop_pending_updates": true })).await;
    assert_eq!(rig.simulator.pending_updates(), 0);
    rig.subscriber("Boris");
    let webhook = rig.listen().await;
    assert_eq!(webhook.wait_for(1).await[0]["message"]["from"]["first_name"], "Boris");
}

#[tokio::test]
async fn an_update_can_be_delivered_again_or_made_up() {
    let rig = Rig::new().await;
    let webhook = rig.listen().await;
    let anna = rig.simulator.create_user(NewUser::named("Anna"));
    let made = rig.simulator.press_start(anna, "https://t.me/shop_bot?start=a").unwrap();
    webhook.wait_for(1).await;
    rig.simulator.redeliver(rig.bot.id, made[0].update_id).unwrap();
    let updates = webhook.wait_for(2).await;
    assert_eq!(updates[0], updates[1]);
    let made_up =
        rig.simulator.inject_update(rig.bot.id, json!({ "brand_new_update_2027": { "a": 1 } })).unwrap();
    let updates = webhook.wait_for(3).await;
    assert_eq!(updates[2], json!({ "update_id": made_up.update_id, "brand_new_update_2027": { "a": 1 } }));
    assert!(rig.simulator.redeliver(rig.bot.id, 5).is_err());
}

#[tokio::test]
async fn a_group_also_says_in_a_message_who_came() {
    let rig = Rig::new().await;
    let group = rig.chat(ChatKind::Supergroup, false);
    let anna = rig.subscriber("Anna");
    let webhook = Webhook::start().await;
    let parameters =
        json!({ "url": webhook.url, "allowed_updates": super::EVERYTHING, "drop_pending_updates": true });
    rig.result("setWebhook", parameters).await;
    rig.simulator.join(anna, group).unwrap();
    let updates = webhook.wait_for(2).await;
    let message = updates.iter().find_map(|update| update.get("message")).unwrap();
    assert_eq!(message["new_chat_members"][0]["id"], json!(anna));
}
