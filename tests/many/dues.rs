//! What one outage puts off to the same minute.

use std::time::Instant;

use futures::{StreamExt, stream};
use serde_json::json;
use shared::clock::Clock;
use shared::store::{DUE_SHARDS, Due, DueQueue};

use crate::world::World;

/// How many are due.
const ITEMS: usize = 5_000;

/// Reads of the cursor and of pages, and the batches that are not full at the end of a page and a shard.
const SLACK: usize = 150;

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_one_minute_are_handed_on_by_one_sweep_in_tens_and_twenty_fives() {
    let start_ms = 29_000_000 * 60_000;
    let world = World::with(|options| options.clock = Clock::manual(start_ms)).await;
    let store = &world.system.app.store;
    store.note_swept(29_000_000).await.unwrap();
    let put = |number: usize| async move {
        let queue = if number.is_multiple_of(2) { DueQueue::Retries } else { DueQueue::Bots };
        let (id, group) = (format!("{number}"), format!("h{}.example", number % 7));
        let due = Due { due_ms: start_ms + 60_000, task: format!("\"{id}\""), id, queue, group };
        store.put_due(&due, start_ms).await.unwrap();
    };
    stream::iter((0..ITEMS).map(put)).buffer_unordered(8).collect::<Vec<_>>().await;
    let (before, begun) = (world.faults.calls_of("due-sweep"), Instant::now());
    world.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
    let (calls, took) = (world.faults.calls_of("due-sweep") - before, begun.elapsed());
    println!("{ITEMS} due items: {calls} calls of AWS, {took:?}");
    assert!(calls <= ITEMS / 10 + ITEMS / 25 + SLACK, "{calls} calls");
    for shard in 0..DUE_SHARDS {
        assert_eq!(store.dues(29_000_001, shard, None).await.unwrap().dues, []);
    }
    let depth = |queue: &str| world.system.cloud.queue_depth(queue).unwrap().total();
    assert_eq!(depth("RetryQueue") + depth("BotQueue"), ITEMS);
}
