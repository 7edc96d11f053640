//! The calls that are about webhooks, for the comparison of policies with calls.

use serde_json::{Value, json};

use telegram_simulator::ReceiverAnswer;

use crate::world::{Account, World};

/// One webhook from its making to its end; its receiver answers nothing.
pub async fn keep_webhooks(account: &Account) {
    let body = json!({"url": "http://127.0.0.1:1/", "events": ["campaign.paused"]});
    let made = account.v1("POST", "webhooks", &body).await.success(201);
    let path = format!("webhooks/{}", made["id"].as_str().unwrap());
    account.v1("GET", "webhooks", &Value::Null).await.success(200);
    for (method, path, body) in [
        ("GET", path.clone(), Value::Null),
        ("PUT", path.clone(), json!({"description": "Mine"})),
        ("POST", format!("{path}/rotate-secret"), Value::Null),
        ("POST", format!("{path}/test"), Value::Null),
        ("DELETE", path, Value::Null),
    ] {
        account.v1(method, &path, &body).await.success(200);
    }
}

/// What webhooks are told by all functions on its way, to a receiver that fails, and refuses, and fails once more.
pub async fn tell_webhooks(world: &World, account: &Account) {
    let url = format!("{}/simulator/receiver/hook", world.system.base_url());
    let body = json!({"url": url, "events": ["campaign.created", "contact.unsubscribed"]});
    let made = account.v1("POST", "webhooks", &body).await.success(201);
    let path = format!("webhooks/{}", made["id"].as_str().unwrap());
    let reached = world.reached(account, 1, 1).await;
    let (bot, user) = (reached[0].bot.tg, reached[0].people[0]);
    let answer_with = |status| world.simulator.set_receiver(ReceiverAnswer { status, delay_ms: 0 });
    let heard = || world.simulator.postbacks().into_iter().filter(|it| it.path == "/hook").count();
    answer_with(500);
    account.outreach_campaign(&json!({})).await;
    world.simulator.send_text(user, bot, "/stop").unwrap();
    world.until("both are told", async || heard() >= 2).await;
    answer_with(404);
    // Bots are looked at from time to time, so that it is never quiet here.
    let log = async |status: &str| {
        let path = format!("{path}/deliveries?status={status}");
        account.v1("GET", &path, &Value::Null).await.success(200)["deliveries"].clone()
    };
    world.until("both are refused", async || log("failed").await.as_array().unwrap().len() == 2).await;
    answer_with(500);
    let failed = log("failed").await;
    let id = failed[0]["id"].as_str().unwrap();
    account.v1("POST", &format!("{path}/deliveries/{id}/redeliver"), &Value::Null).await.success(202);
    world.until("one is planned", async || log("pending").await[0]["nextAttemptAt"].is_string()).await;
    world.until("it is written down", async || !world.naming("\"webhooks\"").await.is_empty()).await;
    answer_with(200);
    account.v1("DELETE", &path, &Value::Null).await.success(200);
    let event = std::fs::read_to_string(super::root().join("events/webhook-stream/unreadable-record.json"));
    let event = serde_json::from_str(&event.unwrap()).unwrap();
    world.system.cloud.invoke("webhook-stream", event).await.unwrap();
}
