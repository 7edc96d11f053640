//! Tokens of lanes that are lost.

use serde_json::json;
use shared::ids::AccountId;

use crate::world::World;

const ACCOUNT: AccountId = AccountId(1);

/// Deletes every token.
async fn purge_lanes(world: &World) {
    let cloud = &world.system.cloud;
    let (endpoint, queue) = (&cloud.aws_environment()["AWS_ENDPOINT_URL_SQS"], cloud.queue_url("LaneQueue"));
    let request = shared::tls::http_client()
        .build()
        .unwrap()
        .post(endpoint)
        .header("x-amz-target", "AmazonSQS.PurgeQueue");
    let request = request.header("content-type", "application/x-amz-json-1.0");
    let answer = request.body(json!({"QueueUrl": queue}).to_string()).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    assert_eq!(cloud.queue_depth("LaneQueue").unwrap().total(), 0);
}

#[tokio::test]
async fn a_token_that_is_lost_before_it_is_received_is_replaced_by_the_sweep() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 2, 15).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = super::planning::execute_unplanned(&world, &campaign).await;
    let execution = world.execution(ACCOUNT, &id).await.id;
    // The lanes are woken, and their tokens are not taken by the queue.
    world.plan_shards(ACCOUNT, &execution).await;
    world.faults.refuse(&["sqs:SendMessage"]);
    let last = shared::queue::PlanTask::ShardV1 { account: ACCOUNT, execution, shard: 0 };
    for _ in 0..3 {
        assert!(world.plan(&last).await || world.system.cloud.queue_depth("LaneQueue").unwrap().total() == 0);
    }
    world.faults.refuse(&[]);
    assert!(!world.plan(&last).await, "the lanes know that they have a token");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(world.sent_times(&reached), [(0, 30)].into(), "and have none");
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 30)].into());
    assert_eq!(world.sent_times(&reached), [(1, 30)].into());
}

#[tokio::test]
async fn a_token_that_is_deleted_while_its_lane_waits_is_replaced_by_the_sweep() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 40).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    let sent = || world.sent_times(&reached).get(&1).copied().unwrap_or_default();
    world.until("some are sent to", async || sent() >= 10).await;
    world.refuse_next("sendMessage", 429, Some(20));
    let is_waiting = async || {
        world.system.cloud.queue_depth("LaneQueue").unwrap().total() == 1 && !world.system.cloud.is_working()
    };
    world.until("the lane waits", is_waiting).await;
    purge_lanes(&world).await;
    world.simulator.set_faults(telegram_simulator::Faults::default());
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 40)].into());
    assert_eq!(sent(), 40);
}

#[tokio::test]
async fn a_lane_that_ends_while_it_is_told_of_work_does_that_work() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 3).await;
    for number in 1..=25_u64 {
        let campaign = account.outreach_campaign(&json!({"name": format!("{number}")})).await;
        let id = account.execute(&campaign, &json!({})).await;
        world.until("everybody has it", async || world.sent_times(&reached) == [(number, 3)].into()).await;
        // The next one comes while this lane ends.
        if number % 5 == 0 {
            world.ended(ACCOUNT, &id).await;
        }
    }
}
