//! Two calls at the same moment for one welcome: one of them sends it.

use serde_json::{Value, json};
use shared::domain::fact_clock::FactClock;
use shared::domain::lead::Start;
use shared::domain::person::Person;
use shared::ids::{LeadId, UserId};
use shared::store::{NewStart, RequestWrite, StartPolicy, StartWrite, WelcomeLease};
use telegram_simulator::Faults;

use crate::world::{Scene, World};

/// The update of somebody's request to join, as it came.
async fn request_update(world: &World, scene: &Scene, user: i64) -> Value {
    world.until("the request is written", async || scene.lead(user).await.is_some()).await;
    let clock = scene.lead(user).await.unwrap().facts.request.unwrap();
    json!({"update_id": clock.update, "chat_join_request": {
        "chat": {"id": scene.chat, "type": "channel", "title": "My Channel"}, "date": clock.date,
        "from": {"id": user, "is_bot": false, "first_name": "Anna"}, "user_chat_id": user,
    }})
}

#[tokio::test]
async fn a_request_that_comes_again_while_its_welcome_is_being_sent_is_welcomed_once() {
    let world = World::new().await;
    let scene = world.setting().closed().set("auto_approve", 0).set_up().await;
    let anna = world.person("Anna");
    let faults = Faults { time_out_next: 1, time_out_after_ms: 1_500, ..Faults::default() };
    world.simulator.set_faults(faults);
    world.simulator.request_to_join(anna, scene.chat).unwrap();
    let update = request_update(&world, &scene, anna).await;
    world.until("the welcome has arrived", async || world.messages(anna).len() == 1).await;
    assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    world.settle().await;
    assert_eq!(world.messages(anna), ["Join My Channel, Anna!"]);
}

#[tokio::test]
async fn of_two_who_write_a_start_or_a_request_in_one_millisecond_one_greets() {
    let world = World::new().await;
    let scene = world.scene().await;
    let store = &world.system.app.store;
    let lease = |holder| WelcomeLease { now_ms: 100, until_ms: 110, holder };
    let clock = FactClock { date: 1_700_000_000, update: 1 };

    let anna = Person { user: UserId(1), ..Person::default() };
    let start = Start::new(clock, "c1");
    let write = async |holder| {
        let new =
            NewStart { start: &start, id: LeadId(1), policy: StartPolicy::MakeLeads, lease: lease(holder) };
        store.record_start(scene.campaign, &anna, new).await.unwrap()
    };
    assert!(matches!(write(1).await, StartWrite::ToGreet(_)));
    assert_eq!(write(2).await, StartWrite::Owed);
    assert!(matches!(write(1).await, StartWrite::ToGreet(_)), "its own write, tried again");

    let bert = Person { user: UserId(2), ..Person::default() };
    let write = async |holder| {
        store.record_request_to_greet(scene.campaign, &bert, clock, lease(holder)).await.unwrap()
    };
    assert!(matches!(write(1).await, RequestWrite::ToGreet(_)));
    assert_eq!(write(2).await, RequestWrite::Owed);
    assert!(matches!(write(1).await, RequestWrite::ToGreet(_)), "its own write, tried again");
}
