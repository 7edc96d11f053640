//! What is due later than a queue can delay it.

use serde_json::json;
use shared::clock::Clock;
use shared::store::{DUE_SHARDS, Due, DueQueue};

use crate::world::World;

const MINUTE_MS: i64 = 60_000;

/// How many bodies the queue of messages got of those that no worker knows.
fn queued(world: &World) -> Vec<String> {
    let mut bodies = world.system.cloud.queue_bodies("WelcomeQueue").unwrap();
    bodies.sort();
    bodies
}

async fn sweep(world: &World) {
    world.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
}

async fn kept(world: &World, minute: i64) -> usize {
    let mut count = 0;
    for shard in 0..DUE_SHARDS {
        count += world.system.app.store.dues(minute, shard).await.unwrap().len();
    }
    count
}

#[tokio::test]
async fn what_is_due_within_the_next_minute_is_handed_on_and_what_is_due_later_stays() {
    let start_ms = 29_000_000 * MINUTE_MS + 30_000;
    let world = World::with(|options| options.clock = Clock::manual(start_ms)).await;
    let store = &world.system.app.store;
    for (name, in_ms) in [("past", -20_000), ("now", 0), ("soon", 80_000), ("later", 95_000)] {
        let due = Due {
            due_ms: start_ms + in_ms,
            id: name.to_owned(),
            task: format!("\"{name}\""),
            queue: DueQueue::Welcomes,
        };
        for _ in 0..2 {
            store.put_due(&due).await.unwrap();
        }
    }
    sweep(&world).await;
    assert_eq!(queued(&world), ["\"now\"", "\"past\"", "\"soon\""]);
    assert_eq!((kept(&world, 29_000_000).await, kept(&world, 29_000_002).await), (0, 1));
    sweep(&world).await;
    assert_eq!(queued(&world).len(), 3, "a second sweep hands nothing on again");
    world.system.app.clock.advance_ms(MINUTE_MS);
    sweep(&world).await;
    assert_eq!(queued(&world).len(), 4);
}

#[tokio::test]
async fn a_sweep_makes_up_for_hours_without_one() {
    let start_ms = 29_000_000 * MINUTE_MS;
    let world = World::with(|options| options.clock = Clock::manual(start_ms)).await;
    let store = &world.system.app.store;
    sweep(&world).await;
    assert_eq!(store.swept_minute().await.unwrap(), Some(29_000_000));
    for minutes in [1, 100, 700, 800] {
        let task = format!("\"{minutes:03}\"");
        let due =
            Due { due_ms: start_ms + minutes * MINUTE_MS, id: task.clone(), task, queue: DueQueue::Welcomes };
        store.put_due(&due).await.unwrap();
    }
    world.system.app.clock.advance_ms(900 * MINUTE_MS);
    let mut swept = 29_000_000;
    while swept < 29_000_900 {
        // On a busy machine its time may run out; the next one goes on from there.
        let ended = world.system.cloud.invoke("due-sweep", json!({})).await.is_ok();
        let now_swept = store.swept_minute().await.unwrap().unwrap();
        let whole = (swept + 720).min(29_000_900);
        assert!((swept + 1..=whole).contains(&now_swept), "so much in one go: {swept} to {now_swept}");
        assert!(now_swept == whole || !ended, "whole, and not more: {swept} to {now_swept}");
        let due = [1, 100, 700, 800].map(|minutes| 29_000_000 + minutes);
        let handed_on = due.iter().filter(|minute| **minute <= now_swept).count();
        assert_eq!(queued(&world).len(), handed_on);
        swept = now_swept;
    }
    assert_eq!(queued(&world), ["\"001\"", "\"100\"", "\"700\"", "\"800\""]);
    store.note_swept(5).await.unwrap();
    assert_eq!(store.swept_minute().await.unwrap(), Some(29_000_900), "never back");
}
