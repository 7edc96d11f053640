//! Postbacks that are tried again: by one sender at a time, whoever dies, and not by hosts that do not answer or want no
//! more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use local::faults::Death;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::lead_event::LeadStatus;
use shared::domain::postback_log::PostbackState;
use shared::queue::Task;
use telegram_simulator::ReceiverAnswer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::world::{Scene, World};

/// Leads who started and were told of by nobody yet; the clock is behind the machine's, so that the deadline of an
/// invocation stays ahead of it.
pub(super) async fn stage(people: usize) -> (World, Scene, Clock, Vec<(i64, Task)>) {
    let clock = Clock::manual(Clock::System.now_ms() - 3_600_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.setting().without_templates().set_up().await;
    let users: Vec<_> = (0..people).map(|number| world.person(&format!("P{number}"))).collect();
    for user in &users {
        scene.start(*user, "c");
    }
    world.settle().await;
    scene.set_template(&world, "pb_wait").await;
    let mut tasks = Vec::new();
    for user in users {
        tasks.push((user, scene.task(user, LeadStatus::Wait).await));
    }
    (world, scene, clock, tasks)
}

pub(super) fn answer(world: &World, status: u16) {
    world.simulator.set_receiver(ReceiverAnswer { status, delay_ms: 0 });
}

pub(super) async fn receive(world: &World, task: &Task) -> bool {
    world.receive(std::slice::from_ref(task)).await.is_empty()
}

/// What the queue brings for the second time.
pub(super) async fn receive_again(world: &World, task: &Task) -> bool {
    world.receive_again(std::slice::from_ref(task)).await.is_empty()
}

pub(super) async fn retry(world: &World, task: &Task) -> bool {
    world.retry(std::slice::from_ref(task)).await.is_empty()
}

/// How many requests the receiver got with the id of a person's postback.
pub(super) async fn requests(world: &World, scene: &Scene, user: i64) -> usize {
    let id = scene.postback_id(user, LeadStatus::Wait).await.to_string();
    world.postbacks().iter().filter(|postback| postback.header_id == id).count()
}

#[tokio::test]
async fn a_retry_that_the_queue_brings_twice_at_once_is_made_once() {
    let (world, scene, clock, tasks) = stage(1).await;
    let (user, task) = &tasks[0];
    answer(&world, 503);
    assert!(receive(&world, task).await);
    clock.advance_ms(12_000);
    world.simulator.set_receiver(ReceiverAnswer { status: 200, delay_ms: 500 });
    let twice = [task.clone(), task.clone()];
    let again = world.retry(&twice).await;
    assert_eq!((again.len(), requests(&world, &scene, *user).await), (1, 2), "one is to look again");
    assert!(retry(&world, task).await);
    assert_eq!(requests(&world, &scene, *user).await, 2);
    assert_eq!(scene.logged_states().await, ["wait delivered"]);
}

#[tokio::test]
async fn what_is_tried_again_is_signed_again() {
    let (world, _, clock, tasks) = stage(1).await;
    let create = json!({"action": "create"});
    world.account().post_json("/api/profile/signing.json", &create).await.data();
    clock.advance_ms(5_000);
    answer(&world, 503);
    assert!(receive(&world, &tasks[0].1).await);
    clock.advance_ms(12_000);
    answer(&world, 200);
    assert!(retry(&world, &tasks[0].1).await);
    let received = world.simulator.postbacks();
    let signed = received.iter().filter(|postback| {
        postback.headers.iter().any(|(name, value)| name == "webhook-signature" && value.starts_with("v1,"))
    });
    assert_eq!((signed.count(), received.len()), (2, 2));
}

#[tokio::test]
async fn a_sender_that_dies_at_any_call_sends_at_most_twice_and_loses_nothing() {
    let (world, scene, clock, tasks) = stage(20).await;
    let mut tasks = tasks.iter();
    let mut died = true;
    for calls in 0.. {
        if !died {
            break;
        }
        for lost_answer in [false, true] {
            let (user, task) = tasks.next().unwrap();
            answer(&world, 200);
            world.faults.kill("postback-sender", Death { calls, lost_answer });
            receive(&world, task).await;
            died = world.faults.revive("postback-sender");
            clock.advance_ms(180_000);
            assert!(receive_again(&world, task).await);
            assert_eq!(scene.logged(*user, LeadStatus::Wait).await.state, PostbackState::Delivered);
            let sent = requests(&world, &scene, *user).await;
            assert!((1..=2).contains(&sent), "{sent} requests after a death at call {calls}");
            clock.advance_ms(5_000);
        }
    }
}

#[tokio::test]
async fn a_failure_is_handed_on_wherever_the_sender_dies() {
    let (world, scene, clock, tasks) = stage(20).await;
    let mut tasks = tasks.iter();
    let mut died = true;
    for calls in 0.. {
        if !died {
            break;
        }
        for lost_answer in [false, true] {
            let (user, task) = tasks.next().unwrap();
            // 429 asks for another attempt and says nothing against the host.
            answer(&world, 429);
            world.faults.kill("postback-sender", Death { calls, lost_answer });
            receive(&world, task).await;
            died = world.faults.revive("postback-sender");
            clock.advance_ms(180_000);
            assert!(receive_again(&world, task).await);
            let logged = scene.logged(*user, LeadStatus::Wait).await;
            let wire = task.spelled().unwrap();
            let queued = world.system.cloud.queue_bodies("RetryQueue").unwrap();
            let attempts = logged.attempts.len();
            assert!(queued.contains(&wire) && (1..=2).contains(&attempts), "{attempts} at call {calls}");
            clock.advance_ms(100);
        }
    }
}

#[tokio::test]
async fn a_retrier_that_dies_at_any_call_sends_at_most_twice_and_loses_nothing() {
    let (world, scene, clock, tasks) = stage(20).await;
    let mut tasks = tasks.iter();
    let mut died = true;
    for calls in 0.. {
        if !died {
            break;
        }
        for lost_answer in [false, true] {
            let (user, task) = tasks.next().unwrap();
            answer(&world, 429);
            assert!(receive(&world, task).await);
            let before = requests(&world, &scene, *user).await;
            clock.advance_ms(12_100);
            answer(&world, 200);
            world.faults.kill("postback-retrier", Death { calls, lost_answer });
            retry(&world, task).await;
            died = world.faults.revive("postback-retrier");
            // The queue shows the message again when the lease is over.
            clock.advance_ms(60_000);
            assert!(retry(&world, task).await);
            let logged = scene.logged(*user, LeadStatus::Wait).await;
            let sent = requests(&world, &scene, *user).await - before;
            assert_eq!(logged.state, PostbackState::Delivered, "after a death at call {calls}");
            assert!((1..=2).contains(&sent), "{sent} requests after a death at call {calls}");
        }
    }
}

#[tokio::test]
async fn a_host_that_failed_ten_times_in_a_row_is_left_alone_but_for_one_probe() {
    let (world, scene, clock, tasks) = stage(14).await;
    answer(&world, 500);
    for (_, task) in &tasks {
        assert!(receive(&world, task).await);
    }
    assert_eq!(world.events().len(), 10);
    let (blocked, _) = &tasks[13];
    let logged = scene.logged(*blocked, LeadStatus::Wait).await;
    assert_eq!((logged.state, logged.attempts.len()), (PostbackState::Pending, 1));
    let log = scene.log().await;
    let newest = &log[0]["attempts"][0];
    assert_eq!((&newest["error"], &newest["code"]), (&json!("circuit"), &json!(0)));

    clock.advance_ms(30_000);
    let all: Vec<_> = tasks.iter().map(|(_, task)| task.clone()).collect();
    assert!(world.retry(&all[..10]).await.is_empty());
    assert_eq!(world.events().len(), 11, "one probe");
    answer(&world, 200);
    clock.advance_ms(59_000);
    assert!(world.retry(&all[10..]).await.is_empty());
    assert_eq!(world.events().len(), 11, "the wait has doubled");
    clock.advance_ms(500_000);
    assert!(retry(&world, &all[0]).await);
    assert!(world.retry(&all).await.is_empty());
    assert_eq!(scene.logged_states().await, vec!["wait delivered"; 14]);
    assert_eq!(world.events().len(), 25);
}

#[tokio::test]
async fn a_circuit_is_one_accounts_own() {
    let (world, _, _, tasks) = stage(11).await;
    answer(&world, 500);
    for (_, task) in &tasks {
        assert!(receive(&world, task).await);
    }
    assert_eq!(world.events().len(), 10);
    let other = world.another_account().await;
    let scene = world.setting().of(&other).bot("otherbot").set_up().await;
    answer(&world, 200);
    scene.start(world.person("Olga"), "c");
    world.until("another account is not held up", async || world.events().len() == 11).await;
}

#[tokio::test]
async fn a_host_that_is_gone_for_good_gets_nothing_more_until_the_templates_are_edited() {
    let (world, scene, _, tasks) = stage(3).await;
    let disabled = async || scene.account.get("/api/profile/info.json").await.data()["pb_disabled"].clone();
    answer(&world, 410);
    assert!(receive(&world, &tasks[0].1).await);
    assert_eq!(disabled().await.as_array().unwrap().len(), 1);
    assert!(receive(&world, &tasks[1].1).await);
    let states = async || {
        let log = scene.log().await.into_iter();
        log.map(|logged| (logged["state"].clone(), logged["error"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(states().await, [(json!("skipped"), json!("disabled")), (json!("failed"), json!(""))]);
    assert_eq!(world.events().len(), 1);
    answer(&world, 200);
    scene.set_template(&world, "pb_wait").await;
    assert_eq!(disabled().await, json!([]));
    assert!(receive(&world, &tasks[2].1).await);
    assert_eq!(world.events().len(), 2);
    let replay = json!({"campaign": 1, "state": "skipped"});
    scene.account.post_json("/api/postbacks/replay.json", &replay).await.data();
    world.settle().await;
    assert_eq!(world.events().len(), 3, "what was skipped can be replayed");
}

#[tokio::test]
async fn a_campaign_shows_the_endpoint_of_its_own_templates_that_wants_no_more() {
    let world = World::new().await;
    let scene = world.scene().await;
    answer(&world, 410);
    scene.start(world.person("Anna"), "c1");
    world.settle().await;
    let host = world.system.base_url().trim_start_matches("http://").to_owned();
    let endpoint = format!("{host}/simulator/receiver/wait");
    assert_eq!(scene.detail().await.data()["pb_disabled"], json!([endpoint]));
    let edit = async |parameters: Value| {
        scene.account.post_json("/api/camp/edit.json", &parameters).await.data();
        scene.detail().await.data()["pb_disabled"].clone()
    };
    assert_eq!(edit(json!({"id": 1, "welcome": "Hi"})).await, json!([endpoint]));
    assert_eq!(edit(json!({"id": 1, "pb_wait": world.template("wait")})).await, json!([]));
}

/// A receiver that answers each request with this text; its port, and how many it answered.
async fn receiver(text: &'static str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    (port, count)
}

#[tokio::test]
async fn a_receiver_that_asks_for_time_gets_it_up_to_ten_times_the_plan() {
    let (world, scene, clock, tasks) = stage(1).await;
    let text =
        "HTTP/1.1 429 Too Many Requests\r\nretry-after: 90\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (port, count) = receiver(text).await;
    let template = json!({"pb_wait": format!("http://127.0.0.1:{port}/?id={{id}}")});
    scene.account.post_json("/api/profile/postbacks.json", &template).await.data();
    let (user, task) = &tasks[0];
    assert!(receive(&world, task).await);
    let wait_ms = async || {
        let logged = scene.logged(*user, LeadStatus::Wait).await;
        logged.course.next_ms.unwrap() - clock.now_ms()
    };
    assert_eq!(wait_ms().await, 90_000);
    clock.advance_ms(89_999);
    assert!(retry(&world, task).await);
    assert_eq!(count.load(Ordering::SeqCst), 1, "not a millisecond early");
    clock.advance_ms(1);
    assert!(retry(&world, task).await);
    assert_eq!((count.load(Ordering::SeqCst), wait_ms().await), (2, 90_000));
}

/// Ever so many postbacks for a host that is down wait in the table, and no queue has them.
#[tokio::test]
async fn what_waits_for_a_dead_host_occupies_no_queue() {
    let (world, scene, clock, tasks) = stage(24).await;
    let all: Vec<_> = tasks.iter().map(|(_, task)| task.clone()).collect();
    answer(&world, 429);
    for some in all.chunks(10) {
        assert!(world.receive(some).await.is_empty());
    }
    let down = json!({"pb_wait": "http://127.0.0.1:9/"});
    scene.account.post_json("/api/profile/postbacks.json", &down).await.data();
    clock.advance_ms(12_100);
    for some in all.chunks(10) {
        assert!(world.retry(some).await.is_empty());
    }
    world.settle_within(std::time::Duration::from_secs(40)).await;
    for queue in ["PostbackQueue", "RetryQueue", "RetryDeadLetters", "PostbackDeadLetters"] {
        assert_eq!(world.system.cloud.queue_depth(queue).unwrap().total(), 0, "{queue}");
    }
    assert_eq!(scene.logged_states().await, vec!["wait pending"; 24]);
    // The sweep brings all of them back when they are due; those that found the circuit open wait for its probe.
    let attempts = async || {
        let log = scene.log().await;
        log.iter().map(|logged| logged["attempts"].as_array().unwrap().len()).collect::<Vec<_>>()
    };
    let before = attempts().await;
    clock.advance_ms(72_000);
    world.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
    let tried_again = async || {
        let after = attempts().await;
        before.iter().zip(&after).all(|(before, after)| after == &(before + 1))
    };
    world.until("all are tried once more", tried_again).await;
}
