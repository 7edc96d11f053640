//! What shares a bot with an execution: another one, and welcomes.

use std::time::{Duration, Instant};

use serde_json::json;
use shared::ids::AccountId;

use crate::world::{Scene, World};

const ACCOUNT: AccountId = AccountId(1);

#[tokio::test]
async fn a_campaign_of_high_priority_overtakes_one_of_low_within_a_chunk() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 330).await;
    let low = account.outreach_campaign(&json!({"messages": [{"content": "low"}]})).await;
    let high = account.outreach_campaign(&json!({"messages": [{"content": "high"}]})).await;
    let low = account.execute(&low, &json!({"priority": "low"})).await;
    let sent = || world.simulator.sends().values().sum::<u64>();
    world.until("the low one runs", async || sent() >= 20).await;
    let high = account.execute(&high, &json!({"priority": "high"})).await;
    world
        .until("the high one is planned", async || !world.execution(ACCOUNT, &high).await.bots.is_empty())
        .await;
    world.ended(ACCOUNT, &high).await;
    let requests = world.simulator.requests();
    let sends = requests.iter().filter(|request| request.method == "sendMessage");
    let texts: Vec<_> =
        sends.map(|request| request.parameters["text"].as_str().unwrap().to_owned()).collect();
    let first = texts.iter().position(|text| text == "high").unwrap();
    let last = texts.iter().rposition(|text| text == "high").unwrap();
    assert!(texts[first..=last].iter().all(|text| text == "high"), "nothing of low priority comes between");
    assert_eq!(last - first + 1, 330);
    assert!(first < 330, "the low one was not done before: {first}");
    world.ended(ACCOUNT, &low).await;
    assert_eq!(world.sent_times(&reached), [(2, 330)].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_welcome_is_no_more_than_a_second_later_while_an_execution_runs() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 200).await;
    let scene = world.setting().bot("outreach0_bot").without_templates().set_up().await;
    assert_eq!(scene.bot.tg, reached[0].bot.tg);
    let quiet = slowest_of(&world, &scene).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    let sent = || world.sent_times(&reached).get(&1).copied().unwrap_or_default();
    world.until("it sends", async || sent() >= 10).await;
    let busy = slowest_of(&world, &scene).await;
    assert!(sent() < 200, "the execution still runs");
    println!("a welcome takes {quiet:?}, and while an execution runs {busy:?}");
    assert!(busy < quiet + Duration::from_secs(1), "{quiet:?} {busy:?}");
    world.ended(ACCOUNT, &id).await;
    assert!(world.simulator.requests().iter().all(|request| request.code != 429));
}

/// How long the slowest of some welcomes takes, four in a second.
pub async fn slowest_of(world: &World, scene: &Scene) -> Duration {
    let mut slowest = Duration::ZERO;
    for number in 0..12 {
        let (user, begun) = (world.person("Anna"), Instant::now());
        scene.start(user, &format!("c{number}"));
        world.until("the welcome is there", async || !world.messages(user).is_empty()).await;
        slowest = slowest.max(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(250).saturating_sub(begun.elapsed())).await;
    }
    slowest
}
