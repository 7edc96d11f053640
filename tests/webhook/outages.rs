use futures::future::join_all;
use serde_json::Value;
use shared::app::WELCOME_LEASE_MS;
use shared::clock::Clock;
use shared::domain::lead_event::LeadStatus;

use crate::world::{MemberChange, Scene, World, member_update, start_update};

/// How often the SDK tries a call.
const TRIES: usize = 3;

/// A function without storage so often has spent its quota of retries, which are 100.
const OUTAGE: usize = 60;

/// A world whose webhook remembers its bot and its campaign, so that a start is one call to storage, and a
/// person who may be written to.
async fn warm() -> (World, Scene, i64) {
    // Behind the machine's, by which a function's time runs out, so that it can be moved on.
    let clock = Clock::manual(Clock::System.now_ms() - 4 * WELCOME_LEASE_MS);
    let world = World::with(|options| options.clock = clock).await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(world.person("Earlier"), "c0");
    world.simulator.start_bot(anna, "mytrackbot", "").unwrap();
    world.settle().await;
    world.simulator.clear_postbacks();
    (world, scene, anna)
}

fn start(world: &World, scene: &Scene, user: i64) -> Value {
    start_update(200_000_001, user, world.system.app.clock.now(), &format!("{}-c1", scene.code))
}

fn welcomes(world: &World, user: i64) -> usize {
    world.messages(user).iter().filter(|text| text.starts_with("Join ")).count()
}

#[tokio::test]
async fn while_storage_is_down_an_update_is_503_and_counts_once_when_it_comes_again() {
    let (world, scene, anna) = warm().await;
    let now = world.system.app.clock.now();
    let start = start(&world, &scene, anna);
    let join = member_update(200_000_002, now, MemberChange::join(anna, scene.chat));
    world.faults.go_down();
    for update in [&start, &join] {
        let reply = world.deliver(&scene.bot, update).await;
        assert_eq!((reply.code, reply.retry_after), (503, Some(1)));
    }
    world.faults.come_back();
    assert_eq!((scene.lead(anna).await, welcomes(&world, anna)), (None, 0));
    for update in [&start, &join, &start, &join] {
        assert_eq!(world.deliver(&scene.bot, update).await.code, 200);
    }
    world.settle().await;
    assert_eq!((world.events(), welcomes(&world, anna)), (vec!["wait".to_owned(), "approve".to_owned()], 1));
    assert_eq!((scene.status(anna).await, scene.counters().await), (Some(LeadStatus::Approve), [2, 1, 0]));
}

#[tokio::test]
async fn telegram_brings_what_storage_did_not_take() {
    let (world, scene, anna) = warm().await;
    world.faults.go_down();
    scene.start(anna, "c1");
    let refused = async || !world.webhook_of(&scene.bot).await["last_error_message"].is_null();
    world.until("the webhook refused", refused).await;
    world.faults.come_back();
    world.settle().await;
    assert_eq!((world.events(), welcomes(&world, anna)), (vec!["wait".to_owned()], 1));
    assert_eq!(scene.counters().await, [2, 0, 0]);
}

#[tokio::test]
async fn answers_lost_after_the_commit_make_neither_a_second_lead_nor_a_second_postback() {
    let (world, scene, anna) = warm().await;
    let now = world.system.app.clock.now();
    let join = member_update(200_000_002, now, MemberChange::join(anna, scene.chat));
    let leave = member_update(200_000_003, now, MemberChange::leave(anna, scene.chat));
    for update in [start(&world, &scene, anna), join, leave] {
        world.faults.lose_answers(TRIES);
        let reply = world.deliver(&scene.bot, &update).await;
        assert_eq!((reply.code, reply.retry_after), (503, Some(1)), "{}", reply.text);
        world.system.app.clock.advance_ms(WELCOME_LEASE_MS);
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
        world.settle().await;
    }
    assert_eq!(world.events(), ["wait", "approve", "cancel"]);
    assert_eq!((scene.status(anna).await, scene.counters().await), (Some(LeadStatus::Cancel), [2, 1, 1]));
    assert_eq!(scene.journal().await.len(), 2);
}

#[tokio::test]
async fn a_start_whose_answer_was_lost_is_greeted_once_when_it_comes_again() {
    let (world, scene, anna) = warm().await;
    let update = start(&world, &scene, anna);
    world.faults.lose_answers(TRIES);
    assert_eq!(world.deliver(&scene.bot, &update).await.code, 503);
    world.system.app.clock.advance_ms(WELCOME_LEASE_MS);
    for _ in 0..2 {
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    }
    world.settle().await;
    assert_eq!((welcomes(&world, anna), world.events()), (1, vec!["wait".to_owned()]));
}

#[tokio::test]
async fn a_start_that_the_sdk_had_to_write_twice_is_greeted_once() {
    let (world, scene, anna) = warm().await;
    let update = start(&world, &scene, anna);
    world.faults.lose_answers(1);
    for _ in 0..2 {
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    }
    world.settle().await;
    assert_eq!((welcomes(&world, anna), world.events()), (1, vec!["wait".to_owned()]));
}

#[tokio::test]
async fn what_storage_refuses_to_one_system_takes_no_retries_from_another() {
    let (broken, broken_scene, somebody) = warm().await;
    let (world, scene, anna) = warm().await;
    broken.faults.go_down();
    let refused = start(&broken, &broken_scene, somebody);
    let replies = (0..OUTAGE).map(|_| broken.deliver(&broken_scene.bot, &refused));
    for reply in join_all(replies).await {
        assert_eq!(reply.code, 503, "{}", reply.text);
    }
    world.faults.lose_answers(TRIES - 1);
    assert_eq!(world.deliver(&scene.bot, &start(&world, &scene, anna)).await.code, 200);
    world.settle().await;
    assert_eq!((welcomes(&world, anna), world.events()), (1, vec!["wait".to_owned()]));
}
