use shared::domain::journal::JournalAction;
use shared::ids::UserId;
use shared::store::Reach;
use telegram_simulator::{ChatKind, NewChat};

use crate::world::{World, journal};

#[tokio::test]
async fn what_happens_in_an_untracked_chat_is_in_its_journal() {
    let world = World::new().await;
    let scene = world.scene().await;
    let closed = NewChat { join_by_request: true, ..NewChat::new("Other", ChatKind::Channel) };
    let chat = world.chat(&scene.bot, closed).await;
    let anna = world.person("Anna");
    world.simulator.request_to_join(anna, chat).unwrap();
    world.delivered().await;
    world.simulator.approve_request(anna, chat).unwrap();
    world.delivered().await;
    world.simulator.ban(anna, chat).unwrap();
    world.settle().await;
    let rows = journal(&world.system.app, scene.bot_key(), chat).await;
    let actions: Vec<_> = rows.iter().map(|row| row.action).collect();
    assert_eq!(actions, [JournalAction::Request, JournalAction::Join, JournalAction::Kick]);
    assert!(rows.iter().all(|row| row.campaign.is_none() && row.lead.is_none() && row.user == UserId(anna)));
    assert_eq!((world.events().len(), scene.journal().await.len()), (0, 0));
}

#[tokio::test]
async fn a_block_and_an_unblock_reach_the_contact() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    let contact = async || {
        let found = world.system.app.store.contact(scene.bot_key(), UserId(anna)).await.unwrap();
        found.unwrap()
    };
    assert_eq!((contact().await.reach, contact().await.started.is_some()), (Reach::Reachable, true));
    world.simulator.block(anna, scene.bot.tg).unwrap();
    world.delivered().await;
    assert_eq!(contact().await.reach, Reach::Blocked);
    world.simulator.unblock(anna, scene.bot.tg).unwrap();
    world.delivered().await;
    assert_eq!(contact().await.reach, Reach::Reachable);
    assert_eq!(world.events(), ["wait"]);
}
