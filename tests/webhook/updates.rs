use serde_json::{Value, json};
use shared::domain::journal::JournalAction;
use shared::ids::UserId;

use crate::world::{World, journal, start_update};

/// One update of each kind, with fields and words that a later Telegram may send.
const SAMPLES: &str = r#"
{"update_id":1,"message":{"message_id":5,"from":{"id":7000000001,"is_bot":false,"first_name":"A","language_code":"en","is_premium":true},"chat":{"id":7000000001,"first_name":"A","type":"private"},"date":1760000000,"text":"/start abc123-xyz","entities":[{"offset":0,"length":6,"type":"bot_command"}]}}
{"update_id":2,"chat_member":{"chat":{"id":-1001234567890,"title":"C","type":"channel"},"from":{"id":7000000001,"is_bot":false,"first_name":"A"},"date":1760000001,"old_chat_member":{"user":{"id":7000000001,"is_bot":false,"first_name":"A"},"status":"left"},"new_chat_member":{"user":{"id":7000000001,"is_bot":false,"first_name":"A"},"status":"member"},"invite_link":{"invite_link":"https://t.me/+abc","creator":{"id":1,"is_bot":true,"first_name":"b"},"creates_join_request":true,"is_primary":false,"is_revoked":false,"name":"x"},"via_chat_folder_invite_link":true}}
{"update_id":3,"chat_join_request":{"chat":{"id":-1001234567890,"title":"C","type":"channel"},"from":{"id":7000000001,"is_bot":false,"first_name":"A"},"user_chat_id":7000000001,"date":1760000001,"query_id":"q1"}}
{"update_id":4,"chat_member":{"chat":{"id":-1001234567890,"title":"C","type":"supergroup"},"from":{"id":2,"is_bot":false,"first_name":"A"},"date":1760000001,"old_chat_member":{"user":{"id":2,"is_bot":false,"first_name":"A"},"status":"restricted","is_member":true,"can_send_messages":false,"until_date":0},"new_chat_member":{"user":{"id":2,"is_bot":false,"first_name":"A"},"status":"kicked","until_date":0}}}
{"update_id":5,"chat_member":{"chat":{"id":-1001234567890,"title":"C","type":"channel"},"from":{"id":2,"is_bot":false,"first_name":"A"},"date":1760000001,"old_chat_member":{"user":{"id":2,"is_bot":false,"first_name":"A"},"status":"left"},"new_chat_member":{"user":{"id":2,"is_bot":false,"first_name":"A"},"status":"guest_member_2027"}}}
{"update_id":6,"brand_new_update_2027":{"a":1}}
{"update_id":7,"my_chat_member":{"chat":{"id":7,"first_name":"A","type":"private"},"from":{"id":7,"is_bot":false,"first_name":"A"},"date":1760000001,"old_chat_member":{"user":{"id":9,"is_bot":true,"first_name":"B"},"status":"member"},"new_chat_member":{"user":{"id":9,"is_bot":true,"first_name":"B"},"status":"kicked","until_date":0}}}
{"update_id":8,"my_chat_member":{"chat":{"id":-100,"title":"C","type":"channel"},"from":{"id":7,"is_bot":false,"first_name":"A"},"date":1760000001,"old_chat_member":{"user":{"id":9,"is_bot":true,"first_name":"B"},"status":"left"},"new_chat_member":{"user":{"id":9,"is_bot":true,"first_name":"B"},"status":"administrator","can_be_edited":false,"is_anonymous":false,"can_manage_chat":true,"can_delete_messages":false,"can_manage_video_chats":false,"can_restrict_members":true,"can_promote_members":false,"can_change_info":false,"can_invite_users":true,"can_post_stories":false,"can_edit_stories":false,"can_delete_stories":false,"can_post_messages":false,"can_edit_messages":false}}}
{"update_id":9,"callback_query":{"id":"1","from":{"id":7,"is_bot":false,"first_name":"A"},"chat_instance":"1","data":"unsub:1"}}
"#;

