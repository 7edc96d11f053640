//! What waits for a dead host waits in the table: when it is due, the others are told as quickly as ever.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use serde_json::json;
use shared::domain::course::Course;
use shared::domain::postback_id::PostbackId;
use shared::domain::postback_log::{PostbackAttempt, PostbackError, PostbackState};
use shared::queue::{Grouped, Task};
use shared::store::{Due, DueQueue, LoggedPostback};
use tokio::net::TcpListener;

use super::deliveries::start_in_silence;
use crate::world::{Scene, World};

/// How many wait for the dead host, all due at once.
const WAITING: i64 = if cfg!(debug_assertions) { 2_000 } else { 120_000 };

/// More than it takes to write them down, in milliseconds: scheduled sweeps come meanwhile, and find none of them.
const WRITTEN_MS: i64 = 3_600_000;

/// How many are told elsewhere before.
const BEFORE: usize = 50;

/// How many are told elsewhere meanwhile: first the dead host hangs for ten seconds, then its circuit is open, and what is
/// due goes back to the table.
const MEANWHILE: usize = 250;

/// Between two of them.
const PAUSE: Duration = Duration::from_millis(100);

/// What the emulated cloud may add, which works all retries on the same two processors.
const UNREST_MS: i64 = 1_500;

/// How long it takes at most until each of those that wait was tried once more: a sweep of a machine this small hands on a
/// part of them, and the sweeps of the next minutes the others.
const PATIENCE: Duration = Duration::from_secs(1_200);

/// Of the retries, as many may be received and not done with: the template's share of Lambda is fifty batches of ten.
const IN_FLIGHT_MAX: usize = 500;

/// How long after its third attempt a postback is tried for the fourth time at the earliest, in milliseconds: five minutes
/// but for a fifth.
const FOURTH_MS: i64 = 240_000;

/// Notes in the log that a postback was tried twice, and when it is due.
async fn put_off(world: &World, scene: &Scene, host: &str, task: &Task, due_ms: i64) {
    let (store, now_ms) = (&world.system.app.store, world.system.app.clock.now_ms());
    let (campaign, user, event) = task.subject();
    let lead = scene.lead(user.0).await.unwrap().id.unwrap();
    let attempt = |ago_ms| {
        let (started_ms, error) = (now_ms - ago_ms, Some(PostbackError::Timeout));
        PostbackAttempt { started_ms, took_ms: 10_000, error, ..PostbackAttempt::default() }
    };
    let mut logged = LoggedPostback {
        id: PostbackId { campaign: campaign.campaign, lead, event },
        subscriber: user,
        state: PostbackState::Pending,
        url: format!("http://{host}/"),
        error: Some(PostbackError::Timeout),
        attempts: vec![attempt(90_000)],
        course: Course { since_ms: Some(now_ms - 90_000), next_ms: Some(due_ms), hold: None },
    };
    store.log_attempt(campaign.account, &logged).await.unwrap();
    logged.attempts.push(attempt(70_000));
    store.log_attempt(campaign.account, &logged).await.unwrap();
    let (id, wire, group) = (task.id(), task.spelled().unwrap(), host.to_owned());
    let due = Due { due_ms, id, task: wire, queue: DueQueue::Retries, group };
    store.put_due(&due, now_ms).await.unwrap();
}

