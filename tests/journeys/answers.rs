//! Answers that nobody is owed wait in the queue, so that nothing else of the person waits behind them.

use serde_json::json;
use shared::clock::Clock;
use shared::domain::fact_clock::FactClock;
use shared::domain::lead::Start;
use shared::domain::lead_event::LeadStatus;
use shared::domain::person::Person;
use shared::ids::{LeadId, UserId};
use shared::queue::MessageTask;
use shared::store::{NewStart, StartPolicy, WelcomeLease};

use crate::world::{Scene, World, start_update};

const POLITE: &str = "Hello! There is nothing to join through this link right now. Please try again later.";

/// How many starts of one person a campaign remembers.
const STARTS_MAX: i64 = 64;

async fn silence(world: &World, scene: &Scene, seconds: i64) {
    world.refuse_next("sendMessage", 429, Some(seconds));
    scene.start(world.person("First"), "c");
    world.delivered().await;
}

#[tokio::test]
async fn who_is_only_answered_politely_waits_without_holding_their_own_start_back() {
    let world = World::new().await;
    let scene = world.scene().await;
    silence(&world, &scene, 3).await;
    let anna = world.person("Anna");
    world.simulator.start_bot(anna, "mytrackbot", "").unwrap();
    scene.start(anna, "c1");
    world.delivered().await;
    assert_eq!(scene.status(anna).await, Some(LeadStatus::Wait));
    assert!(world.messages(anna).is_empty());
    assert!(world.webhook_of(&scene.bot).await["last_error_message"].is_null());
    world.settle().await;
    let mut heard = world.messages(anna);
    heard.sort();
    assert_eq!(heard, [POLITE, "Join My Channel, Anna!"]);
}

#[tokio::test]
async fn a_start_too_many_is_greeted_after_a_silence_without_coming_again() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    let person = Person { user: UserId(anna), first_name: "Anna".to_owned(), ..Person::default() };
    let store = &world.system.app.store;
    for update in 1..=STARTS_MAX {
        let start = Start::new(FactClock { date: 1_700_000_000, update }, "c");
        let lease = WelcomeLease { now_ms: 0, until_ms: 1, holder: 1 };
        let new = NewStart { start: &start, id: LeadId(1), policy: StartPolicy::MakeLeads, lease };
        store.record_start(scene.campaign, &person, new).await.unwrap();
    }
    world.simulator.start_bot(anna, "mytrackbot", "").unwrap();
    world.settle().await;
    silence(&world, &scene, 2).await;
    let now = world.system.app.clock.now();
    let update = start_update(200_000_001, anna, now, &format!("{}-c65", scene.code));
    assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    assert_eq!(world.messages(anna), [POLITE]);
    world.settle().await;
    assert_eq!(world.messages(anna), [POLITE, "Join My Channel, Anna!"]);
}

#[tokio::test]
async fn an_answer_that_waited_for_more_than_an_hour_is_not_given() {
    let clock = Clock::manual(Clock::System.now_ms());
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    world.simulator.start_bot(anna, "mytrackbot", "").unwrap();
    world.settle().await;
    for (age_seconds, heard) in [(3_601, 1), (3_599, 2)] {
        let start = FactClock::first_of_second(clock.now() - age_seconds);
        let bot = scene.bot_key();
        let task = MessageTask::AnswerV1 { bot, campaign: None, user: UserId(anna), start };
        let message = json!({"messageId": "1", "receiptHandle": "r", "body": task.spelled().unwrap()});
        world.system.cloud.invoke("message-sender", json!({"Records": [message]})).await.unwrap();
        assert_eq!(world.messages(anna), vec![POLITE; heard], "after {age_seconds} s");
    }
}
