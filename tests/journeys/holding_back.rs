//! A postback that fails holds the lead's later ones back, for a minute.

use serde_json::json;
use shared::clock::Clock;
use shared::domain::lead_event::LeadStatus;
use telegram_simulator::ReceiverAnswer;

use crate::world::World;

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
    let mut batch = Vec::new();
    for status in [LeadStatus::Wait, LeadStatus::Approve, LeadStatus::Cancel] {
        batch.push(scene.task(anna, status).await);
    }

    world.simulator.set_receiver(ReceiverAnswer { status: 503, delay_ms: 0 });
    assert_eq!(world.receive(&batch).await, [0, 1, 2]);
    assert_eq!(world.events(), ["wait"]);
    clock.advance_ms(60_000);
    assert_eq!(world.receive(&batch).await, [0, 1, 2]);
    assert_eq!(world.events(), ["wait", "wait", "approve"]);

    world.simulator.set_receiver(ReceiverAnswer::default());
    assert!(world.receive(&batch).await.is_empty());
    assert_eq!(world.events()[3..], ["wait", "approve", "cancel"]);
    assert!(world.receive(&batch).await.is_empty());
    assert_eq!(world.events().len(), 6, "what was delivered is not sent again");
}
