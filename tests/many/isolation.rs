//! A host that answers nothing does not hold up the others.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;
use shared::domain::fact_clock::FactClock;
use shared::domain::lead::Start;
use shared::domain::lead_event::{LeadEvent, LeadStatus};
use shared::domain::person::Person;
use shared::ids::{BotId, LeadId, UserId};
use shared::queue::Task;
use shared::store::{NewStart, StartPolicy, WelcomeLease};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::world::{NEW_YEAR, Scene, World};

/// How many postbacks go to the host in question, and how many elsewhere.
const TO_ONE_HOST: i64 = 9 * ELSEWHERE;
const ELSEWHERE: i64 = if cfg!(debug_assertions) { 60 } else { 300 };

/// How often either host is measured, in turn, so that a moment's unrest of the machine decides nothing.
const ROUNDS: usize = if cfg!(debug_assertions) { 1 } else { 3 };

/// Between two postbacks: 25 a second, or 50 of an optimized build, which leaves the emulated table of a small machine
/// idle most of the time.
const PAUSE: Duration = Duration::from_millis(if cfg!(debug_assertions) { 40 } else { 20 });

/// How far away AWS is, in milliseconds a call: in its own region a call of DynamoDB or SQS takes about so long. The
/// emulated one is next door, and beside its two milliseconds a delivery the machine's unrest is all there is to see.
const DISTANCE_MS: u64 = 5;

/// What the unrest of a machine without optimization may add, in milliseconds: there the emulated table is busy by
/// itself. A sender that waits for the host adds ten seconds.
const UNREST_MS: i64 = if cfg!(debug_assertions) { 200 } else { 0 };

/// A person who pressed Start, and what tells of it.
async fn task(world: &World, scene: &Scene, number: i64) -> Task {
    let user = UserId(7_000_000_000 + number);
    let clock = FactClock { date: NEW_YEAR + number, update: number };
    let (person, start) = (Person { user, ..Person::default() }, Start::new(clock, "c"));
    let id = LeadId::of_start(clock.date, number, BotId(1));
    let lease = WelcomeLease { now_ms: 0, until_ms: 0, holder: 0 };
    let new = NewStart { start: &start, id, policy: StartPolicy::MakeLeads, lease };
    world.system.app.store.record_start(scene.campaign, &person, new).await.unwrap();
    let event = LeadEvent { status: LeadStatus::Wait, clock };
    // A replay, because the stream has the first delivery queued itself, while there is no template.
    Task::ReplayV1 { campaign: scene.campaign, user, event, requested_ms: 1 }
}

async fn set_template(scene: &Scene, template: &str) {
    let edit = json!({"id": scene.campaign.campaign.0, "pb_wait": template});
    scene.account.post_json("/api/camp/edit.json", &edit).await.data();
}

/// A host that takes connections, and answers each request at once or never. It ends with the task.
async fn host(answers: bool) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let keeper = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            match answers {
                true => drop(tokio::spawn(answer(stream))),
                false => open.push(stream),
            }
        }
    });
    (address, keeper)
}

async fn answer(mut stream: TcpStream) {
    let mut request = [0; 4_096];
    if stream.read(&mut request).await.is_ok_and(|read| read > 0) {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let _ = stream.write_all(answer).await;
    }
}

/// The milliseconds from each decision to its delivery elsewhere, with most traffic to `host`.
async fn delays(host: &str) -> Vec<i64> {
    let world = World::new().await;
    world.faults.set_distance_ms(DISTANCE_MS);
    let one = world.setting().without_templates().set_up().await;
    let other = world.setting().bot("otherbot").without_templates().set_up().await;
    let mut to_one = Vec::new();
    for number in 0..TO_ONE_HOST + 30 {
        to_one.push(task(&world, &one, number).await);
    }
    let mut elsewhere = Vec::new();
    for number in 0..ELSEWHERE {
        elsewhere.push(task(&world, &other, 100_000 + number).await);
    }
    world.settle_within(Duration::from_secs(120)).await;
    set_template(&one, &format!("{host}?subscriber={{subscriber}}")).await;
    set_template(&other, &world.template("other")).await;
    // Configuration is remembered for five seconds.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let queue = world.system.app.queue_at(world.system.cloud.queue_url("PostbackQueue").unwrap());
    queue.send(&to_one.split_off(to_one.len() - 30)).await.unwrap();
    // What the host is like is known after its first attempts.
    tokio::time::sleep(Duration::from_secs(25)).await;

    let mut sent_ms = HashMap::new();
    let per_other = to_one.len() / elsewhere.len();
    let mut to_one = to_one.into_iter();
    for task in elsewhere {
        for task in to_one.by_ref().take(per_other) {
            queue.send(&[task]).await.unwrap();
            tokio::time::sleep(PAUSE).await;
        }
        let Task::ReplayV1 { user, .. } = task else { unreachable!() };
        sent_ms.insert(user.to_string(), world.system.app.clock.now_ms());
        queue.send(&[task]).await.unwrap();
        tokio::time::sleep(PAUSE).await;
    }
    let arrived = || {
        let received = world.simulator.postbacks().into_iter().filter(|received| received.path == "/other");
        let delay = received.map(|received| {
            let subscriber = received.query.split('&').find_map(|pair| pair.strip_prefix("subscriber="));
            received.at_ms - sent_ms[subscriber.unwrap()]
        });
        delay.collect::<Vec<i64>>()
    };
    world.until("all others are delivered", async || arrived().len() == sent_ms.len()).await;
    arrived()
}

fn percentile_99(delays: &[i64]) -> i64 {
    delays[delays.len() * 99 / 100]
}

#[tokio::test(flavor = "multi_thread")]
async fn one_black_holed_host_with_most_of_the_traffic_does_not_hold_up_the_others() {
    let (mut healthy, mut with_hole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for (answers, seen) in [(true, &mut healthy), (false, &mut with_hole)] {
            let (address, keeper) = host(answers).await;
            seen.extend(delays(&address).await);
            keeper.abort();
        }
    }
    healthy.sort_unstable();
    with_hole.sort_unstable();
    let (before_ms, after_ms) = (percentile_99(&healthy), percentile_99(&with_hole));
    // The median is the quieter witness.
    let median_ms = (healthy[healthy.len() / 2], with_hole[with_hole.len() / 2]);
    let seen = format!("{before_ms} ms, and {after_ms} ms with the hole; medians {median_ms:?}");
    println!("99th percentile {seen}; slowest {:?}", (healthy.last(), with_hole.last()));
    assert!(after_ms * 10 <= before_ms * 11 + UNREST_MS * 10, "{seen}");
    assert!(median_ms.1 * 10 <= median_ms.0 * 11 + UNREST_MS / 2, "{seen}");
}
