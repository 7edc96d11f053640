//! A group becomes a supergroup with a new id, and its campaign goes with it.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::lead_event::LeadStatus;
use shared::ids::ChatId;
use telegram_simulator::{ChatKind, NewChat};

use crate::world::{MemberChange, Scene, World, journal, member_update};

async fn check(scene: &Scene) -> Value {
    scene.account.post_json("/api/bots/check.json", &json!({"id": scene.bot.id})).await.data()
}

#[tokio::test]
async fn joins_under_the_new_id_belong_to_the_campaign_and_the_journal_of_the_old_one_stays() {
    let world = World::new().await;
    let scene = world.setting().group().set_up().await;
    let (anna, ben) = (world.person("Anna"), world.person("Ben"));
    scene.start(anna, "c1");
    scene.join(anna);
    world.settle().await;
    let before = scene.journal().await;
    let supergroup = world.simulator.migrate(scene.chat).unwrap().migrate_to_chat_id;
    world.settle().await;
    assert_eq!(scene.detail().await.data()["chat"], supergroup);
    scene.start(ben, "c2");
    world.simulator.join(ben, supergroup).unwrap();
    world.simulator.leave(anna, supergroup).unwrap();
    world.settle().await;
    assert_eq!(scene.status(ben).await, Some(LeadStatus::Approve));
    assert_eq!(scene.status(anna).await, Some(LeadStatus::Cancel));
    assert_eq!((scene.journal().await, scene.counters().await), (before, [2, 2, 1]));
    assert_eq!(journal(&world.system.app, scene.bot_key(), supergroup).await.len(), 2);
    assert_eq!(scene.account.get("/api/bots/list.json").await.data()[0]["status"], 0);
}

#[tokio::test]
async fn a_migration_told_in_both_chats_and_brought_again_counts_once() {
    let world = World::new().await;
    let scene = world.setting().group().set_up().await;
    let migration = world.simulator.migrate(scene.chat).unwrap();
    world.settle().await;
    assert_eq!(migration.updates.len(), 2);
    let supergroup = migration.migrate_to_chat_id;
    world.simulator.demote(scene.bot.tg, supergroup).unwrap();
    world.settle().await;
    for update in &migration.updates {
        world.simulator.redeliver(scene.bot.tg, update.update_id).unwrap();
    }
    world.settle().await;
    let chat = async |id| world.system.app.store.chat(scene.bot_key(), ChatId(id)).await.unwrap().unwrap();
    let (old, new) = (chat(scene.chat).await, chat(supergroup).await);
    assert_eq!((old.campaign, old.moved_to), (None, Some(ChatId(supergroup))));
    assert_eq!(new.campaign, Some(scene.campaign.campaign));
    assert_eq!(
        scene.account.get("/api/bots/list.json").await.data()[0]["status"],
        1,
        "what was lost since stays lost"
    );
    assert_eq!(world.system.app.store.tracked_chats(scene.account.id).await.unwrap(), [ChatId(supergroup)]);
    world.simulator.promote(scene.bot.tg, supergroup).unwrap();
    world.settle().await;
    let again = json!({"bot": 1, "chat": supergroup, "welcome": "Join!"});
    assert_eq!(scene.account.post_json("/api/camp/add.json", &again).await.error(), "exists");
    scene.account.post_json("/api/camp/del.json", &json!({"id": 1})).await;
    assert_eq!(world.system.app.store.tracked_chats(scene.account.id).await.unwrap(), []);
}

#[tokio::test]
async fn a_join_in_the_group_that_is_told_after_its_migration_is_a_join_of_the_supergroup() {
    let clock = Clock::manual(Clock::System.now_ms());
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.setting().group().set_up().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.simulator.migrate(scene.chat).unwrap();
    world.settle().await;
    // What the webhook remembers of the group is forgotten.
    clock.advance_ms(5_000);
    let late = member_update(900_000_001, clock.now(), MemberChange::join(anna, scene.chat));
    assert_eq!(world.deliver(&scene.bot, &late).await.code, 200);
    world.settle().await;
    assert_eq!(scene.status(anna).await, Some(LeadStatus::Approve));
}

#[tokio::test]
async fn a_check_that_hears_of_a_migration_takes_note_of_it() {
    let world = World::new().await;
    let scene = world.setting().group().set_up().await;
    world.tell_only(&scene.bot, &["chat_member"]).await;
    let supergroup = world.simulator.migrate(scene.chat).unwrap().migrate_to_chat_id;
    world.settle().await;
    assert_eq!(scene.detail().await.data()["chat"], scene.chat, "nobody has told us");
    let health = check(&scene).await;
    assert_eq!(health["status"], 0);
    let chats =
        json!([{"id": supergroup, "title": "My Channel", "type": "supergroup", "admin": 1, "campaign": 1}]);
    assert_eq!(health["chats"], chats);
    assert_eq!(scene.detail().await.data()["chat"], supergroup);
}

