//! The list of leads.

use serde_json::{Value, json};
use shared::domain::lead_event::LeadStatus;

use crate::world::{MemberChange, Reply, Scene, World, member_update, start_update};

/// 2026-05-10 09:00:00 UTC.
const MORNING: i64 = 1_778_403_600;

/// Anna joins, Bob leaves, Carl only starts; an hour after one another.
async fn three_lives(world: &World, scene: &Scene) {
    let (chat, code) = (scene.chat, &scene.code);
    let updates = [
        start_update(1, 11, MORNING, &format!("{code}-a")),
        member_update(2, MORNING + 60, MemberChange::join(11, chat)),
        start_update(3, 12, MORNING + 3_600, &format!("{code}-b")),
        member_update(4, MORNING + 3_660, MemberChange::join(12, chat)),
        member_update(5, MORNING + 3_700, MemberChange::leave(12, chat)),
        start_update(6, 13, MORNING + 7_200, code),
        member_update(7, MORNING + 7_260, MemberChange::join(14, chat)),
    ];
    for update in &updates {
        assert_eq!(world.deliver(&scene.bot, update).await.code, 200);
    }
    world.settle().await;
}

fn subscribers(reply: &Value) -> Vec<i64> {
    reply["data"].as_array().unwrap().iter().map(|lead| lead["subscriber"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn leads_come_newest_first_with_what_became_of_them() {
    let world = World::new().await;
    let scene = world.scene().await;
    three_lives(&world, &scene).await;
    let reply = scene.account.get("/api/leads/list.json?campaign=1&limit=2").await;
    insta::assert_snapshot!(reply.text, @r#"{"status":"ok","data":[{"id":311819658854785,"campaign":1,"subscriber":13,"username":"","click":"","status":0,"start_time":"2026-05-10 11:00:00","join_time":"0000-00-00 00:00:00","updated":"2026-05-10 11:00:00"},{"id":311804559360193,"campaign":1,"subscriber":12,"username":"","click":"b","status":3,"start_time":"2026-05-10 10:00:00","join_time":"2026-05-10 10:01:00","updated":"2026-05-10 10:01:40"}],"total":3,"next":"311804559360193.1~3~1.-.-.-"}"#);
    let next = reply.json()["next"].as_str().unwrap().to_owned();
    let reply = scene.account.get(&format!("/api/leads/list.json?campaign=1&limit=2&cursor={next}")).await;
    insta::assert_snapshot!(reply.text, @r#"{"status":"ok","data":[{"id":311789459865665,"campaign":1,"subscriber":11,"username":"","click":"a","status":2,"start_time":"2026-05-10 09:00:00","join_time":"2026-05-10 09:01:00","updated":"2026-05-10 09:01:00"}],"total":3}"#);
}

#[tokio::test]
async fn leads_are_chosen_by_status_and_by_time() {
    let world = World::new().await;
    let scene = world.scene().await;
    three_lives(&world, &scene).await;
    let later = MORNING + 3_600;
    for (question, expected) in [
        (String::new(), vec![13, 12, 11]),
        ("status=0".to_owned(), vec![13]),
        ("status=2".to_owned(), vec![11]),
        ("status=3&campaign=1".to_owned(), vec![12]),
        ("status=4".to_owned(), vec![]),
        (format!("from={later}"), vec![13, 12]),
        (format!("to={later}"), vec![12, 11]),
        (format!("from={later}&to={later}&campaign=1"), vec![12]),
        (format!("from={later}&status=2"), vec![]),
        (format!("from={later}&to={MORNING}"), vec![]),
        ("offset=1".to_owned(), vec![12, 11]),
        ("offset=2&campaign=1".to_owned(), vec![11]),
        ("offset=3".to_owned(), vec![]),
        ("offset=99999&campaign=1".to_owned(), vec![]),
    ] {
        let reply = scene.account.get(&format!("/api/leads/list.json?{question}")).await.json();
        assert_eq!(subscribers(&reply), expected, "{question}");
        let whole = if question.contains("offset") { 3 } else { expected.len() };
        assert_eq!((&reply["total"], &reply["next"]), (&json!(whole), &Value::Null), "{question}");
    }
}

#[tokio::test]
async fn a_lead_that_moves_on_is_in_the_list_of_its_new_status_alone() {
    let world = World::new().await;
    let scene = world.scene().await;
    three_lives(&world, &scene).await;
    let back = member_update(20, MORNING + 9_000, MemberChange::join(12, scene.chat));
    world.deliver(&scene.bot, &back).await;
    world.settle().await;
    let in_status = async |status| {
        let reply = scene.account.get(&format!("/api/leads/list.json?status={status}")).await.json();
        (subscribers(&reply), reply["total"].clone())
    };
    assert_eq!(in_status(3).await, (vec![], json!(0)));
    assert_eq!(in_status(2).await, (vec![12, 11], json!(2)));
}

#[tokio::test]
async fn without_a_campaign_all_campaigns_are_one_list_newest_first() {
    let world = World::new().await;
    let scene = world.scene().await;
    let account = &scene.account;
    let mut codes = vec![scene.code.clone()];
    for _ in 0..2 {
        let chat = world.channel(&scene.bot).await;
        let added =
            account.post_json("/api/camp/add.json", &json!({"bot": 1, "chat": chat, "welcome": "Hi"})).await;
        codes.push(added.data()["code"].as_str().unwrap().to_owned());
    }
    for number in 0..60 {
        let code = &codes[usize::try_from(number * 7 % 3).unwrap()];
        let update = start_update(number + 1, 1_000 + number, MORNING + number / 4, code);
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    }
    world.settle().await;
    account.post_json("/api/camp/del.json", &json!({"id": 2})).await.data();
    let expected: Vec<i64> = (0..60).rev().map(|number| 1_000 + number).collect();
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let reply = account.get(&format!("/api/leads/list.json?limit=7{cursor}")).await.json();
        assert_eq!(reply["total"], 60);
        found.extend(subscribers(&reply));
        match reply["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, expected);
    for offset in [0, 1, 33, 59, 60] {
        let reply = account.get(&format!("/api/leads/list.json?offset={offset}&limit=200")).await.json();
        assert_eq!(subscribers(&reply), expected[offset..], "{offset}");
    }
}

#[tokio::test]
async fn a_total_over_times_stays_what_it_was_when_the_list_was_begun() {
    let world = World::new().await;
    let scene = world.scene().await;
    three_lives(&world, &scene).await;
    let question = format!("/api/leads/list.json?campaign=1&from={MORNING}&limit=1");
    let reply = scene.account.get(&question).await.json();
    let next = reply["next"].as_str().unwrap().to_owned();
    let one_more = start_update(30, 15, MORNING + 9_000, &scene.code);
    world.deliver(&scene.bot, &one_more).await;
    world.settle().await;
    let reply = scene.account.get(&format!("{question}&cursor={next}")).await.json();
    assert_eq!((subscribers(&reply), &reply["total"]), (vec![12], &json!(3)));
    let other = scene.account.get(&format!("/api/leads/list.json?campaign=1&cursor={next}")).await;
    assert_eq!((other.error().as_str(), &other.json()["param"]), ("param", &json!("cursor")));
}

#[tokio::test]
async fn the_export_has_a_line_for_each_lead_of_the_question() {
    let world = World::new().await;
    let scene = world.scene().await;
    three_lives(&world, &scene).await;
    let reply = scene.account.export("").await;
    assert_eq!((reply.code, reply.content_type.as_str()), (200, "text/csv; charset=utf-8"));
    insta::assert_snapshot!(reply.text, @r#"id,campaign,subscriber,username,click,status,start_time,join_time,updated
311819658854785,1,13,,,0,2026-05-10 11:00:00,0000-00-00 00:00:00,2026-05-10 11:00:00
311804559360193,1,12,,b,3,2026-05-10 10:00:00,2026-05-10 10:01:00,2026-05-10 10:01:40
311789459865665,1,11,,a,2,2026-05-10 09:00:00,2026-05-10 09:01:00,2026-05-10 09:01:00"#);
    let cancelled = scene.account.export("?status=3&campaign=1").await.text;
    assert_eq!(
        cancelled.lines().skip(1).map(|line| line.split(',').nth(2).unwrap()).collect::<Vec<_>>(),
        ["12"]
    );
    let nobody = scene.account.export(&format!("?from={}", MORNING + 90_000)).await.text;
    assert_eq!(nobody.lines().count(), 1);
    assert_eq!(scene.account.export("?campaign=99").await.error(), "notfound");
}

#[tokio::test]
async fn a_long_export_is_read_where_the_answer_says() {
    let world = World::new().await;
    let scene = world.scene().await;
    let rows = (0..5_000).map(|number| scene.row(number, LeadStatus::Wait, format!("{number:0512}")));
    world.list_leads_of(&scene, rows.collect()).await;
    let reply = scene.account.export("?campaign=1").await;
    assert_eq!((reply.code, reply.text.as_str()), (302, ""));
    let file = scene.account.follow(&reply).await;
    assert_eq!(file.lines().count(), 5_001);
    assert!(file.lines().nth(1).unwrap().contains(&format!("{:0512}", 4_999)));
    let forged = Reply { location: reply.location.replace("exports/1/", "exports/2/"), ..reply };
    assert_eq!(scene.account.look(&forged).await.code, 403);
}

#[tokio::test]
async fn the_export_of_all_campaigns_is_one_list() {
    let world = World::new().await;
    let scene = world.scene().await;
    three_lives(&world, &scene).await;
    let chat = world.channel(&scene.bot).await;
    let added = json!({"bot": 1, "chat": chat, "welcome": "Hi"});
    let code = scene.account.post_json("/api/camp/add.json", &added).await.data()["code"].clone();
    let between = start_update(40, 20, MORNING + 5_000, code.as_str().unwrap());
    assert_eq!(world.deliver(&scene.bot, &between).await.code, 200);
    world.settle().await;
    let file = scene.account.export("").await.text;
    let leads: Vec<_> =
        file.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()[1..3].join(" ")).collect();
    assert_eq!(leads, ["1 13", "2 20", "1 12", "1 11"]);
}
