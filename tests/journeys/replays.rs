use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::lead_event::LeadStatus;
use shared::ids::UserId;
use shared::queue::Task;
use telegram_simulator::ReceiverAnswer;

use crate::world::{Scene, World};

async fn replay(scene: &Scene, parameters: &Value) -> Value {
    scene.account.post_json("/api/postbacks/replay.json", parameters).await.data()
}

fn answer(world: &World, status: u16) {
    world.simulator.set_receiver(ReceiverAnswer { status, delay_ms: 0 });
}

/// The codes of a postback's attempts.
fn codes(logged: &Value) -> Vec<u64> {
    logged["attempts"].as_array().unwrap().iter().map(|attempt| attempt["code"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_postback_that_failed_is_sent_again_under_the_same_id() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    answer(&world, 404);
    scene.start(anna, "c1");
    world.settle().await;
    answer(&world, 200);
    let id = scene.log().await[0]["id"].clone();
    assert_eq!(replay(&scene, &json!({"id": id})).await, json!({"queued": 1}));
    world.settle().await;
    let log = scene.log().await;
    assert_eq!((log.len(), &log[0]["state"], codes(&log[0])), (1, &json!("delivered"), vec![404, 200]));
    let received: Vec<_> = world.postbacks().into_iter().map(|postback| json!(postback.header_id)).collect();
    assert_eq!(received, [id.clone(), id]);
}

#[tokio::test]
async fn a_delivered_postback_is_sent_again_as_often_as_it_is_asked_for() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    let id = json!({"id": scene.log().await[0]["id"]});
    for _ in 0..2 {
        replay(&scene, &id).await;
        world.settle().await;
    }
    assert_eq!((world.events().len(), codes(&scene.log().await[0])), (3, vec![200, 200, 200]));
}

#[tokio::test]
async fn a_replay_that_the_queue_brings_twice_sends_nothing_twice_and_counts_from_its_request() {
    // Two minutes behind the machine, so that the deadline of an invocation stays ahead of it.
    let clock = Clock::manual(Clock::System.now_ms() - 120_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    clock.advance_ms(1);
    let event = scene.event(anna, LeadStatus::Wait).await;
    let (campaign, user) = (scene.campaign, UserId(anna));
    let asked = Task::ReplayV1 { campaign, user, event, requested_ms: clock.now_ms() };
    answer(&world, 503);
    assert!(!world.is_to_come_again(&asked).await);
    assert_eq!(scene.logged_states().await, ["wait pending"]);
    let decided = scene.task(anna, LeadStatus::Wait).await;
    assert!(!world.is_to_come_again(&decided).await, "the first delivery is still one");
    answer(&world, 200);
    assert!(!world.is_to_come_again(&asked).await);
    assert_eq!(codes(&scene.log().await[0]), [200, 503], "it is handed on, and not sent before it is due");
    clock.advance_ms(12_000);
    assert!(world.retry(std::slice::from_ref(&asked)).await.is_empty());
    assert!(world.retry(std::slice::from_ref(&asked)).await.is_empty());
    assert!(!world.is_to_come_again(&asked).await);
    assert_eq!(codes(&scene.log().await[0]), [200, 503, 200]);
    clock.advance_ms(1);
    let later = Task::ReplayV1 { campaign, user, event, requested_ms: clock.now_ms() };
    assert!(!world.is_to_come_again(&later).await);
    assert_eq!((scene.logged_states().await, world.events().len()), (vec!["wait delivered".to_owned()], 4));
}

#[tokio::test]
async fn a_replay_without_a_template_changes_nothing() {
    let world = World::new().await;
    let scene = world.setting().without_templates().set_up().await;
    scene.set_template(&world, "pb_wait").await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    scene.account.post_json("/api/profile/postbacks.json", &json!({"pb_wait": ""})).await.data();
    let before = scene.log().await;
    replay(&scene, &json!({"id": before[0]["id"]})).await;
    world.settle().await;
    assert_eq!((scene.log().await, world.events().len()), (before, 1));
}

#[tokio::test]
async fn what_failed_in_an_outage_is_replayed_in_one_go_in_the_order_in_which_it_happened() {
    let world = World::new().await;
    let scene = world.scene().await;
    answer(&world, 403);
    let people: Vec<_> = (0..6).map(|number| world.person(&format!("P{number}"))).collect();
    for (number, person) in people.iter().enumerate() {
        scene.start(*person, &format!("c{number}"));
        world.delivered().await;
        scene.join(*person);
        world.delivered().await;
        scene.leave(*person);
    }
    world.settle().await;
    answer(&world, 200);
    scene.start(world.person("Later"), "later");
    world.settle().await;
    world.simulator.clear_postbacks();

    assert_eq!(replay(&scene, &json!({"campaign": 1, "state": "failed"})).await, json!({"queued": 18}));
    world.settle().await;
    assert!(scene.logged_states().await.iter().all(|state| state.ends_with(" delivered")));
    for number in 0..people.len() {
        let told: Vec<_> =
            world.told().into_iter().filter(|(_, click)| *click == format!("c{number}")).collect();
        let events: Vec<_> = told.iter().map(|(event, _)| event.as_str()).collect();
        assert_eq!(events, ["wait", "approve", "cancel"], "c{number}");
    }
    assert_eq!(replay(&scene, &json!({"campaign": 1, "state": "failed"})).await, json!({"queued": 0}));
    assert_eq!(world.events().len(), 18);
}
