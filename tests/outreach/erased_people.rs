//! Who was erased does not come back by what was on its way, and by nothing but what they do themselves.

use serde_json::{Value, json};
use shared::app::{LeadChange, StreamBatch};
use shared::clock::Clock;

use super::people::{meet, segment};
use crate::world::{Scene, World, start_update};

/// Longer than between the passes, in seconds.
const NEXT_PASS_SECONDS: i64 = 901;

async fn erase(world: &World, scene: &Scene, user: i64) {
    let path = format!("subscribers/{user}");
    scene.account.v1("DELETE", &path, &Value::Null).await.success(202);
    world.pass(NEXT_PASS_SECONDS, 1).await;
    assert!(world.naming(&user.to_string()).await.is_empty());
}

#[tokio::test]
async fn what_the_stream_tells_late_of_somebody_who_was_erased_is_not_written() {
    let world = World::with(|options| options.clock = Clock::shifted(60_000)).await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "click");
    scene.join(anna);
    world.settle().await;
    let lead = scene.lead(anna).await.unwrap();
    erase(&world, &scene, anna).await;
    let change =
        LeadChange { campaign: scene.campaign, old: None, new: Some(lead), sequence: "9".repeat(30) };
    let late = StreamBatch { shard: "late".to_owned(), changes: vec![change] };
    world.system.app.process_lead_changes(&late).await.unwrap();
    let found = world.naming(&anna.to_string()).await;
    assert!(found.is_empty(), "{found:#?}");

    let now = world.system.app.clock.now() + 10;
    let update = start_update(1_000_000, anna, now, &format!("{}-back", scene.code));
    assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    world.settle().await;
    let back = scene.account.v1("GET", &format!("subscribers/{anna}"), &Value::Null).await.success(200);
    assert_eq!(back["bots"][0]["leads"][0]["click"], "back", "who comes back is somebody new");
}

#[tokio::test]
async fn who_was_erased_and_blocks_the_bot_is_not_known_again() {
    let world = World::with(|options| options.clock = Clock::shifted(60_000)).await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "click");
    world.settle().await;
    erase(&world, &scene, anna).await;
    let now = world.system.app.clock.now() + 10;
    let user = json!({"id": anna, "is_bot": false, "first_name": "Anna"});
    let bot = json!({"id": 1, "is_bot": true, "first_name": "Bot"});
    let chat = json!({"id": anna, "type": "private", "first_name": "Anna"});
    let block = json!({"update_id": 1_000_000, "my_chat_member": {
        "chat": chat, "from": user, "date": now,
        "old_chat_member": {"user": bot, "status": "member"},
        "new_chat_member": {"user": bot, "status": "kicked", "until_date": 0},
    }});
    let press = json!({"update_id": 1_000_001, "callback_query": {
        "id": "1", "from": user, "chat_instance": "1", "data": "other",
        "message": {"message_id": 1, "date": now, "chat": chat, "text": "Hello"},
    }});
    for update in [&block, &press] {
        assert_eq!(world.deliver(&scene.bot, update).await.code, 200);
    }
    let found = world.naming(&anna.to_string()).await;
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn what_a_repeated_call_is_answered_shows_nobody() {
    let world = World::new().await;
    let account = world.account();
    meet(&world, &account, 1, [7_000_000_001]).await;
    let all = segment(&account, "All", &[], &[]).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    for (path, body, people) in [
        (format!("segments/{all}/preview"), json!({}), "sample"),
        ("segments/preview".to_owned(), json!({}), "sample"),
        (format!("campaigns/{campaign}/execute"), json!({"preview": true}), "samples"),
    ] {
        let first = account.v1_under(&path, "POST", &path, &body).await;
        let second = account.v1_under(&path, "POST", &path, &body).await;
        assert!(first.text.contains("7000000001"), "{path}: {}", first.text);
        assert_eq!((second.code, second.replayed), (200, true), "{path}");
        let mut without = first.success(200);
        without[people] = json!([]);
        assert_eq!(second.success(200), without, "{path}");
    }
    let kept = world.naming("CALL#").await;
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().all(|kept| !kept.contains("7000000001")), "{kept:#?}");
}
