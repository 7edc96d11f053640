//! What webhooks are told gets there whichever function dies at whichever call.

use local::faults::Death;
use serde_json::{Value, json};

use crate::world::{Account, World};

const RETRIER: &str = "webhook-retrier";

/// Makes and cancels a campaign while a function dies once; whether it did.
async fn tell_with_death(world: &World, account: &Account, binary: &str, death: Death) -> bool {
    let before = world.heard().len();
    world.faults.kill(binary, death);
    let campaign = account.outreach_campaign(&json!({})).await;
    let cancelled = json!({"status": "cancelled"});
    account.v1("PUT", &format!("campaigns/{campaign}"), &cancelled).await.success(200);
    let own = || -> Vec<Value> {
        let heard = world.heard().into_iter().skip(before);
        heard.filter(|event| event["data"]["campaignId"] == *campaign).collect()
    };
    let is_told = || own().iter().any(|event| event["data"]["sequence"] == 2);
    for _ in 0..200 {
        if world.faults.has_died(binary) || is_told() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let has_died = world.faults.revive(binary);
    world.in_time("both are told", async || is_told()).await;
    let mut told: Vec<_> =
        own().iter().map(|event| (event["data"]["sequence"].as_u64(), event["id"].to_string())).collect();
    let repeats = told.len() - 2;
    told.dedup();
    assert_eq!(
        told.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(),
        [Some(1), Some(2)],
        "{binary} {death:?}"
    );
    assert!(repeats <= 1, "{binary} {death:?}");
    has_died
}

#[tokio::test]
async fn whichever_function_dies_at_whichever_call_each_event_is_told_in_order() {
    for (binary, least) in [("webhook-stream", 4), ("webhook-sender", 8)] {
        let world = World::hurrying().await;
        let account = world.account();
        world.hook(&account).await;
        let mut deaths = 0;
        for calls in 0.. {
            let died = [
                tell_with_death(&world, &account, binary, Death { calls, lost_answer: false }).await,
                tell_with_death(&world, &account, binary, Death { calls, lost_answer: true }).await,
            ];
            deaths += died.into_iter().filter(|died| *died).count();
            if died == [false, false] {
                break;
            }
        }
        assert!(deaths >= least, "{binary}: {deaths}");
    }
}

/// The delivery of a webhook that was the last to begin.
async fn last_delivery(account: &Account, hook: &str) -> Value {
    account.told(hook, "?limit=1").await["deliveries"][0].clone()
}

/// Has an event told once more, which is the retries' affair, while the retrier dies once; whether it did.
async fn retry_with_death(world: &World, account: &Account, hook: &str, death: Death) -> bool {
    let before = world.heard().len();
    account.outreach_campaign(&json!({})).await;
    world.in_time("it is told", async || world.heard().len() > before).await;
    world.settle().await;
    let delivery = last_delivery(account, hook).await;
    world.faults.kill(RETRIER, death);
    let path = format!("webhooks/{hook}/deliveries/{}/redeliver", delivery["id"].as_str().unwrap());
    account.v1("POST", &path, &Value::Null).await.success(202);
    let heard = || world.heard().split_off(before);
    let is_done =
        async || world.faults.has_died(RETRIER) || heard().len() == 2 && !world.system.cloud.is_working();
    world.in_time("it is told again or not", is_done).await;
    let has_died = world.faults.revive(RETRIER);
    let is_told = async || last_delivery(account, hook).await["status"] == "delivered";
    world.in_time("it is told again", is_told).await;
    let heard = heard();
    assert!((2..=3).contains(&heard.len()), "{death:?}: {heard:?}");
    assert!(heard.iter().all(|event| *event == heard[0]), "{death:?}: {heard:?}");
    has_died
}

#[tokio::test]
async fn whichever_call_a_retry_dies_at_it_is_made_again() {
    let world = World::hurrying().await;
    let account = world.account();
    let hook = world.hook(&account).await;
    let mut deaths = 0;
    for calls in 0.. {
        let died = [
            retry_with_death(&world, &account, &hook, Death { calls, lost_answer: false }).await,
            retry_with_death(&world, &account, &hook, Death { calls, lost_answer: true }).await,
        ];
        deaths += died.into_iter().filter(|died| *died).count();
        if died == [false, false] {
            break;
        }
    }
    assert!(deaths >= 6, "{deaths}");
}

#[tokio::test]
async fn what_is_to_be_told_again_is_whichever_call_the_request_dies_at() {
    const REDELIVER: &str = "webhooks-redeliver";
    let world = World::hurrying().await;
    let account = world.account();
    let hook = world.hook(&account).await;
    account.outreach_campaign(&json!({})).await;
    world.settle().await;
    let delivery = last_delivery(&account, &hook).await;
    let path = format!("webhooks/{hook}/deliveries/{}/redeliver", delivery["id"].as_str().unwrap());
    let mut deaths = 0;
    for calls in 0.. {
        let before = world.heard().len();
        world.faults.kill(REDELIVER, Death { calls, lost_answer: false });
        let asked = account.v1("POST", &path, &Value::Null).await.code;
        if !world.faults.revive(REDELIVER) {
            assert_eq!(asked, 202);
            break;
        }
        deaths += 1;
        let again = account.v1("POST", &path, &Value::Null).await.code;
        assert!(matches!(again, 202 | 409), "{calls}: {again}");
        world.in_time("it is told again", async || world.heard().len() > before).await;
        world.settle().await;
    }
    assert!(deaths >= 3, "{deaths}");
    let heard = world.heard();
    assert!(heard.iter().all(|event| *event == heard[0]), "the same id and words");
}
