//! Postbacks for a host whose circuit is open: they wait for its probe, not all for the same moment, and are not given up
//! without a request.

use std::collections::BTreeSet;

use shared::domain::circuit::ProbeWait;
use shared::domain::lead_event::LeadStatus;
use shared::domain::postback_log::{PostbackError, PostbackState};
use shared::domain::schedule::TRIES;

use super::retries::stage;
use crate::world::{Scene, World};

/// Opens the circuit to the receiver for so long from now, whatever it was.
pub(super) async fn open_circuit(world: &World, scene: &Scene, ms: i64) {
    let (store, account, now_ms) = (&scene.app().store, scene.account.id, scene.app().clock.now_ms());
    let host = world.system.base_url().trim_start_matches("http://").to_owned();
    store.close_circuit(account, &host).await.unwrap();
    store.count_host_failure(account, &host, now_ms / 1_000).await.unwrap();
    assert!(store.open_circuit(account, &host, ProbeWait { until_ms: now_ms + ms, ms }).await.unwrap());
}

#[tokio::test]
async fn what_a_circuit_blocked_comes_after_its_probe_and_not_all_at_once() {
    let (world, scene, clock, tasks) = stage(10).await;
    open_circuit(&world, &scene, 600_000).await;
    let mut due_ms = BTreeSet::new();
    for (user, task) in &tasks {
        assert!(world.receive(std::slice::from_ref(task)).await.is_empty());
        due_ms.insert(scene.logged(*user, LeadStatus::Wait).await.course.next_ms.unwrap() - clock.now_ms());
    }
    assert!(world.events().is_empty());
    assert!(due_ms.len() > 1, "{due_ms:?}");
    assert!(due_ms.iter().all(|wait_ms| (610_000..=915_000).contains(wait_ms)), "{due_ms:?}");
}

#[tokio::test]
async fn the_last_of_ten_attempts_is_made_although_the_circuit_is_open() {
    let (world, scene, clock, tasks) = stage(1).await;
    let (user, task) = &tasks[0];
    open_circuit(&world, &scene, 60_000).await;
    assert!(world.receive(std::slice::from_ref(task)).await.is_empty());
    for tried in 1..TRIES {
        let logged = scene.logged(*user, LeadStatus::Wait).await;
        assert_eq!((logged.attempts.len(), logged.error), (tried, Some(PostbackError::Circuit)));
        assert!(world.events().is_empty(), "after {tried} attempts");
        clock.advance_ms(logged.course.next_ms.unwrap() - clock.now_ms());
        open_circuit(&world, &scene, 60_000).await;
        assert!(world.retry(std::slice::from_ref(task)).await.is_empty());
    }
    let logged = scene.logged(*user, LeadStatus::Wait).await;
    assert_eq!((logged.state, logged.attempts.len()), (PostbackState::Delivered, TRIES));
    assert_eq!(world.events(), ["wait"]);
}
