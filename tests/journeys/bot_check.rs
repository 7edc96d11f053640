use serde_json::{Value, json};
use shared::clock::Clock;
use telegram_simulator::Faults;

use crate::world::{Scene, World};

async fn check(scene: &Scene) -> Value {
    scene.account.post_json("/api/bots/check.json", &json!({"id": scene.bot.id})).await.data()
}

async fn listed_status(scene: &Scene) -> Value {
    scene.account.get("/api/bots/list.json").await.data()[0]["status"].clone()
}

/// A world whose clock is ahead of Telegram's: what an update told within the second of a check stays.
async fn world_ahead() -> (World, Clock) {
    let clock = Clock::manual(Clock::System.now_ms() + 60_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    (world, clock)
}

#[tokio::test]
async fn rights_that_were_lost_and_regained_in_silence_are_found_by_a_check() {
    let (world, clock) = world_ahead().await;
    let scene = world.scene().await;
    world.simulator.set_faults(Faults { withhold_my_chat_member_share: 1.0, ..Faults::default() });
    world.simulator.demote(scene.bot.tg, scene.chat).unwrap();
    world.settle().await;
    assert_eq!(listed_status(&scene).await, 0, "nobody has told us");
    let health = check(&scene).await;
    assert_eq!((&health["status"], &health["chats"][0]["admin"]), (&json!(1), &json!(0)));
    let link = format!("https://t.me/{}?startchannel&admin=invite_users", scene.bot.username);
    assert_eq!(health["repair_link"], link);
    assert_eq!(listed_status(&scene).await, 1);

    world.simulator.promote(scene.bot.tg, scene.chat).unwrap();
    world.settle().await;
    assert_eq!(listed_status(&scene).await, 1, "nobody has told us");
    clock.advance_ms(1_000);
    let health = check(&scene).await;
    assert_eq!((&health["status"], &health["repair_link"]), (&json!(0), &json!("")));
    assert_eq!(listed_status(&scene).await, 0);
}

#[tokio::test]
async fn an_update_wins_over_a_check_that_is_older_and_loses_to_one_that_is_newer() {
    let (world, clock) = world_ahead().await;
    let scene = world.scene().await;
    assert_eq!(check(&scene).await["status"], 0);
    for (update_id, seconds, status) in [(901, -1, 0), (902, 0, 1)] {
        let bot = json!({"id": scene.bot.tg, "is_bot": true, "first_name": "My Bot"});
        let update = json!({"update_id": update_id, "my_chat_member": {
            "chat": {"id": scene.chat, "type": "channel", "title": "My Channel"},
            "from": {"id": 1, "is_bot": false, "first_name": "Owner"}, "date": clock.now() + seconds,
            "old_chat_member": {"user": bot, "status": "administrator"},
            "new_chat_member": {"user": bot, "status": "left"},
        }});
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
        assert_eq!(listed_status(&scene).await, status, "{seconds} s after the check");
    }
}
