use shared::domain::lead_event::LeadStatus;
use telegram_simulator::Faults;

use super::pairs;
use crate::world::World;

#[tokio::test]
async fn updates_that_all_come_twice_count_once() {
    let world = World::new().await;
    let scene = world.scene().await;
    world.simulator.set_faults(Faults { duplicate_share: 1.0, ..Faults::default() });
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.delivered().await;
    scene.join(anna);
    world.delivered().await;
    scene.leave(anna);
    world.settle().await;
    assert_eq!(world.told(), pairs(&[("wait", "c1"), ("approve", "c1"), ("cancel", "c1")]));
    assert_eq!((world.messages(anna).len(), scene.journal().await.len()), (1, 2));
    assert_eq!(scene.counters().await, [1, 1, 1]);
}

#[tokio::test]
async fn updates_delivered_again_later_change_nothing() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    let payload = format!("{}-c1", scene.code);
    let mut made = world.simulator.start_bot(anna, "mytrackbot", &payload).unwrap();
    world.delivered().await;
    made.extend(world.simulator.join(anna, scene.chat).unwrap());
    world.delivered().await;
    made.extend(world.simulator.leave(anna, scene.chat).unwrap());
    world.settle().await;
    let (lead, journal) = (scene.lead(anna).await, scene.journal().await);
    for update in made.iter().rev() {
        world.simulator.redeliver(scene.bot.tg, update.update_id).unwrap();
        world.delivered().await;
    }
    world.settle().await;
    assert_eq!((scene.lead(anna).await, scene.journal().await), (lead, journal));
    assert_eq!(world.told(), pairs(&[("wait", "c1"), ("approve", "c1"), ("cancel", "c1")]));
    assert_eq!(world.messages(anna).len(), 1);
    assert_eq!((scene.status(anna).await, scene.counters().await), (Some(LeadStatus::Cancel), [1, 1, 1]));
}

#[tokio::test]
async fn a_start_held_back_until_after_the_leave_makes_the_same_lead() {
    let world = World::new().await;
    let scene = world.scene().await;
    world.simulator.set_faults(Faults { hold_messages_ms: 500, ..Faults::default() });
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    scene.join(anna);
    scene.leave(anna);
    world.settle().await;
    assert_eq!(world.told(), pairs(&[("wait", "c1"), ("approve", "c1"), ("cancel", "c1")]));
    assert_eq!((scene.status(anna).await, scene.counters().await), (Some(LeadStatus::Cancel), [1, 1, 1]));
    assert_eq!(scene.journal().await.len(), 2);
}

#[tokio::test]
async fn a_leave_decided_right_after_a_join_is_told_after_it() {
    let world = World::new().await;
    let scene = world.scene().await;
    let users: Vec<_> = (0..20).map(|number| world.person(&format!("P{number}"))).collect();
    for (number, user) in users.iter().enumerate() {
        scene.start(*user, &format!("c{number}"));
        scene.join(*user);
        // The stream is read once a second: some leaves fall into the batch of their join and some into the next.
        tokio::time::sleep(std::time::Duration::from_millis(70)).await;
        scene.leave(*user);
    }
    world.settle().await;
    for number in 0..users.len() {
        let told: Vec<_> =
            world.told().into_iter().filter(|(_, click)| *click == format!("c{number}")).collect();
        let events: Vec<_> = told.iter().map(|(event, _)| event.as_str()).collect();
        assert_eq!(events, ["wait", "approve", "cancel"], "c{number}");
    }
}
