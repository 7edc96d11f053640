//! Statistics, over dates that the updates carry.

use serde_json::json;

use shared::clock::Clock;

use crate::world::{MemberChange, World, member_update, start_update};

/// 2026-05-10 23:59:00 UTC.
const LATE: i64 = 1_778_457_540;

#[tokio::test]
async fn counters_stand_under_the_days_of_their_facts() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (chat, code) = (scene.chat, &scene.code);
    let updates = [
        start_update(1, 11, LATE, &format!("{code}-a")),
        start_update(2, 12, LATE, &format!("{code}-b")),
        member_update(3, LATE + 120, MemberChange::join(11, chat)),
        member_update(4, LATE + 90_000, MemberChange::leave(11, chat)),
        start_update(5, 13, LATE + 200, &format!("{code}-c")),
    ];
    for update in &updates {
        assert_eq!(world.deliver(&scene.bot, update).await.code, 200);
    }
    world.settle().await;
    let reply = scene.account.get("/api/stats/campaign.json?id=1").await;
    insta::assert_snapshot!(reply.text, @r#"{"status":"ok","data":{"funnel":{"starts":3,"holds":0,"approves":1,"unsubs":1},"days":[{"date":"2026-05-10","starts":2,"holds":0,"confirms":0,"unsubs":0},{"date":"2026-05-11","starts":1,"holds":0,"confirms":1,"unsubs":0},{"date":"2026-05-12","starts":0,"holds":0,"confirms":0,"unsubs":1}]}}"#);
    let summary = scene.account.get("/api/stats/summary.json").await;
    insta::assert_snapshot!(summary.text, @r#"{"status":"ok","data":{"starts":3,"holds":0,"confirms":1,"unsubs":1,"cr":33.3}}"#);

    let first_day = format!("from={}&to={LATE}", LATE - 3_600);
    let data = scene.account.get(&format!("/api/stats/summary.json?{first_day}")).await.data();
    assert_eq!(data, json!({"starts": 2, "holds": 0, "confirms": 0, "unsubs": 0, "cr": 0.0}));
    let backwards = format!("/api/stats/campaign.json?id=1&from={}&to={LATE}", LATE + 90_000);
    assert_eq!(scene.account.get(&backwards).await.data()["days"], json!([]));
}

#[tokio::test]
async fn a_deleted_campaign_still_counts() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    scene.join(anna);
    world.settle().await;
    scene.account.post_form("/api/camp/del.json", &json!({"id": 1})).await.data();
    let summary = scene.account.get("/api/stats/summary.json").await.data();
    assert_eq!(summary, json!({"starts": 1, "holds": 0, "confirms": 1, "unsubs": 0, "cr": 100.0}));
    let funnel = scene.account.get("/api/stats/campaign.json?id=1").await.data()["funnel"].clone();
    assert_eq!(funnel, json!({"starts": 1, "holds": 0, "approves": 1, "unsubs": 0}));
}

#[tokio::test]
async fn retention_tells_by_join_day_who_stayed() {
    let clock = Clock::manual((LATE + 5 * 86_400) * 1000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    let (chat, code) = (scene.chat, &scene.code);
    let updates = [
        start_update(1, 11, LATE, code),
        start_update(2, 12, LATE, code),
        start_update(3, 13, LATE, code),
        member_update(4, LATE + 1, MemberChange::join(11, chat)),
        member_update(5, LATE + 2, MemberChange::join(12, chat)),
        member_update(6, LATE + 90, MemberChange::join(13, chat)),
        member_update(7, LATE + 86_000, MemberChange::leave(12, chat)),
        member_update(8, LATE + 90 + 2 * 86_400, MemberChange::leave(13, chat)),
        member_update(9, LATE + 100, MemberChange::join(14, chat)),
    ];
    for update in &updates {
        assert_eq!(world.deliver(&scene.bot, update).await.code, 200);
    }
    world.settle().await;
    let reply = scene.account.get("/api/stats/retention.json?id=1").await;
    insta::assert_snapshot!(reply.text, @r#"{"status":"ok","data":[{"date":"2026-05-10","joined":2,"after_1":1,"after_3":1,"after_7":null,"after_14":null,"after_30":null},{"date":"2026-05-11","joined":1,"after_1":1,"after_3":0,"after_7":null,"after_14":null,"after_30":null}]}"#);
    clock.advance_ms(40 * 86_400_000);
    let data = scene.account.get("/api/stats/retention.json?id=1").await.data();
    assert_eq!(data[1]["after_30"], 0);
}
