//! What is told in vain: ten attempts over three days, however long its host is left alone, and then one alarm.

use std::sync::{Arc, Mutex};

use serde_json::json;
use shared::app::PostbackOutcome;
use shared::domain::lead_event::LeadStatus;
use shared::domain::postback_log::{PostbackError, PostbackState};
use shared::domain::schedule::TRIES;
use shared::metrics::Metrics;
use shared::queue::Task;

use super::circuits::open_circuit;
use super::retries::{answer, receive, requests, retry, stage};

/// From one attempt to the next, as planned, in seconds.
const WAITS: [i64; TRIES - 1] = [10, 60, 300, 1_800, 7_200, 18_000, 36_000, 72_000, 129_600];

/// How long the probe of an open circuit may take, in milliseconds: what is blocked comes after it.
const PROBE_MS: i64 = 10_000;

#[tokio::test]
async fn ten_attempts_are_made_over_three_days_although_the_circuit_is_open_for_most_of_them() {
    let (world, scene, clock, tasks) = stage(1).await;
    let (user, task) = &tasks[0];
    let began_ms = clock.now_ms();
    answer(&world, 500);
    assert!(receive(&world, task).await);
    for (tried, wait_s) in (1..).zip(WAITS) {
        let logged = scene.logged(*user, LeadStatus::Wait).await;
        assert_eq!((logged.state, logged.attempts.len()), (PostbackState::Pending, tried));
        let next_ms = logged.course.next_ms.unwrap();
        let last = &logged.attempts[tried - 1];
        let wait_ms = next_ms - last.started_ms - last.took_ms;
        let (least_ms, mut most_ms) = (wait_s * 800, wait_s * 1_200);
        if last.error == Some(PostbackError::Circuit) {
            most_ms = most_ms.max((30_000 + PROBE_MS) * 3 / 2);
        }
        assert!((least_ms..=most_ms).contains(&wait_ms), "{wait_ms} ms after {tried} attempts: {last:?}");
        clock.advance_ms(next_ms - clock.now_ms() - 1);
        assert!(retry(&world, task).await);
        assert_eq!(scene.logged(*user, LeadStatus::Wait).await.attempts.len(), tried, "a millisecond early");
        clock.advance_ms(1);
        // From the second attempt on the host is left alone, and nobody's probe is answered.
        open_circuit(&world, &scene, 30_000).await;
        assert!(retry(&world, task).await);
    }
    let logged = scene.logged(*user, LeadStatus::Wait).await;
    assert_eq!((logged.state, logged.course.next_ms), (PostbackState::Failed, None));
    let errors: Vec<_> = logged.attempts.iter().map(|attempt| (attempt.code, attempt.error)).collect();
    let mut expected = [(None, Some(PostbackError::Circuit)); TRIES];
    (expected[0], expected[TRIES - 1]) = ((Some(500), None), (Some(500), None));
    assert_eq!(errors, expected);
    assert_eq!(requests(&world, &scene, *user).await, 2, "the first and the last are really sent");
    let span_ms = logged.attempts[TRIES - 1].started_ms - began_ms;
    assert!((72 * 3_600_000..=89 * 3_600_000).contains(&span_ms), "{span_ms} ms");
}

#[tokio::test]
async fn what_has_failed_ten_times_rings_once() {
    let (world, scene, clock, tasks) = stage(2).await;
    let kept = Arc::new(Mutex::new(Vec::new()));
    let [mut sender, mut retrier] =
        ["postback-sender", "postback-retrier"].map(|binary| world.sandbox(binary));
    for app in [&mut sender, &mut retrier] {
        app.metrics = Metrics::Kept(Arc::clone(&kept));
    }
    let rings = || kept.lock().unwrap().clone();
    let (user, task) = &tasks[0];
    answer(&world, 429);
    assert_eq!(sender.begin_postback(task, None, 1).await.unwrap(), PostbackOutcome::Done);
    for _ in 1..TRIES {
        assert!(rings().is_empty(), "not before the tenth");
        let next_ms = scene.logged(*user, LeadStatus::Wait).await.course.next_ms.unwrap();
        clock.advance_ms(next_ms - clock.now_ms());
        retrier.retry_postback(task, None).await.unwrap();
    }
    assert_eq!(scene.logged(*user, LeadStatus::Wait).await.state, PostbackState::Failed);
    assert_eq!(rings(), ["PostbacksExhausted"]);
    clock.advance_ms(129_600_000);
    retrier.retry_postback(task, None).await.unwrap();
    sender.begin_postback(task, None, 2).await.unwrap();
    assert_eq!(rings().len(), 1, "a message that comes again changes nothing");

    answer(&world, 404);
    sender.begin_postback(&tasks[1].1, None, 1).await.unwrap();
    assert_eq!(rings().len(), 2, "what is refused for good rings at once");
    answer(&world, 200);
    clock.advance_ms(1);
    let replay = json!({"campaign": 1, "state": "failed"});
    scene.account.post_json("/api/postbacks/replay.json", &replay).await.data();
    world.settle().await;
    assert_eq!((scene.logged_states().await, rings().len()), (vec!["wait delivered".to_owned(); 2], 2));

    answer(&world, 410);
    for told in ["refused for good", "to an endpoint that wants no more"] {
        clock.advance_ms(1);
        let (campaign, user, event) = tasks[1].1.subject();
        let replay = Task::ReplayV1 { campaign, user, event, requested_ms: clock.now_ms() };
        assert_eq!(sender.begin_postback(&replay, None, 1).await.unwrap(), PostbackOutcome::Done);
        assert_eq!(rings().len(), 3, "a replay {told}");
    }
}