#[tokio::test]
async fn every_sample_update_is_taken_twice_and_read_once() {
    let world = World::new().await;
    let scene = world.scene().await;
    for _ in 0..2 {
        for line in SAMPLES.trim().lines() {
            let update: Value = serde_json::from_str(line).unwrap();
            assert_eq!(world.deliver(&scene.bot, &update).await.code, 200, "{line}");
        }
    }
    world.settle().await;
    let rows = journal(&world.system.app, scene.bot_key(), -1_001_234_567_890).await;
    let rows: Vec<_> = rows.iter().map(|row| (row.user, row.action)).collect();
    let person = UserId(7_000_000_001);
    let expected =
        [(person, JournalAction::Join), (person, JournalAction::Request), (UserId(2), JournalAction::Kick)];
    assert_eq!(rows, expected);
    let chats = scene.account.get("/api/bots/chats.json?id=1").await.data();
    assert_eq!(chats, json!([{"id": -100, "title": "C", "type": "channel"}]));
    assert_eq!((world.events().len(), scene.counters().await), (0, [0, 0, 0]));
}

#[tokio::test]
async fn an_update_of_a_kind_or_shape_that_means_nothing_here_is_taken() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (chat, date) = (scene.chat, world.system.app.clock.now());
    let updates = [
        json!({"update_id": 10}),
        json!({"update_id": 11, "edited_message": {"text": "/start"}}),
        json!({"update_id": 12, "poll": null, "message_reaction": {"chat": {"id": 1}}}),
        json!({"update_id": 13, "message": {"chat": {"id": 1, "type": "private"}, "date": date}}),
        json!({"update_id": 14, "message": {"chat": {"id": chat, "type": "channel"}, "text": "/start x", "date": date}}),
        json!({"update_id": 15, "message": {"from": {"id": 7}, "chat": {"id": 7, "type": "private"}, "text": "hello"}}),
        json!({"update_id": 16, "chat_member": {"chat": {"id": chat}, "old_chat_member": {}, "new_chat_member": {}}}),
        json!({"update_id": 17, "my_chat_member": {"chat": {"id": chat, "type": "forum_2027"}, "from": {"id": 7},
            "date": date, "old_chat_member": {"status": "a"}, "new_chat_member": {"status": "b"}}}),
    ];
    for update in updates {
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 200, "{update}");
    }
    world.settle().await;
    assert_eq!((scene.journal().await.len(), world.events().len()), (0, 0));
    assert_eq!(scene.account.get("/api/bots/list.json").await.data()[0]["status"], 0);
}

#[tokio::test]
async fn a_body_that_is_no_update_is_400() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (path, secret) = (world.webhook_path(&scene.bot), world.secret(&scene.bot));
    let bodies = [
        "",
        "{",
        "null",
        "[]",
        "1",
        r#""update""#,
        "{}",
        r#"{"message":{}}"#,
        r#"{"update_id":"x"}"#,
        "update_id=1",
    ];
    for body in bodies {
        assert_eq!(world.deliver_raw(&path, Some(&secret), body).await.code, 400, "{body}");
    }
    let reply = world.deliver_raw(&path, Some(&secret), vec![0xff_u8, 0xfe, b'{']).await;
    assert_eq!(reply.code, 400);
}

#[tokio::test]
async fn an_update_is_taken_up_to_64_kib_and_400_beyond() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    let (path, secret) = (world.webhook_path(&scene.bot), world.secret(&scene.bot));
    let update = start_update(200_000_001, anna, world.system.app.clock.now(), &format!("{}-c1", scene.code));
    let padded = |length: usize| {
        let mut body = update.to_string();
        body.extend(std::iter::repeat_n(' ', length - body.len()));
        body
    };
    let limit = 64 * 1024;
    assert_eq!(world.deliver_raw(&path, Some(&secret), padded(limit + 1)).await.code, 400);
    assert_eq!(scene.lead(anna).await, None);
    assert_eq!(world.deliver_raw(&path, Some(&secret), padded(limit)).await.code, 200);
    assert!(scene.lead(anna).await.is_some());
}

#[tokio::test]
async fn a_date_that_no_calendar_has_is_400_and_holds_nothing_up() {
    let world = World::new().await;
    let scene = world.scene().await;
    for date in [i64::MAX, -1, 100_000_000_000] {
        let update = start_update(50, 7, date, &format!("{}-x", scene.code));
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 400, "{date}");
    }
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    assert_eq!(world.events(), ["wait"]);
}
