//! Several senders at once, each with a memory of its own that is up to a second behind the table.

use futures::future::join_all;
use shared::App;
use shared::clock::Clock;
use shared::domain::circuit::{Circuit, ProbeWait};
use shared::domain::lead_event::LeadStatus;
use shared::domain::postback_log::{PostbackError, PostbackState};
use shared::queue::Task;
use telegram_simulator::ReceiverAnswer;

use super::retries::{answer, stage};
use crate::world::{Scene, World};

async fn circuit(world: &World, scene: &Scene) -> Circuit {
    let host = world.system.base_url().trim_start_matches("http://").to_owned();
    scene.app().store.circuit(scene.account.id, &host).await.unwrap()
}

async fn begin(app: &App, task: &Task) {
    app.begin_postback(task, None, 1).await.unwrap();
}

async fn retry(app: &App, task: &Task) {
    app.retry_postback(task, None).await.unwrap();
}

/// Has both retriers learn of the circuit as it is now, and then the wait be over before they forget it.
async fn wait_for_probe(
    clock: &Clock,
    retriers: &[App; 2],
    untold: &mut impl Iterator<Item = Task>,
    wait: ProbeWait,
) {
    clock.advance_ms(wait.until_ms - clock.now_ms() - 500);
    for retrier in retriers {
        retry(retrier, &untold.next().unwrap()).await;
    }
    clock.advance_ms(500);
}

#[tokio::test]
async fn a_circuit_opens_once_lets_one_probe_through_and_closes_for_all_senders() {
    let (world, scene, clock, tasks) = stage(30).await;
    let mut untold = tasks.into_iter().map(|(_, task)| task);
    let senders = [world.sandbox("postback-sender"), world.sandbox("postback-sender")];
    answer(&world, 500);
    for sender in senders.iter().cycle().take(10) {
        begin(sender, &untold.next().unwrap()).await;
    }
    let opened = circuit(&world, &scene).await;
    assert_eq!(opened.wait.unwrap().until_ms, clock.now_ms() + 30_000);
    clock.advance_ms(900);
    for sender in senders.iter().cycle().take(4) {
        begin(sender, &untold.next().unwrap()).await;
    }
    assert_eq!(world.events().len(), 11, "who saw it closed within the second may ask once more");
    assert_eq!(circuit(&world, &scene).await, Circuit { failures: 11, ..opened }, "it opens once");

    let retriers = [world.sandbox("postback-retrier"), world.sandbox("postback-retrier")];
    for (probe, wait_ms) in [(1, 30_000), (2, 60_000)] {
        let wait = circuit(&world, &scene).await.wait.unwrap();
        assert_eq!(wait.ms, wait_ms);
        wait_for_probe(&clock, &retriers, &mut untold, wait).await;
        assert_eq!(world.events().len(), 10 + probe, "half a second too early");
        world.simulator.set_receiver(ReceiverAnswer { status: 500, delay_ms: 200 });
        let some: Vec<_> = untold.by_ref().take(3).collect();
        join_all(some.iter().zip(retriers.iter().cycle()).map(|(task, retrier)| retry(retrier, task))).await;
        assert_eq!(world.events().len(), 11 + probe, "one of three that may is the probe");
    }
    answer(&world, 200);
    let wait = circuit(&world, &scene).await.wait.unwrap();
    wait_for_probe(&clock, &retriers, &mut untold, wait).await;
    retry(&retriers[0], &untold.next().unwrap()).await;
    assert_eq!((world.events().len(), circuit(&world, &scene).await), (14, Circuit::default()));
    clock.advance_ms(1_000);
    for app in &retriers {
        retry(app, &untold.next().unwrap()).await;
    }
    begin(&senders[1], &untold.next().unwrap()).await;
    assert_eq!(world.events().len(), 17, "it is closed for all");
}

#[tokio::test]
async fn who_comes_too_late_for_the_probe_that_closed_a_circuit_is_not_put_off() {
    let (world, scene, clock, tasks) = stage(16).await;
    let late = tasks[15].0;
    let mut untold = tasks.into_iter().map(|(_, task)| task);
    let retriers = [world.sandbox("postback-retrier"), world.sandbox("postback-retrier")];
    answer(&world, 500);
    for _ in 0..10 {
        retry(&retriers[0], &untold.next().unwrap()).await;
    }
    let wait = circuit(&world, &scene).await.wait.unwrap();
    wait_for_probe(&clock, &retriers, &mut untold, wait).await;
    answer(&world, 200);
    retry(&retriers[0], &untold.next().unwrap()).await;
    assert_eq!(circuit(&world, &scene).await, Circuit::default());
    retry(&retriers[1], &untold.next_back().unwrap()).await;
    let logged = scene.logged(late, LeadStatus::Wait).await;
    assert_eq!((logged.state, logged.error), (PostbackState::Delivered, None));
    assert_eq!(world.events().len(), 12);
}

/// A probe may take ten seconds, and what came with it in one batch would wait for as long.
#[tokio::test]
async fn the_queue_of_first_attempts_makes_no_probe() {
    let (world, scene, clock, tasks) = stage(13).await;
    let sender = world.sandbox("postback-sender");
    answer(&world, 500);
    for (_, task) in &tasks[..11] {
        begin(&sender, task).await;
    }
    assert_eq!(world.events().len(), 10);
    let blocked = scene.logged(tasks[10].0, LeadStatus::Wait).await;
    assert_eq!((blocked.error, blocked.attempts.len()), (Some(PostbackError::Circuit), 1));
    clock.advance_ms(30_000);
    begin(&sender, &tasks[11].1).await;
    assert_eq!(world.events().len(), 10);
    let handed_on = scene.logged(tasks[11].0, LeadStatus::Wait).await;
    assert!(handed_on.attempts.is_empty() && handed_on.course.next_ms == Some(clock.now_ms()));
    answer(&world, 200);
    retry(&world.sandbox("postback-retrier"), &tasks[11].1).await;
    assert_eq!(scene.logged(tasks[11].0, LeadStatus::Wait).await.state, PostbackState::Delivered);
    clock.advance_ms(1_000);
    begin(&sender, &tasks[12].1).await;
    assert_eq!(scene.logged(tasks[12].0, LeadStatus::Wait).await.state, PostbackState::Delivered);
}
