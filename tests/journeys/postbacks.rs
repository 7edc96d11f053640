use serde_json::{Value, json};
use shared::domain::lead_event::{LeadEvent, LeadStatus};
use shared::domain::postback::postback_id;
use shared::ids::AccountId;
use shared::store::{AttemptState, PostbackAttempt};
use telegram_simulator::ReceiverAnswer;

use super::pairs;
use crate::world::{Account, Scene, World};

/// An account with global templates for wait and approve.
async fn account_with_templates(world: &World) -> Account {
    let [wait, approve] = ["global_wait", "global_approve"].map(|path| world.template(path));
    world.stored_account(json!({"templates": {"wait": wait, "approve": approve}})).await
}

async fn visit(world: &World, scene: &Scene, click: &str) {
    let user = world.person("Anna");
    scene.start(user, click);
    world.delivered().await;
    scene.join(user);
    world.delivered().await;
    scene.leave(user);
    world.settle().await;
}

#[tokio::test]
async fn a_campaign_without_templates_of_its_own_uses_the_accounts() {
    let world = World::new().await;
    let account = account_with_templates(&world).await;
    let scene = world.setting().of(&account).without_templates().set_up().await;
    visit(&world, &scene, "c1").await;
    assert_eq!(world.told(), pairs(&[("global_wait", "c1"), ("global_approve", "c1")]));
}

#[tokio::test]
async fn a_campaign_with_one_template_of_its_own_uses_its_own_five() {
    let world = World::new().await;
    let account = account_with_templates(&world).await;
    let template = world.template("own_cancel");
    let scene = world.setting().of(&account).without_templates().set("pb_cancel", template).set_up().await;
    visit(&world, &scene, "c1").await;
    assert_eq!(world.told(), pairs(&[("own_cancel", "c1")]));
    assert_eq!(scene.counters().await, [1, 1, 1]);
}

#[tokio::test]
async fn without_any_template_nothing_is_told_and_everything_counted() {
    let world = World::new().await;
    let scene = world.setting().without_templates().set_up().await;
    assert_eq!(scene.account.id, AccountId(1));
    visit(&world, &scene, "c1").await;
    assert_eq!((world.told(), scene.counters().await), (pairs(&[]), [1, 1, 1]));
}

/// Every attempt to tell that a person started.
async fn attempts(world: &World, scene: &Scene, user: i64) -> Vec<PostbackAttempt> {
    let Some(lead) = scene.lead(user).await else { return Vec::new() };
    let event = LeadEvent { status: LeadStatus::Wait, clock: lead.facts.first_start().unwrap().clock };
    let id = postback_id(lead.id.unwrap(), event);
    world.system.app.store.postback_attempts(scene.campaign, event, &id).await.unwrap()
}

#[tokio::test]
async fn an_attempt_that_failed_is_in_the_log_and_its_task_back_in_the_queue() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    world.simulator.set_receiver(ReceiverAnswer { status: 500, delay_ms: 0 });
    scene.start(anna, "c1");
    world.until("an attempt is in the log", async || !attempts(&world, &scene, anna).await.is_empty()).await;
    world.simulator.set_receiver(ReceiverAnswer::default());
    let logged = attempts(&world, &scene, anna).await;
    let [attempt] = logged.as_slice() else { panic!("{logged:?}") };
    assert_eq!((attempt.attempt, attempt.state, attempt.code), (1, AttemptState::Retry, Some(500)));
    assert!(attempt.url.contains("/simulator/receiver/wait?click=c1&"), "{}", attempt.url);
    let queue = "PostbackQueue";
    let bodies = world.system.cloud.queue_bodies(queue).unwrap();
    let [body] = bodies.as_slice() else { panic!("{bodies:?}") };
    let task: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&task["type"], &task["user"]), (&Value::from("postback_v1"), &Value::from(anna)));
    let depth = world.system.cloud.queue_depth(queue).unwrap();
    assert_eq!(depth.total(), 1, "{depth:?}");
}

#[tokio::test]
async fn an_attempt_that_the_receiver_refuses_for_good_is_the_last() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    world.simulator.set_receiver(ReceiverAnswer { status: 404, delay_ms: 0 });
    scene.start(anna, "c1");
    world.settle().await;
    let states: Vec<_> = attempts(&world, &scene, anna).await.iter().map(|attempt| attempt.state).collect();
    assert_eq!((states, world.events().len()), (vec![AttemptState::Failed], 1));
}

#[tokio::test]
async fn a_private_target_is_not_called_unless_it_is_allowed() {
    let world = World::with(|options| options.allow_private_targets = false).await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    let logged = attempts(&world, &scene, anna).await;
    let told: Vec<_> = logged.iter().map(|attempt| (attempt.state, attempt.error.as_str())).collect();
    assert_eq!((told, world.events().len()), (vec![(AttemptState::Failed, "target")], 0));
}
