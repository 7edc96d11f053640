//! The log of postbacks, over dates that the updates carry.

use serde_json::{Value, json};
use shared::clock::Clock;
use telegram_simulator::ReceiverAnswer;

use crate::world::{Account, MemberChange, Scene, World, member_update, start_update};

/// 2026-05-31 23:59:00 UTC: a minute before a month ends.
const LATE: i64 = 1_780_271_940;

/// Starts by people 1, 2, 3, …, a second after each other.
async fn starts(world: &World, scene: &Scene, first: i64, count: i64, step: i64) {
    for number in 0..count {
        let update =
            start_update(number + 1, 10 + number, first + number * step, &format!("{}-c", scene.code));
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    }
    world.settle().await;
}

async fn list(account: &Account, query: &str) -> (Vec<Value>, Option<String>) {
    let reply = account.get(&format!("/api/postbacks/list.json?{query}")).await;
    let next = reply.json()["next"].as_str().map(str::to_owned);
    (reply.data().as_array().unwrap().clone(), next)
}

/// Every page to the end.
async fn walk(account: &Account, query: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    for _ in 0..100 {
        let (page, next) = list(account, &format!("{query}{cursor}")).await;
        all.extend(page);
        match next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
    panic!("no end of {query}");
}

fn ids(postbacks: &[Value]) -> Vec<&str> {
    postbacks.iter().map(|postback| postback["id"].as_str().unwrap()).collect()
}

/// A world whose clock stands shortly after the month's end.
async fn june() -> World {
    let clock = Clock::manual((LATE + 3_600) * 1000);
    World::with(|options| options.clock = clock).await
}

#[tokio::test]
async fn a_postback_is_listed_with_its_attempts() {
    let world = june().await;
    let scene =
        world.setting().set("pb_wait", format!("{}&token=secret", world.template("wait"))).set_up().await;
    starts(&world, &scene, LATE, 1, 1).await;
    let reply = scene.account.get("/api/postbacks/list.json").await;
    let lead = reply.data()[0]["lead"].to_string();
    let url = reply.data()[0]["url"].as_str().unwrap().to_owned();
    assert!(url.contains("click=c&") && !url.contains("secret"), "{url}");
    let text = reply.text.replace(&lead, "5").replace(&url.replace(&lead, "5"), "URL");
    insta::assert_snapshot!(text, @r#"{"status":"ok","data":[{"id":"1-5-wait-1780271940-1","campaign":1,"lead":5,"subscriber":10,"event":"wait","status":0,"url":"URL","state":"delivered","error":"","time":"2026-05-31 23:59:00","attempts":[{"time":"2026-06-01 00:59:00","code":200,"ms":0,"error":"","answer":"ok"}],"next":""}]}"#);
}

#[tokio::test]
async fn pages_of_any_length_tell_every_postback_once_newest_first_over_the_end_of_a_month() {
    let world = june().await;
    let scene = world.scene().await;
    starts(&world, &scene, LATE + 50, 7, 3).await;
    let all = walk(&scene.account, "").await;
    let times: Vec<_> = all.iter().map(|postback| postback["time"].as_str().unwrap()).collect();
    assert_eq!((times[0], times[6]), ("2026-06-01 00:00:08", "2026-05-31 23:59:50"));
    assert!(times.is_sorted_by(|newer, older| newer > older), "{times:?}");
    for limit in [1, 2, 3, 7, 200] {
        for query in [
            format!("limit={limit}"),
            format!("campaign=1&limit={limit}"),
            format!("state=delivered&limit={limit}"),
        ] {
            assert_eq!(walk(&scene.account, &query).await, all, "{query}");
        }
    }
    let (page, next) = list(&scene.account, "limit=3").await;
    assert_eq!((ids(&page), next.as_deref()), (ids(&all[..3]), Some(ids(&all)[2])));
}

#[tokio::test]
async fn times_are_bounds_that_are_included_and_31_days_are_looked_back() {
    let world = june().await;
    let scene = world.scene().await;
    let old = start_update(99, 99, LATE - 40 * 86_400, &format!("{}-c", scene.code));
    assert_eq!(world.deliver(&scene.bot, &old).await.code, 200);
    starts(&world, &scene, LATE, 5, 1).await;
    let at = async |from: i64, to: i64| walk(&scene.account, &format!("from={from}&to={to}")).await.len();
    assert_eq!(walk(&scene.account, "").await.len(), 5);
    assert_eq!((at(LATE, LATE + 4).await, at(LATE + 1, LATE + 3).await), (5, 3));
    assert_eq!((at(LATE + 2, LATE + 2).await, at(LATE + 3, LATE + 2).await), (1, 0));
    assert_eq!(at(LATE - 41 * 86_400, LATE + 4).await, 6);
    let to = LATE - 40 * 86_400;
    assert_eq!(walk(&scene.account, &format!("to={to}")).await.len(), 1, "back from `to`");
    assert_eq!(walk(&scene.account, "from=0").await.len(), 6, "however many months there are");
}

#[tokio::test]
async fn lead_and_state_select() {
    let world = june().await;
    let scene = world.scene().await;
    starts(&world, &scene, LATE, 2, 1).await;
    world.simulator.set_receiver(ReceiverAnswer { status: 404, delay_ms: 0 });
    let join = member_update(9, LATE + 9, MemberChange::join(10, scene.chat));
    assert_eq!(world.deliver(&scene.bot, &join).await.code, 200);
    world.settle().await;
    let lead = scene.lead(10).await.unwrap().id.unwrap();
    let states = async |query: &str| {
        let found = walk(&scene.account, query).await;
        let word = |found: &Value, name: &str| found[name].as_str().unwrap().to_owned();
        found
            .iter()
            .map(|found| format!("{} {}", word(found, "event"), word(found, "state")))
            .collect::<Vec<_>>()
    };
    assert_eq!(states(&format!("lead={lead}")).await, ["approve failed", "wait delivered"]);
    assert_eq!(states("state=failed").await, ["approve failed"]);
    assert_eq!(states("state=pending").await, Vec::<String>::new());
    assert_eq!(states(&format!("lead={lead}&state=delivered&campaign=1")).await, ["wait delivered"]);
    assert_eq!(states("lead=1").await, Vec::<String>::new());
}

#[tokio::test]
async fn campaigns_are_merged_newest_first_deleted_ones_included() {
    let world = june().await;
    let first = world.scene().await;
    let second = world.setting().bot("otherbot").set_up().await;
    starts(&world, &first, LATE, 5, 2).await;
    starts(&world, &second, LATE + 1, 5, 4).await;
    first.account.post_json("/api/camp/del.json", &json!({"id": 1})).await.data();
    let all = walk(&first.account, "").await;
    let seconds: Vec<_> = all.iter().map(|found| found["time"].as_str().unwrap()[17..].to_owned()).collect();
    assert_eq!(seconds, ["17", "13", "09", "08", "06", "05", "04", "02", "01", "00"]);
    for limit in [1, 2, 3, 4] {
        assert_eq!(walk(&first.account, &format!("limit={limit}")).await, all, "{limit}");
    }
    assert_eq!(walk(&first.account, "campaign=1&limit=2").await.len(), 5);
}

#[tokio::test]
async fn a_strangers_postback_cannot_be_replayed_and_reads_as_one_that_is_not_there() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    let id = json!({"id": scene.log().await[0]["id"]});
    let stranger = world.another_account().await;
    let foreign = stranger.post_json("/api/postbacks/replay.json", &id).await;
    insta::assert_snapshot!(foreign.text, @r#"{"status":"error","error":"notfound","message":"no such postback"}"#);
    let nobodys = json!({"id": "1-5-wait-1780271940-1"});
    let absent = scene.account.post_json("/api/postbacks/replay.json", &nobodys).await;
    assert_eq!(foreign.text, absent.text);
}

#[tokio::test]
async fn a_replay_names_one_postback_or_a_campaign() {
    let world = World::new().await;
    let account = world.account();
    for (parameters, message) in [
        (json!({}), "id: is required, or a campaign"),
        (json!({"state": "failed"}), "id: is required, or a campaign"),
        (json!({"id": "1-5-wait-1-1", "campaign": 1}), "id: stands alone, without a campaign"),
        (
            json!({"campaign": 1, "state": "pending"}),
            "state: must not be pending: those are tried again by themselves",
        ),
    ] {
        let reply = account.post_json("/api/postbacks/replay.json", &parameters).await;
        assert_eq!(
            (reply.error().as_str(), &reply.json()["message"]),
            ("param", &json!(message)),
            "{parameters}"
        );
    }
}

#[tokio::test]
async fn a_replay_of_many_months_goes_on_with_its_cursor() {
    let world = june().await;
    let scene = world.scene().await;
    starts(&world, &scene, LATE + 58, 4, 1).await;
    // An attempt of the same millisecond would count as one of the replay.
    world.system.app.clock.advance_ms(1);
    let (mut queued, mut calls) = (0, 0);
    let mut parameters = json!({"campaign": 1, "state": "delivered", "from": LATE - 1_000 * 86_400});
    loop {
        let reply = scene.account.post_json("/api/postbacks/replay.json", &parameters).await;
        queued += reply.data()["queued"].as_u64().unwrap();
        calls += 1;
        match reply.json()["next"].as_str() {
            Some(next) => parameters["cursor"] = json!(next),
            None => break,
        }
    }
    world.settle().await;
    assert_eq!((queued, calls, world.events().len()), (4, 2, 8));
}

#[tokio::test]
async fn a_cursor_from_elsewhere_is_no_way_out_of_what_is_asked_for() {
    let world = june().await;
    let scene = world.scene().await;
    starts(&world, &scene, LATE, 5, 1).await;
    let count = async |query: String| walk(&scene.account, &query).await.len();
    let other = |date: i64| format!("9-5-trash-{date}-7");
    let (from, to) = (LATE + 1, LATE + 3);
    for (cursor, left) in [
        ("1".to_owned(), 0),
        (other(LATE), 0),
        (LATE.to_string(), 0),
        ((LATE + 3).to_string(), 2),
        (other(LATE + 2), 2),
        (other(LATE + 90), 3),
        (other(LATE + 90 * 86_400), 3),
        ("9223372036854775807".to_owned(), 3),
        ("1-1-wait-9223372036854775807-9223372036854775807".to_owned(), 3),
    ] {
        assert_eq!(count(format!("from={from}&to={to}&cursor={cursor}")).await, left, "{cursor}");
    }
}
