//! The journal's list.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::fact_clock::FactClock;
use shared::domain::journal::JournalAction;
use shared::ids::{ChatId, UserId};
use shared::store::JournalRow;

use crate::world::{MemberChange, Scene, World, member_update, start_update};

/// 2026-05-31 23:59:00 UTC, a minute before another month begins.
const LATE: i64 = 1_780_271_940;

/// A lead's join and leave, an organic visit, and a removal; the last two in the next month.
async fn visits(world: &World, scene: &Scene) {
    let chat = scene.chat;
    let organic = |old, new, by| MemberChange { chat, user: 12, by, old, new };
    let updates = [
        start_update(1, 11, LATE, &format!("{}-a", scene.code)),
        member_update(2, LATE + 1, MemberChange::join(11, chat)),
        member_update(3, LATE + 2, organic("left", "member", 12)),
        member_update(4, LATE + 90, MemberChange::leave(11, chat)),
        member_update(5, LATE + 91, organic("member", "kicked", 99)),
    ];
    for update in &updates {
        assert_eq!(world.deliver(&scene.bot, update).await.code, 200);
    }
    world.settle().await;
}

/// Two minutes later: journal rows are shown for thirteen months.
async fn world() -> World {
    World::with(|options| options.clock = Clock::manual((LATE + 120) * 1000)).await
}

fn actions(reply: &Value) -> Vec<(i64, u64)> {
    let rows = reply["data"].as_array().unwrap().iter();
    rows.map(|row| (row["subscriber"].as_i64().unwrap(), row["action"].as_u64().unwrap())).collect()
}

#[tokio::test]
async fn the_journal_tells_of_leads_and_of_organic_people_newest_first() {
    let world = world().await;
    let scene = world.scene().await;
    visits(&world, &scene).await;
    let reply = scene.account.get(&format!("/api/journal/list.json?bot=1&chat={}", scene.chat)).await;
    let lead = scene.account.get("/api/leads/list.json").await.data()[0]["id"].to_string();
    let text = reply.text.replace(&scene.chat.to_string(), "CHAT").replace(&lead, "LEAD");
    insta::assert_snapshot!(text, @r#"{"status":"ok","data":[{"id":319626227482629,"bot":1,"chat":CHAT,"subscriber":12,"username":"","action":4,"paid":0,"campaign":1,"lead":0,"time":"2026-06-01 00:00:31","reconciled":0},{"id":319626223288324,"bot":1,"chat":CHAT,"subscriber":11,"username":"","action":3,"paid":1,"campaign":1,"lead":LEAD,"time":"2026-06-01 00:00:30","reconciled":0},{"id":319625854189571,"bot":1,"chat":CHAT,"subscriber":12,"username":"","action":2,"paid":0,"campaign":1,"lead":0,"time":"2026-05-31 23:59:02","reconciled":0},{"id":319625849995266,"bot":1,"chat":CHAT,"subscriber":11,"username":"","action":2,"paid":1,"campaign":1,"lead":LEAD,"time":"2026-05-31 23:59:01","reconciled":0}],"total":4}"#);
}

#[tokio::test]
async fn the_journal_is_chosen_by_action_and_time_and_paged_over_months() {
    let world = world().await;
    let scene = world.scene().await;
    visits(&world, &scene).await;
    let path = format!("/api/journal/list.json?bot=1&chat={}", scene.chat);
    for (question, expected, total) in [
        ("action=2".to_owned(), vec![(12, 2), (11, 2)], 2),
        ("action=1".to_owned(), vec![], 0),
        (format!("from={}", LATE + 90), vec![(12, 4), (11, 3)], 2),
        (format!("to={}", LATE + 1), vec![(11, 2)], 1),
        ("offset=1&limit=2".to_owned(), vec![(11, 3), (12, 2)], 4),
        ("offset=3".to_owned(), vec![(11, 2)], 4),
        ("offset=4".to_owned(), vec![], 4),
        ("action=2&offset=1".to_owned(), vec![(11, 2)], 2),
    ] {
        let reply = scene.account.get(&format!("{path}&{question}")).await.json();
        assert_eq!((actions(&reply), &reply["total"]), (expected, &json!(total)), "{question}");
    }
    let mut found = Vec::new();
    let mut cursor = String::new();
    for _ in 0..4 {
        let reply = scene.account.get(&format!("{path}&limit=1{cursor}")).await.json();
        found.extend(actions(&reply));
        cursor = format!("&cursor={}", reply["next"].as_str().unwrap());
    }
    assert_eq!(found, [(12, 4), (11, 3), (12, 2), (11, 2)]);
    let end = scene.account.get(&format!("{path}&limit=1{cursor}")).await;
    insta::assert_snapshot!(end.text, @r#"{"status":"ok","data":[],"total":4}"#);
}

#[tokio::test]
async fn the_journal_of_a_deleted_bot_stays_and_of_an_unseen_chat_is_notfound() {
    let world = world().await;
    let scene = world.scene().await;
    visits(&world, &scene).await;
    scene.account.post_json("/api/bots/del.json", &json!({"id": 1})).await;
    let path = format!("/api/journal/list.json?bot=1&chat={}", scene.chat);
    assert_eq!(scene.account.get(&path).await.json()["total"], 4);
    assert_eq!(scene.account.get("/api/journal/list.json?bot=1&chat=-1").await.error(), "notfound");
}

#[tokio::test]
async fn what_is_older_than_thirteen_months_is_not_told() {
    let clock = Clock::manual((LATE + 120) * 1000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    visits(&world, &scene).await;
    clock.advance_ms(400 * 86_400_000 - 60_000);
    let reply = scene.account.get(&format!("/api/journal/list.json?bot=1&chat={}", scene.chat)).await.json();
    assert_eq!((actions(&reply), &reply["total"]), (vec![(12, 4), (11, 3)], &json!(2)));
}

#[tokio::test]
async fn a_rare_action_is_found_without_asking_row_by_row() {
    let world = world().await;
    let scene = world.scene().await;
    visits(&world, &scene).await;
    let (chat, store) = (scene.chat, &world.system.app.store);
    let rows = (0..2_000).map(|number| JournalRow {
        chat: ChatId(chat),
        clock: FactClock { date: LATE - 10 - number, update: 1 },
        action: JournalAction::Join,
        user: UserId(5_000 + number),
        username: String::new(),
        campaign: None,
        lead: None,
        reconciled: false,
    });
    store.write_journal(scene.bot_key(), &rows.collect::<Vec<_>>()).await.unwrap();
    let before = world.faults.calls_of("journal-list");
    let path = format!("/api/journal/list.json?bot=1&chat={chat}");
    let reply = scene.account.get(&format!("{path}&action=3")).await.json();
    assert_eq!((actions(&reply), &reply["total"]), (vec![(11, 3)], &json!(1)));
    assert!(world.faults.calls_of("journal-list") - before < 60, "one for each month, twice, and a few");
    let mut found = Vec::new();
    let mut cursor = String::new();
    while found.len() < 600 {
        let reply = scene.account.get(&format!("{path}&action=2&limit=200{cursor}")).await.json();
        found.extend(actions(&reply));
        assert_eq!(reply["total"], 2_002);
        cursor = format!("&cursor={}", reply["next"].as_str().unwrap());
    }
    let expected = (0..598).map(|number| (5_000 + number, 2));
    assert!(found[2..].iter().copied().eq(expected), "no row is left out or told twice");
}
