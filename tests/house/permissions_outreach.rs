//! The calls of a campaign that is sent, for the comparison of policies with calls.

use serde_json::json;
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
}
