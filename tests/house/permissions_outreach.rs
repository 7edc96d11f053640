//! The calls of a campaign that is sent, for the comparison of policies with calls.

use serde_json::{Value, json};
use shared::ids::{BotId, BotKey};
use telegram_simulator::{Faults, Refusal};

use crate::world::{Account, World, samples::png};

/// A campaign with a picture goes out, after a moment of silence that Telegram wants.
pub async fn send_outreach(world: &World, account: &Account) {
    let reached = world.reached(account, 1, 3).await;
    let form = world.presigned(account, "image/png").await;
    assert_eq!(world.send_form(&form, &png(64, 48)).await, 204);
    let refusal = Refusal { code: 429, retry_after: Some(1), next: 1, ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    let message = json!({"content": "Look", "media": form["media"]});
    let audience = json!({"bots": [reached[0].bot.id]});
    let campaign = json!({"messages": [message], "targetAudience": audience});
    let campaign = account.outreach_campaign(&campaign).await;
    let execution = account.execute(&campaign, &json!({})).await;
    world.ended(account.id, &execution).await;
    assert_eq!(world.execution(account.id, &execution).await.counts.reachable, 3);
    let deliveries = format!("executions/{execution}/deliveries");
    account.v1("GET", &deliveries, &Value::Null).await.success(200);
    export_deliveries(world, account).await;
    try_again(world, account, reached[0].bot.id).await;
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