#[tokio::test]
async fn an_untracked_group_that_migrates_is_trackable_under_its_new_id() {
    let world = World::new().await;
    let scene = world.scene().await;
    let group = world.chat(&scene.bot, NewChat::new("My Group", ChatKind::Group)).await;
    let supergroup = world.simulator.migrate(group).unwrap().migrate_to_chat_id;
    world.settle().await;
    let chats = scene.account.get("/api/bots/chats.json?id=1").await.data();
    assert_eq!(chats, json!([{"id": supergroup, "title": "My Group", "type": "supergroup"}]));
}

/// A group that tells of its new id, as Telegram spells it.
fn migration_update(world: &World, group: i64, supergroup: i64) -> Value {
    json!({"update_id": 900_000_001, "message": {
        "message_id": 1, "date": world.system.app.clock.now(), "migrate_to_chat_id": supergroup,
        "chat": {"id": group, "type": "group", "title": "My Group"},
    }})
}

#[tokio::test]
async fn a_migration_that_is_told_before_the_bot_is_known_in_the_group_is_remembered() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (group, supergroup) = (-4_009_999, -1_009_999);
    let migration = migration_update(&world, group, supergroup);
    for _ in 0..2 {
        assert_eq!(world.deliver(&scene.bot, &migration).await.code, 200);
    }
    let chats = async || scene.account.get("/api/bots/chats.json?id=1").await.data();
    assert_eq!(chats().await, json!([]));
    let change = MemberChange { chat: group, user: scene.bot.tg, by: 7, old: "left", new: "administrator" };
    let mut update = member_update(900_000_002, world.system.app.clock.now(), change);
    update["my_chat_member"] = update["chat_member"].take();
    update["my_chat_member"]["chat"]["type"] = json!("group");
    for _ in 0..2 {
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    }
    assert_eq!(chats().await, json!([{"id": supergroup, "title": "My Channel", "type": "supergroup"}]));
    let add = json!({"bot": 1, "chat": group, "welcome": "Join!"});
    assert_eq!(scene.account.post_json("/api/camp/add.json", &add).await.error(), "nochat");
    let add = json!({"bot": 1, "chat": supergroup, "welcome": "Join!"});
    scene.account.post_json("/api/camp/add.json", &add).await.data();
}

#[tokio::test]
async fn rights_in_the_group_that_are_told_after_its_migration_make_it_no_chat_to_track() {
    let world = World::new().await;
    let scene = world.scene().await;
    let group = world.chat(&scene.bot, NewChat::new("My Group", ChatKind::Group)).await;
    let supergroup = world.simulator.migrate(group).unwrap().migrate_to_chat_id;
    world.settle().await;
    let change = MemberChange { chat: group, user: scene.bot.tg, by: 7, old: "member", new: "administrator" };
    let mut update = member_update(900_000_002, world.system.app.clock.now() + 5, change);
    update["my_chat_member"] = update["chat_member"].take();
    update["my_chat_member"]["chat"]["type"] = json!("group");
    assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    let chats = scene.account.get("/api/bots/chats.json?id=1").await.data();
    assert_eq!(chats, json!([{"id": supergroup, "title": "My Group", "type": "supergroup"}]));
    let add = json!({"bot": 1, "chat": group, "welcome": "Join!"});
    assert_eq!(scene.account.post_json("/api/camp/add.json", &add).await.error(), "nochat");
}

#[tokio::test]
async fn a_migration_changes_nothing_in_another_account() {
    let world = World::new().await;
    let scene = world.setting().group().set_up().await;
    let other = world.another_account().await;
    let others = world.connect_bot(&other, "othertrackbot").await;
    world.simulator.promote(others.tg, scene.chat).unwrap();
    world.settle().await;
    let call = json!({"bot": others.id, "chat": scene.chat, "welcome": "Join!"});
    other.post_json("/api/camp/add.json", &call).await.data();
    let message = json!({"update_id": 900_000_001, "message": {
        "message_id": 1, "date": world.system.app.clock.now(), "migrate_to_chat_id": -1_009_999,
        "chat": {"id": scene.chat, "type": "group", "title": "My Channel"},
    }});
    assert_eq!(world.deliver(&others, &message).await.code, 200);
    assert_eq!(scene.detail().await.data()["chat"], scene.chat);
    assert_eq!(other.get("/api/camp/get.json?id=1").await.data()["chat"], -1_009_999);
}
