//! A postback that is being retried holds the lead's later ones back, for a minute.

use serde_json::json;
use shared::clock::Clock;
use shared::domain::lead_event::LeadStatus;
use shared::queue::Task;
use telegram_simulator::ReceiverAnswer;

use crate::world::{Scene, World};

/// A lead who started, joined and left, told of by nobody yet; the clock is behind the machine's, so that the deadline of
/// an invocation stays ahead of it.
async fn stage() -> (World, Scene, i64, Clock, Vec<Task>) {
    let clock = Clock::manual(Clock::System.now_ms() - 200_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.setting().without_templates().set_up().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    scene.join(anna);
    scene.leave(anna);
    world.settle().await;
    let templates = json!({
        "pb_wait": world.template("wait"), "pb_approve": world.template("approve"), "pb_cancel": world.template("cancel"),
    });
    scene.account.post_json("/api/profile/postbacks.json", &templates).await;
    let mut tasks = Vec::new();
    for status in [LeadStatus::Wait, LeadStatus::Approve, LeadStatus::Cancel] {
        tasks.push(scene.task(anna, status).await);
    }
    (world, scene, anna, clock, tasks)
}

fn answer(world: &World, status: u16) {
    world.simulator.set_receiver(ReceiverAnswer { status, delay_ms: 0 });
}

#[tokio::test]
async fn later_events_wait_for_the_retry_of_an_earlier_one_and_follow_it_in_order() {
    let (world, scene, _, clock, tasks) = stage().await;
    answer(&world, 503);
    assert!(world.receive(&tasks).await.is_empty(), "the postback queue keeps nothing");
    assert_eq!(world.events(), ["wait"]);
    assert_eq!(scene.logged_states().await, ["cancel pending", "approve pending", "wait pending"]);
    let log = scene.log().await;
    assert!(log.iter().all(|logged| logged["next"] != ""), "{log:?}");
    assert_eq!(log[0]["attempts"], json!([]));

    answer(&world, 200);
    assert!(world.retry(&tasks[1..]).await.is_empty());
    assert_eq!(world.events(), ["wait"], "too early for all");
    clock.advance_ms(13_000);
    assert!(world.retry(&tasks[2..]).await.is_empty());
    assert!(world.retry(&tasks[1..2]).await.is_empty());
    assert_eq!(world.events(), ["wait"], "the first is still to be tried again");
    for task in &tasks {
        assert!(world.retry(std::slice::from_ref(task)).await.is_empty());
    }
    assert_eq!(world.events(), ["wait", "wait", "approve", "cancel"]);
    for again in [world.receive(&tasks).await, world.retry(&tasks).await] {
        assert!(again.is_empty() && world.events().len() == 4, "what was delivered is not sent again");
    }
}

#[tokio::test]
async fn after_a_minute_the_next_event_goes_ahead_and_holds_back_those_after_it() {
    let (world, scene, anna, clock, tasks) = stage().await;
    answer(&world, 503);
    assert!(world.receive(&tasks).await.is_empty());
    clock.advance_ms(13_000);
    assert!(world.retry(&tasks[..1]).await.is_empty());
    assert_eq!(world.events(), ["wait", "wait"]);
    clock.advance_ms(46_999);
    assert!(world.retry(&tasks[1..]).await.is_empty());
    assert_eq!(world.events().len(), 2, "a millisecond before the minute is over");
    clock.advance_ms(1);
    assert!(world.retry(&tasks[2..]).await.is_empty());
    assert_eq!(world.events().len(), 2, "the second event was not tried yet");
    assert!(world.retry(&tasks[1..2]).await.is_empty());
    assert_eq!(world.events(), ["wait", "wait", "approve"]);
    answer(&world, 200);
    clock.advance_ms(59_999);
    assert!(world.retry(&tasks[2..]).await.is_empty());
    assert_eq!(world.events().len(), 3, "it is held back by the second one for a minute of its own");
    clock.advance_ms(1);
    assert!(world.retry(&tasks[2..]).await.is_empty());
    assert_eq!(world.events()[3..], ["cancel"]);
    assert_eq!(scene.logged(anna, LeadStatus::Cancel).await.course.hold, None);
}

#[tokio::test]
async fn an_event_that_comes_when_the_minute_is_over_is_sent_at_once() {
    let (world, _, _, clock, tasks) = stage().await;
    answer(&world, 503);
    assert!(world.receive(&tasks[..1]).await.is_empty());
    clock.advance_ms(60_000);
    assert!(world.receive(&tasks[1..]).await.is_empty());
    assert_eq!(world.events(), ["wait", "approve"], "and the third one waits for the second");
}

/// The note on the lead's item is no fact: the stream makes nothing of it.
#[tokio::test]
async fn the_note_of_a_straggler_changes_no_list_and_no_counter() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    answer(&world, 503);
    scene.start(anna, "c1");
    let noted = async || scene.lead(anna).await.is_some_and(|lead| lead.straggler.is_some());
    world.until("the straggler is noted", noted).await;
    let before = (scene.counters().await, scene.journal().await.len());
    world
        .until("the stream has read it", async || {
            world.system.cloud.queue_depth("PostbackQueue").unwrap().total() == 0
        })
        .await;
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!((scene.counters().await, scene.journal().await.len()), before);
    assert_eq!(scene.counters().await, [1, 0, 0]);
}

