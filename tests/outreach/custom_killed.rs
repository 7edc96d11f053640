//! Functions that die while an endpoint is asked: nobody gets anything twice, and everybody gets theirs.

use local::faults::Death;
use serde_json::json;
use shared::ids::AccountId;

use super::custom::greet;
use crate::world::{Endpoint, World, header};

const ACCOUNT: AccountId = AccountId(1);

/// Has a function die at every `step`th of its calls; how often it did.
async fn die(binary: &str, step: usize) -> usize {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 3).await;
    let endpoint = Endpoint::start(|asked, _| greet(asked)).await;
    let mut deaths = 0;
    for calls in (0..).step_by(step) {
        let death = Death { calls, lost_answer: (calls / step) % 2 == 1 };
        let (before, asked) = (world.simulator.sends(), endpoint.asked().len());
        let campaign = account.custom_campaign(&endpoint).await;
        world.faults.kill(binary, death);
        let id = account.execute(&campaign, &json!({})).await;
        let is_over =
            async || world.faults.has_died(binary) || world.execution(ACCOUNT, &id).await.status.is_over();
        world.in_time("it died or has done", is_over).await;
        let has_died = world.faults.revive(binary);
        world.ended_in_time(ACCOUNT, &id).await;
        let outcomes = world.outcomes(ACCOUNT, &id).await;
        let count = |name| outcomes.get(name).copied().unwrap_or_default();
        assert_eq!(count("delivered") + count("unknown"), 3, "{death:?}: {outcomes:?}");
        let times = world.sent_times_since(&before, &reached);
        assert!(times.keys().all(|times| *times <= 1), "{death:?}: {times:?}");
        let asked = endpoint.asked().split_off(asked);
        let mut ids: Vec<_> = asked.iter().map(|request| header(request, "webhook-id")).collect();
        ids.sort_unstable();
        ids.dedup();
        assert!(asked.len() <= ids.len() + 1, "{death:?}: a death repeats one request at most: {ids:?}");
        if !has_died {
            return deaths;
        }
        deaths += 1;
    }
    deaths
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dies_while_an_endpoint_is_asked_repeats_and_loses_nobody() {
    let asked = die("broadcast-planner", 13).await;
    let sent = die("broadcast-sender", 9).await;
    assert!(asked >= 6 && sent >= 3, "{asked} {sent}");
}
