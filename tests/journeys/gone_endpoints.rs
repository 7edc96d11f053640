//! Endpoints that asked for no more, and templates that were edited a moment ago.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::lead_event::LeadStatus;
use shared::queue::Task;
use shared::store::{EndpointMarks, TemplateOwner};
use telegram_simulator::ReceiverAnswer;

use crate::world::{Scene, World};

/// Three leads who started and were told of by nobody; time stands still, so that nothing remembered grows old.
async fn stage() -> (World, Scene, Vec<Task>) {
    let clock = Clock::manual(Clock::System.now_ms() - 3_600_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.setting().without_templates().set_up().await;
    let users: Vec<_> = (0..3).map(|number| world.person(&format!("P{number}"))).collect();
    for user in &users {
        scene.start(*user, "c");
    }
    world.settle().await;
    clock.advance_ms(5_000);
    let mut tasks = Vec::new();
    for user in users {
        tasks.push(scene.task(user, LeadStatus::Wait).await);
    }
    (world, scene, tasks)
}

fn answer(world: &World, status: u16) {
    world.simulator.set_receiver(ReceiverAnswer { status, delay_ms: 0 });
}

async fn edit(scene: &Scene, templates: Value) {
    let mut parameters = templates;
    parameters["id"] = json!(1);
    scene.account.post_json("/api/camp/edit.json", &parameters).await.data();
}

async fn receive(world: &World, task: &Task) {
    assert!(world.receive(std::slice::from_ref(task)).await.is_empty());
}

#[tokio::test]
async fn a_hook_that_is_gone_leaves_the_other_hooks_of_its_host_alone() {
    let (world, scene, tasks) = stage().await;
    edit(&scene, json!({"pb_wait": world.template("one"), "pb_approve": world.template("two")})).await;
    answer(&world, 410);
    receive(&world, &tasks[0]).await;
    answer(&world, 200);
    let approve = |task: &Task| {
        let (campaign, user, mut event) = task.subject();
        event.status = LeadStatus::Approve;
        Task::PostbackV1 { campaign, user, event }
    };
    receive(&world, &approve(&tasks[1])).await;
    receive(&world, &tasks[1]).await;
    assert_eq!(world.events(), ["one", "two"]);
}

#[tokio::test]
async fn a_template_that_was_just_set_is_not_missed() {
    let (world, scene, tasks) = stage().await;
    edit(&scene, json!({"pb_hold": world.template("hold")})).await;
    receive(&world, &tasks[0]).await;
    edit(&scene, json!({"pb_wait": world.template("wait")})).await;
    receive(&world, &tasks[1]).await;
    assert_eq!(world.events(), ["wait"]);
}

#[tokio::test]
async fn an_endpoint_is_asked_again_at_once_when_its_template_was_edited() {
    let (world, scene, tasks) = stage().await;
    edit(&scene, json!({"pb_wait": world.template("wait")})).await;
    answer(&world, 410);
    receive(&world, &tasks[0]).await;
    receive(&world, &tasks[1]).await;
    assert_eq!(world.events().len(), 1);
    answer(&world, 200);
    edit(&scene, json!({"pb_wait": world.template("wait")})).await;
    receive(&world, &tasks[2]).await;
    assert_eq!(world.events().len(), 2);
}

#[tokio::test]
async fn an_edit_of_the_templates_takes_a_mark_away_that_is_made_at_the_same_moment() {
    let world = World::new().await;
    let scene = world.scene().await;
    let store = &world.system.app.store;
    let read = async || store.campaign(scene.campaign).await.unwrap().unwrap();
    let account = scene.campaign.account;
    for (marks, left) in [(EndpointMarks::Stay, 1), (EndpointMarks::Go, 0)] {
        let before = read().await;
        let owner = TemplateOwner::Campaign(scene.campaign);
        store.disable_endpoint(owner, &before.templates, "h.example/p").await.unwrap();
        assert!(store.edit_campaign(account, &before, &before, marks).await.unwrap());
        assert_eq!(read().await.disabled_endpoints.len(), left);
    }
}