/// Sends these to the postback queue, and answers the milliseconds to the delivery of each, sorted.
async fn delays(world: &World, tasks: &[Task], mut look: impl FnMut()) -> Vec<i64> {
    let queue = world.system.app.queue_at(world.system.cloud.queue_url("PostbackQueue").unwrap());
    let mut sent_ms = HashMap::new();
    for task in tasks {
        let (_, user, _) = task.subject();
        sent_ms.insert(user.0.to_string(), world.system.app.clock.now_ms());
        queue.send(std::slice::from_ref(task)).await.unwrap();
        tokio::time::sleep(PAUSE).await;
        look();
    }
    let arrived = || {
        let delay = world.simulator.postbacks().into_iter().filter_map(|received| {
            let subscriber = received.query.split('&').find_map(|pair| pair.strip_prefix("subscriber="))?;
            Some(received.at_ms - sent_ms.get(subscriber)?)
        });
        delay.collect::<Vec<i64>>()
    };
    world.until("all are delivered", async || arrived().len() == sent_ms.len()).await;
    let mut delays = arrived();
    delays.sort_unstable();
    delays
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_dead_host_holds_up_nobody_when_it_is_due() {
    // Takes connections and never answers.
    let hole = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = hole.local_addr().unwrap().to_string();
    let keeper = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = hole.accept().await {
            open.push(stream);
        }
    });
    let world = World::hurrying().await;
    let dead = world.setting().without_templates().set("pb_wait", format!("http://{host}/")).set_up().await;
    let quiet = world.setting().bot("otherbot").without_templates();
    let quiet = quiet.set("pb_wait", world.template("other")).set_up().await;
    let waiting = start_in_silence(&world, &dead, WAITING).await;
    let others = start_in_silence(&world, &quiet, i64::try_from(BEFORE + MEANWHILE).unwrap()).await;
    let before = delays(&world, &others[..BEFORE], || {}).await;

    // Later than all of it is written, so that one sweep finds it all.
    let due_ms = world.system.app.clock.now_ms() + WRITTEN_MS;
    let puts = waiting.iter().map(|task| put_off(&world, &dead, &host, task, due_ms));
    stream::iter(puts).buffer_unordered(8).collect::<Vec<()>>().await;
    let depth = |queue: &str| world.system.cloud.queue_depth(queue).unwrap();
    assert_eq!((depth("PostbackQueue").total(), depth("RetryQueue").total()), (0, 0), "they occupy no queue");
    world.system.app.clock.advance_ms(WRITTEN_MS);
    world.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
    let (mut retries, mut in_flight, mut first, mut left) = (0, 0, 0, 0);
    let meanwhile = delays(&world, &others[BEFORE..], || {
        let (retry, postback) = (depth("RetryQueue"), depth("PostbackQueue"));
        retries = retries.max(retry.total());
        left = retry.total();
        in_flight = in_flight.max(retry.in_flight);
        first = first.max(postback.total());
    })
    .await;
    let median = (before[BEFORE / 2], meanwhile[MEANWHILE / 2]);
    let worst = (before[BEFORE - 1], meanwhile[MEANWHILE - 1]);
    println!(
        "{WAITING} due at once: {retries} in the queue of retries and {left} at the end, {in_flight} in flight, at most {first} first attempts \
         wait; delays of others in ms, before and meanwhile: median {median:?}, worst {worst:?}"
    );
    let at_once = usize::try_from(WAITING).unwrap() / 2;
    assert!(retries > at_once && in_flight <= IN_FLIGHT_MAX, "{retries} retries, {in_flight} in flight");
    assert!(worst.1 <= worst.0 * 11 / 10 + UNREST_MS, "{worst:?}");
    assert!(median.1 <= median.0 * 11 / 10 + UNREST_MS / 5, "{median:?}");
    let first = depth("PostbackQueue");
    assert_eq!(first.visible + first.delayed, 0, "no first attempt waits");
    let are_done = async || depth("PostbackQueue").total() == 0;
    world.until_within(Duration::from_secs(2), "the last delivery is done with", are_done).await;

    // The circuit is open after the first ten, and all go back to the table without a request.
    let is_tried = async |task: &Task| {
        let (campaign, user, event) = task.subject();
        let lead = dead.lead(user.0).await.unwrap().id.unwrap();
        let id = PostbackId { campaign: campaign.campaign, lead, event };
        let logged = world.system.app.store.postback(campaign.account, id).await.unwrap().unwrap();
        let moments_ms: Vec<_> = logged.attempts.iter().map(|attempt| attempt.started_ms).collect();
        let again_ms = moments_ms.windows(2).skip(2).map(|pair| pair[1] - pair[0]).min();
        assert!(again_ms.is_none_or(|again_ms| again_ms >= FOURTH_MS), "too early: {moments_ms:?}");
        logged.state == PostbackState::Pending && logged.attempts.len() > 2
    };
    let mut untried = waiting;
    let all_are = async || {
        while let Some(task) = untried.last() {
            if !is_tried(task).await {
                return false;
            }
            untried.pop();
        }
        // Of 120,000 the first are due again before the last were tried.
        !cfg!(debug_assertions) || depth("RetryQueue").total() == 0
    };
    let delivered_at = Instant::now();
    world.until_within(PATIENCE, "each was tried once more", all_are).await;
    println!("each was tried once more after another {} s", delivered_at.elapsed().as_secs());
    keeper.abort();
    assert_eq!(depth("RetryDeadLetters").total(), 0);
}
