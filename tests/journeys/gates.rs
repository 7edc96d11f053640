//! The line before a gate: everybody has a turn of their own, and keeps it.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::fact_clock::FactClock;
use shared::domain::gate::STEP_MS;
use shared::ids::UserId;
use shared::queue::{MessageTask, QueuedMessage};

use crate::world::{Scene, World};

const NOW_MS: i64 = 1_800_000_000_000;

async fn world() -> (World, Clock, Scene) {
    let clock = Clock::manual(NOW_MS);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    (world, clock, scene)
}

#[tokio::test]
async fn a_gate_that_closes_anew_gives_out_no_turn_twice() {
    let (world, _, scene) = world().await;
    let (store, bot) = (&world.system.app.store, scene.bot_key());
    let joined = async || store.join_line(bot).await.unwrap();
    store.close_gate(bot, NOW_MS + 1_000).await.unwrap();
    let mut turns = Vec::new();
    for _ in 0..30 {
        turns.push(joined().await);
    }
    assert_eq!((turns[0], turns[29]), (NOW_MS + 1_000 + STEP_MS, NOW_MS + 1_000 + 30 * STEP_MS));
    // Closed for longer, opened, and closed anew, with some of the line still to come.
    for until_ms in [NOW_MS + 2_000, NOW_MS + 1_500] {
        store.close_gate(bot, until_ms).await.unwrap();
        assert_eq!(store.gate(bot).await.unwrap().closed_until_ms, NOW_MS + 2_000, "never for less");
        assert_eq!(joined().await, turns[turns.len() - 1] + STEP_MS);
        turns.push(turns[turns.len() - 1] + STEP_MS);
    }
    let last = turns[turns.len() - 1];
    let gate = store.gate(bot).await.unwrap();
    assert!(!gate.admits_newcomers(last - 1) && gate.admits_newcomers(last));
    store.close_gate(bot, last + 5_000).await.unwrap();
    assert_eq!(joined().await, last + 5_000 + STEP_MS, "the line was over before the opening");
}

/// Has a welcome's task received by the sender; whether it is to be received again.
async fn is_held(world: &World, task: Value, count: u32) -> bool {
    let attributes = json!({"ApproximateReceiveCount": count.to_string()});
    let message =
        json!({"messageId": "1", "receiptHandle": "r", "body": task.to_string(), "attributes": attributes});
    let answer = world.system.cloud.invoke("message-sender", json!({"Records": [message]})).await.unwrap();
    !answer["batchItemFailures"].as_array().unwrap().is_empty()
}

/// The task of somebody who pressed Start without a campaign, heard polite words, and waits for more.
fn task(world: &World, scene: &Scene, user: i64, turn_ms: Option<i64>) -> Value {
    let start = FactClock::first_of_second(world.system.app.clock.now());
    let task = MessageTask::AnswerV1 { bot: scene.bot_key(), campaign: None, user: UserId(user), start };
    serde_json::to_value(QueuedMessage { task, turn_ms }).unwrap()
}

#[tokio::test]
async fn whoever_comes_before_their_turn_or_without_one_waits_for_it() {
    let (world, clock, scene) = world().await;
    let (store, bot) = (&world.system.app.store, scene.bot_key());
    let anna = world.person("Anna");
    world.simulator.start_bot(anna, "mytrackbot", "").unwrap();
    world.settle().await;
    store.close_gate(bot, NOW_MS + 1_000).await.unwrap();
    let first = store.join_line(bot).await.unwrap();
    let last = store.join_line(bot).await.unwrap();
    clock.advance_ms(first - NOW_MS);
    let held = async |turn_ms, count| is_held(&world, task(&world, &scene, anna, turn_ms), count).await;
    assert!(held(Some(last), 1).await, "before the turn");
    assert_eq!(store.gate(bot).await.unwrap().line_end_ms, last, "and the place is kept");
    assert!(held(None, 1).await, "a newcomer");
    assert_eq!(store.gate(bot).await.unwrap().line_end_ms, last + STEP_MS, "who now has a place");
    assert_eq!(world.messages(anna).len(), 1);
    assert!(!held(Some(first), 1).await && !held(None, 2).await, "those whose turn it is");
    assert_eq!(world.messages(anna).len(), 3);
}
