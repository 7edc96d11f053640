//! What is due later than a queue can delay it.

use std::time::Duration;

use futures::{StreamExt, stream};
use serde_json::json;
use shared::App;
use shared::clock::Clock;
use shared::config::Config;
use shared::store::{DUE_SHARDS, Due, DueQueue};

use crate::world::World;

const MINUTE_MS: i64 = 60_000;

/// Longer than any sweep here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many bodies the queue of messages got of those that no worker knows.
fn queued(world: &World) -> Vec<String> {
    let mut bodies = world.system.cloud.queue_bodies("WelcomeQueue").unwrap();
    bodies.sort();
    bodies
}

async fn sweep(world: &World) {
    world.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
}

/// What sweeps, with its environment's variables read so.
fn sweeper(world: &World, value_of: impl Fn(&str, &str) -> String) -> App {
    let environment = world.system.cloud.environment("due-sweep").unwrap();
    let read = |name: &str| environment.get(name).map(|value| value_of(name, value));
    App::new(Config::read(read).unwrap(), world.system.app.clock.clone(), None)
}

async fn kept(world: &World, minute: i64) -> usize {
    let mut count = 0;
    for shard in 0..DUE_SHARDS {
        let page = world.system.app.store.dues(minute, shard, None).await.unwrap();
        count += page.dues.len() + page.unreadable.len();
    }
    count
}

