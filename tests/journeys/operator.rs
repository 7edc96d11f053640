//! What the operator does about postbacks that failed and messages that could not be carried out.

use std::path::Path;

use local::args::{DeadLetterCommand, ReplayArgs, TableArgs};
use local::repairs::{dead_letters, replay};
use shared::domain::lead_event::LeadStatus;
use shared::domain::postback_log::PostbackState;
use shared::queue::Task;
use telegram_simulator::ReceiverAnswer;

use crate::world::World;

fn table(data: &Path) -> TableArgs {
    TableArgs { data: data.to_owned(), table: None }
}

#[tokio::test]
async fn what_failed_is_sent_again_by_the_operator_while_the_system_runs() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (anna, bert) = (world.person("Anna"), world.person("Bert"));
    world.simulator.set_receiver(ReceiverAnswer { status: 404, delay_ms: 0 });
    scene.start(anna, "c1");
    scene.start(bert, "c2");
    world.settle().await;
    world.simulator.set_receiver(ReceiverAnswer::default());
    let one = ReplayArgs {
        account: 1,
        id: Some(scene.postback_id(anna, LeadStatus::Wait).await),
        campaign: None,
        state: None,
        from: None,
        to: None,
        table: table(world.data()),
    };
    replay(&one).await.unwrap();
    world.settle().await;
    assert_eq!(scene.logged(anna, LeadStatus::Wait).await.state, PostbackState::Delivered);
    assert_eq!(scene.logged(bert, LeadStatus::Wait).await.state, PostbackState::Failed);
    let all = ReplayArgs { id: None, campaign: Some(1), state: Some(PostbackState::Failed), ..one.clone() };
    replay(&all).await.unwrap();
    world.settle().await;
    assert_eq!(scene.logged_states().await, ["wait delivered", "wait delivered"]);
    let strangers = ReplayArgs { account: 7, ..one };
    assert!(replay(&strangers).await.is_err());
}

#[tokio::test]
async fn the_commands_work_on_a_system_that_does_not_run() {
    let folder = tempfile::tempdir().unwrap();
    dead_letters(&DeadLetterCommand::List { queue: None, table: table(folder.path()) }).await.unwrap();
}

#[tokio::test]
async fn dead_letters_are_returned_to_their_queue_or_dropped() {
    let world = World::new().await;
    let (cloud, data) = (&world.system.cloud, world.data().to_owned());
    let count = |queue: &str| cloud.queue_depth(queue).unwrap().total();
    let name = |queue: &str| cloud.queue_url(queue).unwrap().rsplit('/').next().unwrap().to_owned();
    world.put_message("RetryDeadLetters", "no task").await;
    world.put_message("WelcomeDeadLetters", "no task").await;
    dead_letters(&DeadLetterCommand::List { queue: None, table: table(&data) }).await.unwrap();
    assert_eq!((count("RetryDeadLetters"), count("RetryQueue")), (1, 0), "looking takes nothing");
    let queue = Some(name("RetryDeadLetters"));
    dead_letters(&DeadLetterCommand::Return { queue, table: table(&data) }).await.unwrap();
    assert_eq!((count("RetryDeadLetters"), count("RetryQueue")), (0, 1));
    assert_eq!(count("WelcomeDeadLetters"), 1, "of another queue");
    let queue = name("WelcomeDeadLetters");
    dead_letters(&DeadLetterCommand::Drop { queue, table: table(&data) }).await.unwrap();
    assert_eq!((count("WelcomeDeadLetters"), count("WelcomeQueue")), (0, 0));
}

#[tokio::test]
async fn a_queue_counts_as_empty_only_after_waiting_for_what_it_has() {
    let world = World::new().await;
    world.put_message("RetryDeadLetters", "no task").await;
    let url = world.system.cloud.queue_url("RetryDeadLetters").unwrap();
    let queue = Some(url.rsplit('/').next().unwrap().to_owned());
    let command = DeadLetterCommand::Return { queue, table: table(world.data()) };
    let returning = dead_letters(&command);
    let late = async {
        world
            .until("the first is returned", async || {
                world.system.cloud.queue_depth("RetryDeadLetters").unwrap().total() == 0
            })
            .await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        world.put_message("RetryDeadLetters", "late").await;
    };
    let (returned, ()) = tokio::join!(returning, late);
    returned.unwrap();
    assert_eq!(world.system.cloud.queue_depth("RetryDeadLetters").unwrap().total(), 0);
}

/// Puts tasks among the dead letters of the postback queue.
async fn bury(world: &World, tasks: &[Task]) {
    let url = world.system.cloud.queue_url("PostbackDeadLetters").unwrap();
    world.system.app.queue_at(url).send(tasks).await.unwrap();
}

#[tokio::test]
async fn dead_letters_of_the_postback_queue_are_returned_in_their_leads_order_and_delivered() {
    let world = World::new().await;
    let scene = world.setting().without_templates().set_up().await;
    let (anna, bert) = (world.person("Anna"), world.person("Bert"));
    // The queue of postbacks sees these tasks, and drops the same again for five minutes.
    scene.start(anna, "c1");
    scene.join(anna);
    scene.start(bert, "c2");
    world.settle().await;
    for parameter in ["pb_wait", "pb_approve"] {
        scene.set_template(&world, parameter).await;
    }
    let count = |queue: &str| world.system.cloud.queue_depth(queue).unwrap().total();
    let name =
        |queue: &str| world.system.cloud.queue_url(queue).unwrap().rsplit('/').next().unwrap().to_owned();
    let [wait, approve] =
        [scene.task(anna, LeadStatus::Wait).await, scene.task(anna, LeadStatus::Approve).await];
    bury(&world, &[wait, approve]).await;
    assert!(world.events().is_empty() && count("PostbackDeadLetters") == 2);
    let queue = Some(name("PostbackDeadLetters"));
    dead_letters(&DeadLetterCommand::Return { queue, table: table(world.data()) }).await.unwrap();
    world.settle().await;
    assert_eq!(world.events(), ["wait", "approve"]);
    assert_eq!((count("PostbackDeadLetters"), count("PostbackQueue")), (0, 0));

    bury(&world, &[scene.task(bert, LeadStatus::Wait).await]).await;
    let queue = name("PostbackDeadLetters");
    dead_letters(&DeadLetterCommand::Drop { queue, table: table(world.data()) }).await.unwrap();
    world.settle().await;
    assert_eq!(
        (count("PostbackDeadLetters"), world.events().len()),
        (0, 2),
        "what is dropped is told to nobody"
    );
}
