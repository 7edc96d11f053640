//! Outreach campaigns, lived through for what their functions ask of AWS.

use serde_json::{Value, json};
use shared::domain::calendar::iso_time;
use shared::ids::{BotId, BotKey};
use shared::queue::PlanTask;
use telegram_simulator::{Faults, Refusal};

use super::permissions_conversions::convert;
use super::permissions_surveys::answer_questions;
use crate::world::samples::png;
use crate::world::{Account, World};

/// A campaign is planned, once the planner finds its table again.
pub async fn execute(world: &World, account: &Account, tester: i64) {
    let testers = json!({"testers": [tester.to_string()]});
    account.v1("PUT", "testers", &testers).await.success(200);
    let tested = account.outreach_campaign(&json!({})).await;
    account.execute(&tested, &json!({"testMode": true, "scheduledAt": "2099-01-01T00:00:00Z"})).await;
    account.v1("DELETE", &format!("campaigns/{tested}"), &Value::Null).await.success(200);
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    account.v1("GET", &format!("campaigns/{campaign}/executions"), &Value::Null).await.success(200);
    world.quiet().await;
    account.v1("GET", &format!("executions/{id}"), &Value::Null).await.success(200);
    let waiting = account.outreach_campaign(&json!({})).await;
    let soon = iso_time(world.system.app.clock.now() + 2);
    let waiting = account.execute(&waiting, &json!({"scheduledAt": soon})).await;
    let waiting = world.execution(account.id, &waiting).await.id;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert!(!world.plan(&PlanTask::BeginV1 { account: account.id, execution: waiting }).await);
    let execution = world.execution(account.id, &id).await.id;
    world.faults.go_down();
    assert!(world.plan(&PlanTask::ShardV1 { account: account.id, execution, shard: 0 }).await);
    world.faults.come_back();
}

/// A campaign waits for leads, and is for none of them.
pub async fn wait_for_leads(account: &Account) {
    let (workflow, audience) = (json!({"triggers": ["lead.wait"]}), json!({"bots": [77]}));
    let campaign =
        account.outreach_campaign(&json!({"workflow": workflow, "targetAudience": audience})).await;
    let active = json!({"status": "active"});
    account.v1("PUT", &format!("campaigns/{campaign}"), &active).await.success(200);
}

/// A campaign is made, changed, and deleted.
pub async fn plan_outreach(account: &Account) {
    let start = json!({"startDate": "2099-01-01T00:00:00Z"});
    let over = json!({"startDate": "2024-01-01T00:00:00Z"});
    let id = account.outreach_campaign(&start).await;
    // The list has to count a campaign of its own.
    account.v1("GET", &format!("campaigns/{id}"), &Value::Null).await.success(200);
    account.outreach_campaign(&json!({})).await;
    for (method, path, body) in [
        ("GET", String::new(), Value::Null),
        ("PUT", format!("/{id}"), json!({"status": "active"})),
        ("POST", format!("/{id}/pause"), Value::Null),
        ("POST", format!("/{id}/resume"), Value::Null),
        ("PUT", format!("/{id}"), json!({"startDate": "2098-01-01T00:00:00Z"})),
        ("GET", format!("/{id}/progress"), Value::Null),
        ("GET", format!("/{id}/statistics"), Value::Null),
        ("GET", format!("/{id}/history"), Value::Null),
        ("POST", format!("/{id}/clone"), Value::Null),
        ("PUT", format!("/{id}"), json!({"status": "cancelled"})),
        ("DELETE", format!("/{id}"), Value::Null),
    ] {
        let reply = account.v1(method, &format!("campaigns{path}"), &body).await;
        assert!(matches!(reply.code, 200 | 201), "{method} {path}: {}", reply.text);
    }
    let (begun, idle) = (account.outreach_campaign(&over).await, account.outreach_campaign(&json!({})).await);
    for (method, path, body) in [
        ("PUT", &begun, json!({"status": "active"})),
        ("PUT", &idle, json!({"status": "active"})),
        ("PUT", &idle, json!({"status": "paused"})),
        ("PUT", &idle, over),
        ("POST", &format!("{idle}/resume"), Value::Null),
    ] {
        account.v1(method, &format!("campaigns/{path}"), &body).await.success(200);
    }
    account.v1("GET", "nothing", &Value::Null).await;
}

/// A campaign with a picture goes out, after a moment of silence that Telegram wants.
pub async fn send_outreach(world: &World, account: &Account) {
    let reached = world.reached(account, 1, 3).await;
    let form = world.presigned(account, "image/png").await;
    assert_eq!(world.send_form(&form, &png(64, 48)).await, 204);
    let refusal = Refusal { code: 429, retry_after: Some(1), next: 1, ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    let message = json!({"content": "Look https://shop.example/", "media": form["media"]});
    let audience = json!({"bots": [reached[0].bot.id]});
    let campaign = json!({"messages": [message], "targetAudience": audience});
    let campaign = account.outreach_campaign(&campaign).await;
    let execution = account.execute(&campaign, &json!({})).await;
    world.ended(account.id, &execution).await;
    assert_eq!(world.execution(account.id, &execution).await.counts.reachable, 3);
    click(world, account, &campaign, reached[0].people[0]).await;
    let deliveries = format!("executions/{execution}/deliveries");
    account.v1("GET", &deliveries, &Value::Null).await.success(200);
    convert(world, account, reached[0].bot.id, reached[0].people[0]).await;
    export_deliveries(world, account).await;
    answer_questions(world, account, (reached[0].bot.id, reached[0].bot.tg), reached[0].people[0]).await;
    try_again(world, account, reached[0].bot.id).await;
}

/// Somebody clicks twice, and both are copied.
async fn click(world: &World, account: &Account, campaign: &str, user: i64) {
    let link = world.links_sent_to(user).remove(0);
    for _ in 0..2 {
        assert_eq!(world.click(&link).await.code, 302);
    }
    let keeps = json!({"resetStatistics": false});
    account.v1("POST", &format!("campaigns/{campaign}/clone"), &keeps).await.success(201);
}

/// Everybody is refused at first.
async fn try_again(world: &World, account: &Account, bot: u64) {
    let refusal = Refusal { code: 409, share: 1.0, ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    let campaign = account.outreach_campaign(&json!({"targetAudience": {"bots": [bot]}})).await;
    let execution = account.execute(&campaign, &json!({})).await;
    world.ended(account.id, &execution).await;
    world.simulator.set_faults(Faults::default());
    let path = format!("executions/{execution}/retry-failed");
    let begun = account.v1("POST", &path, &Value::Null).await.success(202);
    world.ended(account.id, begun["executionId"].as_str().unwrap()).await;
    // A lane gets a token only if it had nothing to do.
    let lane = BotKey { account: account.id, bot: BotId(bot) };
    let is_idle = async || world.system.app.store.lane(lane).await.unwrap().idle;
    world.until("the lane has nothing to do", is_idle).await;
    let path = format!("campaigns/{campaign}/messages/delete");
    let is_done = async || account.v1("POST", &path, &Value::Null).await.success(202)["status"] == "done";
    world.until("its messages are deleted", is_done).await;
}

/// A file that is too long for an answer.
async fn export_deliveries(world: &World, account: &Account) {
    let campaign = account.outreach_campaign(&json!({})).await;
    let order = json!({"scheduledAt": "2099-01-01T00:00:00Z"});
    let execution = account.execute(&campaign, &order).await;
    world.crowd(account.id, &execution, 50).await;
    assert_eq!(account.deliveries_file(&campaign, "").await.code, 302);
}