#[tokio::test]
async fn what_is_due_within_the_next_minute_is_handed_on_and_what_is_due_later_stays() {
    let start_ms = 29_000_000 * MINUTE_MS + 30_000;
    let world = World::with(|options| options.clock = Clock::manual(start_ms)).await;
    let store = &world.system.app.store;
    for (name, in_ms) in [("past", -20_000), ("now", 0), ("soon", 80_000), ("later", 95_000)] {
        let (due_ms, task) = (start_ms + in_ms, format!("\"{name}\""));
        let due = Due { due_ms, id: name.to_owned(), task, ..Due::default() };
        for _ in 0..2 {
            store.put_due(&due, start_ms).await.unwrap();
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
        let due_ms = start_ms + minutes * MINUTE_MS;
        let due = Due { due_ms, id: task.clone(), task, ..Due::default() };
        store.put_due(&due, start_ms).await.unwrap();
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

/// Retries are written down from one minute on, at any second of it; a sweep comes each minute, and the queue delays by
/// itself what it is handed early.
#[tokio::test]
async fn what_is_due_in_a_minute_that_was_swept_already_is_as_late_as_the_next_sweep_and_never_lost() {
    let start_ms = 29_000_000 * MINUTE_MS;
    let clock = Clock::manual(start_ms);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let store = &world.system.app.store;
    for sweep_at_s in [0, 20, 59] {
        let first_ms = clock.now_ms().div_euclid(MINUTE_MS) * MINUTE_MS + MINUTE_MS;
        for second in 0..60 {
            clock.advance_ms(first_ms + second * 1_000 - clock.now_ms());
            if second == sweep_at_s {
                sweep(&world).await;
            }
            let (now_ms, id) = (clock.now_ms(), format!("\"{sweep_at_s:02} {second:02}\""));
            let due = Due { due_ms: now_ms + 48_000, id: id.clone(), task: id, ..Due::default() };
            store.put_due(&due, now_ms).await.unwrap();
        }
        for sweeps in 1..=2 {
            clock.advance_ms(first_ms + (sweeps * 60 + sweep_at_s) * 1_000 - clock.now_ms());
            sweep(&world).await;
            let found: Vec<_> = queued(&world)
                .into_iter()
                .filter(|body| body.starts_with(&format!("\"{sweep_at_s:02}")))
                .collect();
            // Of the first sweep's own second and the few before, some have to wait for the second one.
            let least = if sweeps == 1 { 60 - 10 } else { 60 };
            assert!(found.len() >= least, "{} after {sweeps} sweeps at second {sweep_at_s}", found.len());
        }
    }
}

#[tokio::test]
async fn an_item_from_before_there_were_two_queues_goes_to_the_queue_of_messages() {
    let old: Due = serde_json::from_value(json!({"due_ms": 5, "id": "x", "task": "\"x\""})).unwrap();
    assert_eq!((old.queue, old.group.as_str()), (DueQueue::Welcomes, ""));
}

#[tokio::test]
async fn an_item_that_does_not_read_or_that_its_queue_refuses_holds_up_nothing_and_comes_again_in_an_hour() {
    let start_ms = 29_000_000 * MINUTE_MS + 30_000;
    let world = World::with(|options| options.clock = Clock::manual(start_ms)).await;
    let store = &world.system.app.store;
    let due = |id: &str, task: &str| Due {
        due_ms: start_ms,
        id: id.to_owned(),
        task: task.to_owned(),
        ..Due::default()
    };
    store.put_due(&due("empty", ""), start_ms).await.unwrap();
    for number in 0..20 {
        store.put_due(&due(&format!("good {number}"), "\"good\""), start_ms).await.unwrap();
    }
    let strange =
        json!({"PK": {"S": "DUE#29000001#3"}, "SK": {"S": "1740000000000#strange"}, "queue": {"S": "x"}});
    world.put_item("due-sweep", &strange).await;
    assert_eq!(kept(&world, 29_000_001).await, 22);
    sweep(&world).await;
    assert_eq!(queued(&world).len(), 20);
    assert_eq!((kept(&world, 29_000_001).await, kept(&world, 29_000_061).await), (0, 2));
    world.system.app.clock.advance_ms(60 * MINUTE_MS);
    sweep(&world).await;
    assert_eq!(store.swept_minute().await.unwrap(), Some(29_000_060));
    assert_eq!((kept(&world, 29_000_061).await, kept(&world, 29_000_121).await), (0, 2));
}

#[tokio::test]
async fn a_queue_that_takes_nothing_holds_up_its_own_items_alone_and_loses_none() {
    let start_ms = 29_000_000 * MINUTE_MS;
    let clock = Clock::manual(start_ms);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let store = &world.system.app.store;
    let half = sweeper(&world, |name, value| match name {
        "RETRY_QUEUE_URL" => format!("{value}-gone"),
        _ => value.to_owned(),
    });
    store.note_swept(29_000_000).await.unwrap();
    let put = async |id: &str, minutes: i64, queue| {
        let due_ms = start_ms + minutes * MINUTE_MS;
        let due = Due { due_ms, id: id.to_owned(), task: format!("\"{id}\""), queue, ..Due::default() };
        store.put_due(&due, clock.now_ms()).await.unwrap();
    };
    for minute in [1, 2, 800] {
        put(&format!("r{minute}"), minute, DueQueue::Retries).await;
        put(&format!("w{minute}"), minute, DueQueue::Welcomes).await;
    }
    clock.advance_ms(2 * MINUTE_MS);
    assert!(half.sweep_due_items(PATIENCE).await.is_err(), "an alarm hears of it");
    assert_eq!(queued(&world), ["\"w1\"", "\"w2\""]);
    assert_eq!(store.swept_minute().await.unwrap(), Some(29_000_000));
    clock.advance_ms(798 * MINUTE_MS);
    assert!(half.sweep_due_items(PATIENCE).await.is_err());
    assert_eq!(queued(&world).len(), 3, "what is due now goes on after half a day of it");
    sweep(&world).await;
    sweep(&world).await;
    let mut retries = world.system.cloud.queue_bodies("RetryQueue").unwrap();
    retries.sort();
    assert_eq!(retries, ["\"r1\"", "\"r2\"", "\"r800\""]);
    assert_eq!((queued(&world).len(), store.swept_minute().await.unwrap()), (3, Some(29_000_800)));
}

#[tokio::test]
async fn a_sweep_whose_time_is_over_leaves_the_next_what_was_missed_and_never_what_is_due_now() {
    const MISSED: usize = 3_000;
    let start_ms = 29_000_000 * MINUTE_MS;
    let world = World::with(|options| options.clock = Clock::manual(start_ms)).await;
    let (app, store) = (&world.system.app, &world.system.app.store);
    store.note_swept(29_000_000).await.unwrap();
    let put = |minutes: i64, number: usize, queue| async move {
        let (due_ms, id) = (start_ms + minutes * MINUTE_MS, format!("d{number}"));
        let due = Due { due_ms, task: format!("\"{id}\""), id, queue, ..Due::default() };
        store.put_due(&due, start_ms).await.unwrap();
    };
    let missed = (0..MISSED).map(|number| put(1, number, DueQueue::Retries));
    stream::iter(missed).buffer_unordered(8).collect::<Vec<_>>().await;
    put(4, MISSED, DueQueue::Welcomes).await;
    app.clock.advance_ms(4 * MINUTE_MS);
    let handed_on = || world.system.cloud.queue_depth("RetryQueue").unwrap().total();

    let sweeper = sweeper(&world, |_, value| value.to_owned());
    sweeper.sweep_due_items(Duration::ZERO).await.unwrap();
    assert_eq!(queued(&world), [format!("\"d{MISSED}\"")]);
    assert!((1..MISSED).contains(&handed_on()), "{}", handed_on());
    assert_eq!(store.swept_minute().await.unwrap(), Some(29_000_000));
    for _ in 0..6 {
        sweeper.sweep_due_items(Duration::ZERO).await.unwrap();
    }
    assert_eq!((handed_on(), queued(&world).len()), (MISSED, 1), "each once");
    assert_eq!(store.swept_minute().await.unwrap(), Some(29_000_004));
}
