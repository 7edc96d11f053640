use shared::domain::journal::JournalAction;
use shared::domain::lead_event::LeadStatus;

use super::pairs;
use crate::world::World;

#[tokio::test]
async fn a_join_before_its_start_belongs_to_it() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.join(anna);
    world.settle().await;
    assert_eq!(scene.actions().await, [(JournalAction::Join, false)]);
    scene.start(anna, "late");
    world.settle().await;
    assert_eq!(world.told(), pairs(&[("wait", "late"), ("approve", "late")]));
    assert_eq!(scene.status(anna).await, Some(LeadStatus::Approve));
    assert_eq!(scene.actions().await, [(JournalAction::Join, true)], "the entry is corrected, not repeated");
    assert_eq!(scene.counters().await, [1, 1, 0]);
}

#[tokio::test]
async fn three_starts_are_one_wait_and_three_welcomes_and_the_latest_click_counts() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    for click in ["first", "second", "third"] {
        scene.start(anna, click);
        world.delivered().await;
    }
    world.settle().await;
    scene.join(anna);
    world.settle().await;
    assert_eq!(world.told(), pairs(&[("wait", "first"), ("approve", "third")]));
    assert_eq!(world.messages(anna), ["Join My Channel, Anna!"; 3]);
    assert_eq!(scene.counters().await, [1, 1, 0]);
}

#[tokio::test]
async fn an_empty_click_and_a_start_after_the_join_replace_no_click() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    for click in ["first", ""] {
        scene.start(anna, click);
        world.delivered().await;
    }
    scene.join(anna);
    world.delivered().await;
    scene.start(anna, "inside");
    world.delivered().await;
    scene.leave(anna);
    world.settle().await;
    assert_eq!(world.told(), pairs(&[("wait", "first"), ("approve", "first"), ("cancel", "first")]));
}

#[tokio::test]
async fn an_organic_join_is_in_the_journal_and_nowhere_else() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.join(anna);
    world.delivered().await;
    scene.leave(anna);
    world.settle().await;
    assert_eq!(scene.actions().await, [(JournalAction::Join, false), (JournalAction::Leave, false)]);
    assert_eq!(scene.lead(anna).await.unwrap().id, None);
    assert_eq!((world.told(), scene.counters().await), (pairs(&[]), [0, 0, 0]));
    assert!(world.messages(anna).is_empty());
}

#[tokio::test]
async fn each_person_is_a_lead_of_their_own() {
    let world = World::new().await;
    let scene = world.scene().await;
    let people: Vec<_> = (0..5).map(|number| (world.person("Anna"), format!("click-{number}"))).collect();
    for (user, click) in &people {
        scene.start(*user, click);
        scene.join(*user);
    }
    world.settle().await;
    let mut told = world.told();
    told.sort();
    let events = ["approve", "wait"].into_iter();
    let expected =
        events.flat_map(|event| people.iter().map(move |(_, click)| (event.to_owned(), click.clone())));
    assert_eq!(told, expected.collect::<Vec<_>>());
    assert_eq!(scene.counters().await, [5, 5, 0]);
}
