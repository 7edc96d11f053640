use shared::domain::journal::JournalAction;
use shared::domain::lead_event::LeadStatus;

use super::pairs;
use crate::world::{MemberChange, Scene, World, member_update, start_update};

#[tokio::test]
async fn a_kick_is_trash() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.delivered().await;
    scene.join(anna);
    world.delivered().await;
    world.simulator.kick(anna, scene.chat).unwrap();
    world.settle().await;
    assert_eq!(world.told(), pairs(&[("wait", "c1"), ("approve", "c1"), ("trash", "c1")]));
    assert_eq!(scene.status(anna).await, Some(LeadStatus::Trash));
    assert_eq!(scene.actions().await, [(JournalAction::Join, true), (JournalAction::Kick, true)]);
    assert_eq!(scene.counters().await, [1, 1, 1]);
}

#[tokio::test]
async fn a_request_is_hold_and_being_let_in_is_approve() {
    let world = World::new().await;
    let scene = world.setting().closed().set_up().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.delivered().await;
    world.simulator.request_to_join(anna, scene.chat).unwrap();
    world.settle().await;
    assert_eq!(scene.status(anna).await, Some(LeadStatus::Hold));
    world.simulator.approve_request(anna, scene.chat).unwrap();
    world.settle().await;
    assert_eq!(world.told(), pairs(&[("wait", "c1"), ("hold", "c1"), ("approve", "c1")]));
    assert_eq!(scene.actions().await, [(JournalAction::Request, true), (JournalAction::Join, true)]);
    assert_eq!(scene.counters().await, [1, 1, 0]);
}

#[tokio::test]
async fn a_declined_request_stays_hold() {
    let world = World::new().await;
    let scene = world.setting().closed().set_up().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.delivered().await;
    world.simulator.request_to_join(anna, scene.chat).unwrap();
    world.delivered().await;
    world.simulator.decline_request(anna, scene.chat).unwrap();
    world.settle().await;
    assert_eq!(world.told(), pairs(&[("wait", "c1"), ("hold", "c1")]));
    assert_eq!(scene.status(anna).await, Some(LeadStatus::Hold));
}

#[tokio::test]
async fn a_return_after_a_leave_is_approve_again() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.delivered().await;
    scene.join(anna);
    world.delivered().await;
    scene.leave(anna);
    world.settle().await;
    assert_eq!(scene.counters().await, [1, 1, 1]);
    scene.join(anna);
    world.settle().await;
    assert_eq!(
        world.told(),
        pairs(&[("wait", "c1"), ("approve", "c1"), ("cancel", "c1"), ("approve", "c1")])
    );
    let ids: std::collections::BTreeSet<_> =
        world.postbacks().into_iter().map(|told| told.header_id).collect();
    assert_eq!(ids.len(), 4, "each approve has an id of its own");
    assert_eq!(scene.status(anna).await, Some(LeadStatus::Approve));
    assert_eq!(scene.counters().await, [1, 1, 0], "whoever is back has not left");
}

/// Start and join, and a leave so many seconds after the join.
async fn stay_for(world: &World, scene: &Scene, seconds: i64) -> i64 {
    let anna = world.person("Anna");
    let left = world.system.app.clock.now() - 5;
    let joined = left - seconds;
    let updates = [
        start_update(200_000_001, anna, joined - 1, &format!("{}-c1", scene.code)),
        member_update(200_000_002, joined, MemberChange::join(anna, scene.chat)),
        member_update(200_000_003, left, MemberChange::leave(anna, scene.chat)),
    ];
    for update in updates {
        world.simulator.inject_update(scene.bot.tg, update).unwrap();
        world.delivered().await;
    }
    world.settle().await;
    anna
}

#[tokio::test]
async fn a_leave_after_the_window_is_counted_and_not_told() {
    let world = World::new().await;
    let scene = world.setting().set("unsub_window", 3600).set_up().await;
    let anna = stay_for(&world, &scene, 3601).await;
    assert_eq!(world.told(), pairs(&[("wait", "c1"), ("approve", "c1")]));
    assert_eq!((scene.status(anna).await, scene.counters().await), (Some(LeadStatus::Cancel), [1, 1, 1]));
}

#[tokio::test]
async fn a_leave_in_the_last_second_of_the_window_is_told() {
    let world = World::new().await;
    let scene = world.setting().set("unsub_window", 3600).set_up().await;
    stay_for(&world, &scene, 3600).await;
    assert_eq!(world.told(), pairs(&[("wait", "c1"), ("approve", "c1"), ("cancel", "c1")]));
}

#[tokio::test]
async fn a_window_of_0_never_closes() {
    let world = World::new().await;
    let scene = world.setting().set("unsub_window", 0).set_up().await;
    stay_for(&world, &scene, 80_000).await;
    assert_eq!(world.events(), ["wait", "approve", "cancel"]);
}

#[tokio::test]
async fn an_older_fact_that_comes_late_overwrites_nothing() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = stay_for(&world, &scene, 60).await;
    let before = scene.lead(anna).await;
    let old = world.system.app.clock.now() - 1000;
    for change in [MemberChange::join(anna, scene.chat), MemberChange::leave(anna, scene.chat)] {
        let reply = world.deliver(&scene.bot, &member_update(199_999_999, old, change)).await;
        assert_eq!(reply.code, 200);
    }
    world.settle().await;
    assert_eq!(scene.lead(anna).await, before);
    assert_eq!(world.events(), ["wait", "approve", "cancel"]);
}

#[tokio::test]
async fn a_chat_that_is_called_something_else_is_called_so_in_the_next_welcome() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (anna, ben) = (world.person("Anna"), world.person("Ben"));
    scene.start(anna, "c1");
    world.settle().await;
    assert_eq!(world.messages(anna), ["Join My Channel, Anna!"]);
    let now = world.system.app.clock.now();
    let deliver = async |number: i64, title: &str| {
        let mut update =
            member_update(number, now + number - 900_000_000, MemberChange::join(anna, scene.chat));
        update["chat_member"]["chat"]["title"] = serde_json::json!(title);
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
        scene.detail().await.data()["chat_title"].clone()
    };
    assert_eq!(deliver(900_000_002, "Our Channel").await, "Our Channel");
    assert_eq!(
        deliver(900_000_001, "My Channel").await,
        "Our Channel",
        "an older update tells an older title"
    );
    scene.start(ben, "c2");
    world.settle().await;
    assert_eq!(world.messages(ben), ["Join Our Channel, Ben!"]);
    assert_eq!(deliver(900_000_003, "").await, "Our Channel", "no title is none");
}
