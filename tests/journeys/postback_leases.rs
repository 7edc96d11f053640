//! One postback, several that would tell it: messages that come again, replays, and who was overtaken.

use std::time::Duration;

use local::faults::Death;
use serde_json::json;
use shared::domain::lead_event::LeadStatus;
use shared::domain::postback_log::PostbackState;
use shared::domain::schedule::TRIES;
use shared::queue::Task;
use telegram_simulator::ReceiverAnswer;

use super::retries::{answer, receive, receive_again, requests, retry, stage};

#[tokio::test]
async fn a_first_attempt_that_cannot_be_written_down_is_repeated_once_when_it_can() {
    let (world, scene, _, tasks) = stage(1).await;
    let (user, task) = &tasks[0];
    answer(&world, 200);
    world.faults.refuse(&["dynamodb:PutItem", "dynamodb:UpdateItem"]);
    assert!(!receive(&world, task).await);
    for _ in 0..3 {
        assert!(!receive_again(&world, task).await);
    }
    assert_eq!(requests(&world, &scene, *user).await, 1, "while nothing can be written");
    world.faults.refuse(&[]);
    assert!(receive_again(&world, task).await);
    assert_eq!(requests(&world, &scene, *user).await, 2);
    assert_eq!(scene.logged_states().await, ["wait delivered"]);
}

#[tokio::test]
async fn a_first_attempt_that_the_queue_brings_again_twice_at_once_is_made_once() {
    let (world, scene, _, tasks) = stage(1).await;
    let (user, task) = &tasks[0];
    world.simulator.set_receiver(ReceiverAnswer { status: 200, delay_ms: 500 });
    let (one, other) = tokio::join!(receive_again(&world, task), receive_again(&world, task));
    assert_eq!(u8::from(one) + u8::from(other), 1, "the other is to look again");
    assert!(receive_again(&world, task).await);
    assert_eq!(requests(&world, &scene, *user).await, 1);
    assert_eq!(scene.logged_states().await, ["wait delivered"]);
}

#[tokio::test]
async fn who_was_overtaken_at_an_attempt_looks_again() {
    let (world, scene, clock, tasks) = stage(1).await;
    let (user, task) = &tasks[0];
    world.simulator.set_receiver(ReceiverAnswer { status: 503, delay_ms: 1_000 });
    let later = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        clock.advance_ms(1);
        receive(&world, task).await
    };
    let (one, other) = tokio::join!(receive(&world, task), later);
    assert_eq!(requests(&world, &scene, *user).await, 2, "neither asks for a lease");
    assert_eq!(u8::from(one) + u8::from(other), 1);
    assert!(receive_again(&world, task).await);
    assert_eq!(requests(&world, &scene, *user).await, 2, "the log says what is planned");
    assert_eq!(scene.logged(*user, LeadStatus::Wait).await.attempts.len(), 1);
}

#[tokio::test]
async fn a_replay_of_a_pending_postback_and_its_retry_are_one_attempt() {
    let (world, scene, clock, tasks) = stage(1).await;
    let (user, task) = &tasks[0];
    answer(&world, 503);
    assert!(receive(&world, task).await);
    clock.advance_ms(12_100);
    let (campaign, person, event) = task.subject();
    let replay = Task::ReplayV1 { campaign, user: person, event, requested_ms: clock.now_ms() };
    world.simulator.set_receiver(ReceiverAnswer { status: 200, delay_ms: 500 });
    let (first, second) = tokio::join!(retry(&world, task), receive(&world, &replay));
    assert_eq!(u8::from(first) + u8::from(second), 1, "the other is to look again");
    assert!(retry(&world, task).await && receive_again(&world, &replay).await);
    assert_eq!(requests(&world, &scene, *user).await, 2);
    assert_eq!(scene.logged_states().await, ["wait delivered"]);
}

#[tokio::test]
async fn a_host_is_marked_as_gone_only_by_an_attempt_that_is_in_the_log() {
    let (world, scene, _, tasks) = stage(14).await;
    answer(&world, 410);
    for (calls, (user, task)) in tasks.iter().enumerate() {
        world.faults.kill("postback-sender", Death { calls, lost_answer: false });
        receive(&world, task).await;
        assert!(world.faults.revive("postback-sender"), "every death came before the mark");
        let profile = scene.account.get("/api/profile/info.json").await.data();
        if profile["pb_disabled"] != json!([]) {
            assert_eq!(scene.logged(*user, LeadStatus::Wait).await.state, PostbackState::Failed);
            return;
        }
    }
    unreachable!("a host that is gone was never marked");
}

#[tokio::test]
async fn a_replay_whose_plan_another_one_ended_goes_on_by_its_own_attempts() {
    let (world, scene, clock, tasks) = stage(1).await;
    let (user, task) = &tasks[0];
    let (campaign, person, event) = task.subject();
    let replay = || Task::ReplayV1 { campaign, user: person, event, requested_ms: clock.now_ms() };
    answer(&world, 429);
    let first = replay();
    assert!(receive(&world, &first).await);
    clock.advance_ms(1_000);
    let second = replay();
    assert!(receive(&world, &second).await);
    for _ in 2..TRIES {
        let next_ms = scene.logged(*user, LeadStatus::Wait).await.course.next_ms.unwrap();
        clock.advance_ms(next_ms - clock.now_ms());
        assert!(retry(&world, &first).await);
    }
    let logged = scene.logged(*user, LeadStatus::Wait).await;
    assert_eq!((logged.state, logged.attempts.len()), (PostbackState::Failed, TRIES));
    assert_eq!(logged.course.next_ms, None);
    assert!(retry(&world, &second).await);
    assert_eq!(requests(&world, &scene, *user).await, TRIES, "its own ninth was a moment ago");
    clock.advance_ms(129_600_000);
    assert!(retry(&world, &second).await);
    assert_eq!(requests(&world, &scene, *user).await, TRIES + 1);
}
