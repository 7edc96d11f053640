//! Who gets nothing though they are in the audience: who had enough of late, and who is held out.

use serde_json::{Value, json};
use shared::domain::outreach::Exclusion;
use shared::ids::{AccountId, BotId, BotKey};

use super::quiet_hours::world_at;
use crate::world::World;

const ACCOUNT: AccountId = AccountId(1);

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn who_had_enough_of_late_is_left_out_and_may_have_more_later() {
    let world = world_at("2026-07-01T09:00:00Z").await;
    let account = world.account();
    world.reached(&account, 1, 30).await;
    let first = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&first, &json!({"targetPercentage": 50})).await;
    world.ended(ACCOUNT, &id).await;
    let had = u64::try_from(world.outcomes(ACCOUNT, &id).await["delivered"]).unwrap();
    assert!(had > 5 && had < 25, "{had}");
    let cap = json!({"strategy": {"frequencyCap": {"messages": 1, "hours": 12}}});
    let careful = account.outreach_campaign(&cap).await;
    let order = json!({"targetPercentage": 99.9999});
    let id = account.execute(&careful, &order).await;
    world.ended(ACCOUNT, &id).await;
    let counts = world.execution(ACCOUNT, &id).await.counts;
    assert_eq!(counts.excluded, [(Exclusion::FrequencyCapped, had)].into());
    assert_eq!(
        world.outcomes(ACCOUNT, &id).await,
        [("delivered", 30 - usize::try_from(had).unwrap())].into()
    );
    world.pass_time(13 * HOUR_MS).await;
    let id = account.execute(&careful, &order).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", usize::try_from(had).unwrap())].into());
}

#[tokio::test]
async fn who_had_enough_between_planning_and_sending_is_skipped_with_every_message() {
    let world = world_at("2026-07-01T09:00:00Z").await;
    let account = world.account();
    let reached = world.reached(&account, 1, 12).await;
    let bot = BotKey { account: ACCOUNT, bot: BotId(reached[0].bot.id) };
    let app = &world.system.app;
    app.store.close_gate(bot, app.clock.now_ms() + HOUR_MS).await.unwrap();
    let cap = json!({"messages": [{"content": "One"}, {"content": "Two"}],
        "strategy": {"frequencyCap": {"messages": 1, "days": 7}}});
    let careful = account.outreach_campaign(&cap).await;
    let careful = account.execute(&careful, &json!({"priority": "low"})).await;
    let first = account.outreach_campaign(&json!({})).await;
    let first = account.execute(&first, &json!({"priority": "high", "targetPercentage": 50})).await;
    world
        .until("both are planned", async || {
            let (careful, first) =
                (world.execution(ACCOUNT, &careful).await, world.execution(ACCOUNT, &first).await);
            careful.recipients() == 12 && first.recipients() > 0
        })
        .await;
    app.clock.advance_ms(HOUR_MS);
    world.ended(ACCOUNT, &careful).await;
    let had = world.outcomes(ACCOUNT, &first).await["delivered"];
    let outcomes = world.outcomes(ACCOUNT, &careful).await;
    assert_eq!(outcomes, [("FREQUENCY_CAPPED", 2 * had), ("delivered", 2 * (12 - had))].into());
}

#[tokio::test]
async fn who_is_held_out_gets_nothing_and_is_counted() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 40).await;
    let campaign = account.outreach_campaign(&json!({"strategy": {"holdoutPercentage": 30}})).await;
    let answer = account.v1("POST", &format!("campaigns/{campaign}/execute"), &Value::Null).await;
    let answer = answer.success(202);
    let id = answer["executionId"].as_str().unwrap();
    world.ended(ACCOUNT, id).await;
    let held = answer["audience"]["excluded"]["heldOut"].as_u64().unwrap();
    assert!(held > 2 && held < 25, "{held}");
    let sent = 40 - usize::try_from(held).unwrap();
    assert_eq!(world.sent_times(&reached), [(0, 40 - sent), (1, sent)].into());
    let path = format!("campaigns/{campaign}/statistics");
    let statistics = account.v1("GET", &path, &Value::Null).await.success(200);
    assert_eq!(statistics["holdout"]["percentage"], 30);
    assert_eq!(
        (&statistics["holdout"]["people"], &statistics["holdout"]["treated"]["people"]),
        (&json!(held), &json!(sent))
    );
    let asked = account.v1("GET", &format!("{path}?metrics=holdout"), &Value::Null).await.success(200);
    assert_eq!(asked["holdout"]["people"], held);
}