/// Replays of these postbacks, asked for now.
fn replays_of(tasks: &[Task], clock: &Clock) -> Vec<Task> {
    let requested_ms = clock.now_ms();
    let replay = |task: &Task| {
        let (campaign, user, event) = task.subject();
        Task::ReplayV1 { campaign, user, event, requested_ms }
    };
    tasks.iter().map(replay).collect()
}

#[tokio::test]
async fn a_replay_that_waits_and_loses_its_template_leaves_nothing_planned() {
    let (world, scene, anna, clock, tasks) = stage().await;
    answer(&world, 404);
    assert!(world.receive(&tasks).await.is_empty());
    clock.advance_ms(1);
    let replays = replays_of(&tasks[..2], &clock);
    answer(&world, 503);
    assert!(world.receive(&replays).await.is_empty());
    let waits = scene.logged(anna, LeadStatus::Approve).await;
    assert!(waits.course.hold.is_some() && waits.course.next_ms.is_some());
    scene.account.post_json("/api/profile/postbacks.json", &json!({"pb_approve": ""})).await.data();
    clock.advance_ms(16_000);
    assert!(world.retry(&replays[1..]).await.is_empty());
    let left = scene.logged(anna, LeadStatus::Approve).await;
    assert_eq!((left.course.hold, left.course.next_ms), (None, None));
    assert_eq!((left.state, left.error, left.attempts), (waits.state, waits.error, waits.attempts));
}

#[tokio::test]
async fn replays_of_one_lead_wait_for_each_other_as_first_deliveries_do() {
    let (world, scene, _, clock, tasks) = stage().await;
    answer(&world, 404);
    assert!(world.receive(&tasks).await.is_empty());
    assert_eq!(scene.logged_states().await, ["cancel failed", "approve failed", "wait failed"]);
    clock.advance_ms(1);
    let replays = replays_of(&tasks, &clock);
    world.simulator.clear_postbacks();
    answer(&world, 503);
    assert!(world.receive(&replays).await.is_empty());
    assert_eq!(scene.logged_states().await, ["cancel failed", "approve failed", "wait pending"]);
    answer(&world, 200);
    clock.advance_ms(16_000);
    for replay in replays.iter().rev().chain(&replays) {
        assert!(world.retry(std::slice::from_ref(replay)).await.is_empty());
    }
    assert_eq!(world.events(), ["wait", "wait", "approve", "cancel"]);
    assert_eq!(scene.logged_states().await, ["cancel delivered", "approve delivered", "wait delivered"]);
}

/// A lead who started, asked to join, joined and left, told of by nobody yet.
async fn stage_of_four() -> (World, Clock, Vec<Task>) {
    let clock = Clock::manual(Clock::System.now_ms() - 200_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.setting().closed().without_templates().set_up().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.simulator.request_to_join(anna, scene.chat).unwrap();
    world.simulator.approve_request(anna, scene.chat).unwrap();
    scene.leave(anna);
    world.settle().await;
    let events = ["wait", "hold", "approve", "cancel"];
    let templates: serde_json::Map<_, _> =
        events.iter().map(|event| (format!("pb_{event}"), json!(world.template(event)))).collect();
    scene.account.post_json("/api/profile/postbacks.json", &json!(templates)).await.data();
    let mut tasks = Vec::new();
    for status in [LeadStatus::Wait, LeadStatus::Hold, LeadStatus::Approve, LeadStatus::Cancel] {
        tasks.push(scene.task(anna, status).await);
    }
    (world, clock, tasks)
}

#[tokio::test]
async fn an_event_that_fails_after_a_wait_was_over_early_holds_back_those_after_it() {
    let (world, clock, tasks) = stage_of_four().await;
    answer(&world, 503);
    assert!(world.receive(&tasks[..1]).await.is_empty());
    clock.advance_ms(1_000);
    assert!(world.receive(&tasks[1..2]).await.is_empty());
    answer(&world, 200);
    clock.advance_ms(12_000);
    assert!(world.retry(&tasks[..1]).await.is_empty());
    clock.advance_ms(4_000);
    assert!(world.retry(&tasks[1..2]).await.is_empty());
    assert_eq!(world.events(), ["wait", "wait", "hold"], "the second would have waited for two minutes");

    clock.advance_ms(13_000);
    answer(&world, 503);
    assert!(world.receive(&tasks[2..3]).await.is_empty());
    answer(&world, 200);
    clock.advance_ms(5_000);
    assert!(world.receive(&tasks[3..]).await.is_empty());
    assert_eq!(world.events()[3..], ["approve"], "the last one waits for the third");
    clock.advance_ms(11_000);
    for task in tasks[2..].iter().rev().chain(&tasks[3..]) {
        assert!(world.retry(std::slice::from_ref(task)).await.is_empty());
    }
    assert_eq!(world.events()[3..], ["approve", "approve", "cancel"]);
}
