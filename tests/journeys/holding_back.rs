//! A postback that fails holds the lead's later ones back, for a minute.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::lead_event::{LeadEvent, LeadStatus};
use shared::ids::UserId;
use shared::queue::Task;
use telegram_simulator::ReceiverAnswer;

use crate::world::{Scene, World};

/// A batch of the queue with what is to be told of a person who came and left.
async fn batch(scene: &Scene, user: i64) -> Value {
    let facts = scene.lead(user).await.unwrap().facts;
    let events = [
        (LeadStatus::Wait, facts.first_start().unwrap().clock),
        (LeadStatus::Approve, facts.join.unwrap()),
        (LeadStatus::Cancel, facts.leave.unwrap().clock),
    ];
    let records = events.map(|(status, clock)| {
        let event = LeadEvent { status, clock };
        let task = Task::PostbackV1 { campaign: scene.campaign, user: UserId(user), event };
        let body = serde_json::to_string(&task).unwrap();
        json!({"messageId": status.name(), "body": body, "attributes": {}, "messageAttributes": {}})
    });
    json!({"Records": records})
}

/// The messages that one receipt of the batch leaves to be received again.
async fn receive(world: &World, batch: &Value) -> Vec<String> {
    let answer = world.system.cloud.invoke("postback-sender", batch.clone()).await.unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_failing_postback_holds_the_later_ones_of_its_lead_back_for_a_minute() {
    // Two minutes behind the machine, so that the deadline of an invocation stays ahead of it.
    let clock = Clock::manual(Clock::System.now_ms() - 120_000);
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
    let batch = batch(&scene, anna).await;

    world.simulator.set_receiver(ReceiverAnswer { status: 503, delay_ms: 0 });
    assert_eq!(receive(&world, &batch).await, ["wait", "approve", "cancel"]);
    assert_eq!(world.events(), ["wait"]);
    clock.advance_ms(60_000);
    assert_eq!(receive(&world, &batch).await, ["wait", "approve", "cancel"]);
    assert_eq!(world.events(), ["wait", "wait", "approve"]);

    world.simulator.set_receiver(ReceiverAnswer::default());
    assert!(receive(&world, &batch).await.is_empty());
    assert_eq!(world.events()[3..], ["wait", "approve", "cancel"]);
    assert!(receive(&world, &batch).await.is_empty());
    assert_eq!(world.events().len(), 6, "what was delivered is not sent again");
}
