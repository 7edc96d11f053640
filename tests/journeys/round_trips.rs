use serde_json::json;

use super::retries::{answer, retry, stage};
use crate::world::{MemberChange, World, member_update, start_update};

/// What Telegram waits for, with the configuration in the webhook's memory.
#[tokio::test]
async fn a_join_takes_one_call_of_aws_and_a_start_three() {
    let world = World::new().await;
    let scene = world.scene().await;
    let users: Vec<_> = (0..11).map(|_| world.person("Anna")).collect();
    for user in &users {
        world.simulator.start_bot(*user, "mytrackbot", "").unwrap();
    }
    world.settle().await;
    let now = world.system.app.clock.now();
    let payload = format!("{}-c", scene.code);
    let deliver = async |update| assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    deliver(start_update(1, users[0], now, &payload)).await;
    deliver(member_update(2, now, MemberChange::join(users[0], scene.chat))).await;

    let calls = || world.faults.calls_of("telegram-webhook");
    let before = calls();
    for user in &users[1..] {
        deliver(start_update(*user, *user, now, &payload)).await;
    }
    assert_eq!(calls() - before, 30, "ten starts: the fact, the gate, and that the welcome has left");
    let before = calls();
    for user in &users[1..] {
        deliver(member_update(100 + user, now, MemberChange::join(*user, scene.chat))).await;
    }
    assert_eq!(calls() - before, 10, "ten joins: the fact");
}

/// What is tried again is mostly for a host that does not answer, so that much of it comes at the same time.
#[tokio::test]
async fn a_batch_of_retries_reads_what_they_are_about_at_once() {
    let (world, scene, clock, tasks) = stage(11).await;
    let edit = json!({"id": scene.campaign.campaign, "pb_wait": world.template("wait")});
    scene.account.post_json("/api/camp/edit.json", &edit).await.data();
    let tasks: Vec<_> = tasks.into_iter().map(|(_, task)| task).collect();
    answer(&world, 429);
    assert!(world.receive(&tasks).await.is_empty());
    clock.advance_ms(12_100);
    let (first, others) = tasks.split_first().unwrap();
    assert!(retry(&world, first).await, "reads the configuration");

    let before = world.faults.calls_of("postback-retrier");
    assert!(world.retry(others).await.is_empty());
    let calls = world.faults.calls_of("postback-retrier") - before;
    assert_eq!(calls, 2 + 10 * 3, "leads and postbacks; the lease, the attempt and when the next is due");
    assert_eq!(world.postbacks().len(), 22);
}
