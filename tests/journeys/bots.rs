use serde_json::json;
use shared::clock::Clock;
use shared::domain::lead_event::LeadStatus;

use crate::world::{World, start_update};

#[tokio::test]
async fn a_bot_demoted_in_a_tracked_chat_is_a_warning_until_it_is_promoted_again() {
    let world = World::new().await;
    let scene = world.scene().await;
    let untracked = world.channel(&scene.bot).await;
    let status = async || scene.account.get("/api/bots/list.json").await.data()[0]["status"].clone();
    world.simulator.demote(scene.bot.tg, untracked).unwrap();
    world.delivered().await;
    assert_eq!(status().await, 0, "an untracked chat is no loss");
    world.simulator.demote(scene.bot.tg, scene.chat).unwrap();
    world.delivered().await;
    assert_eq!(status().await, 1);
    world.simulator.promote(scene.bot.tg, scene.chat).unwrap();
    world.delivered().await;
    assert_eq!(status().await, 0);
}

#[tokio::test]
async fn a_bot_that_is_thrown_out_or_leaves_a_tracked_chat_is_a_warning() {
    let world = World::new().await;
    let scene = world.setting().group().set_up().await;
    let status = async || scene.account.get("/api/bots/list.json").await.data()[0]["status"].clone();
    world.simulator.remove_bot(scene.bot.tg, scene.chat).unwrap();
    world.delivered().await;
    assert_eq!(status().await, 1, "kicked");
    world.simulator.promote(scene.bot.tg, scene.chat).unwrap();
    world.delivered().await;
    assert_eq!(status().await, 0);
    let bot = json!({"id": scene.bot.tg, "is_bot": true, "first_name": "My Bot"});
    let left = json!({"update_id": 900_000_001, "my_chat_member": {
        "chat": {"id": scene.chat, "type": "group", "title": "My Channel"},
        "from": bot, "date": world.system.app.clock.now() + 1,
        "old_chat_member": {"user": bot, "status": "administrator"},
        "new_chat_member": {"user": bot, "status": "left"},
    }});
    assert_eq!(world.deliver(&scene.bot, &left).await.code, 200);
    assert_eq!(status().await, 1, "left");
}

/// How long the webhook may go on with what it knows of a bot.
const CACHE_MS: i64 = 5_000;

#[tokio::test]
async fn a_deleted_bot_comes_back_with_its_campaign_when_its_token_is_added_again() {
    let clock = Clock::manual(Clock::System.now_ms());
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    let account = &scene.account;
    let anna = world.person("Anna");
    let secret = world.secret(&scene.bot);
    account.post_json("/api/bots/del.json", &json!({"id": scene.bot.id})).await.data();
    assert_eq!(account.get("/api/bots/list.json").await.data()[0]["status"], 3);
    assert!(world.webhook_of(&scene.bot).await.is_null());
    assert_eq!(account.get("/api/camp/link.json?id=1").await.error(), "notfound");
    clock.advance_ms(CACHE_MS);
    let late = start_update(200_000_001, anna, world.system.app.clock.now(), &format!("{}-c0", scene.code));
    let reply = world.deliver_raw(&world.webhook_path(&scene.bot), Some(&secret), late.to_string()).await;
    assert_eq!((reply.code, scene.lead(anna).await), (200, None), "an update that still comes is dropped");

    let revived = world.connect_bot(account, "mytrackbot").await;
    assert_eq!(revived.id, scene.bot.id);
    let listed = account.get("/api/bots/list.json").await.data();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["status"]), (1, &json!(0)));
    assert_ne!(world.secret(&revived), secret);
    clock.advance_ms(CACHE_MS);
    scene.start(anna, "c1");
    world.settle().await;
    assert_eq!(scene.status(anna).await, Some(LeadStatus::Wait));
    assert_eq!((world.messages(anna).len(), world.events()), (1, vec!["wait".to_owned()]));
}
