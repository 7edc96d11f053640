//! Conversions: who converted, which campaign it counts for, and that it counts once.

use futures::future::join_all;
use local::faults::Death;
use serde_json::{Value, json};
use shared::ids::AccountId;

use super::people::segment;
use crate::world::{Account, Reply, Scene, World};

const ACCOUNT: AccountId = AccountId(1);

/// Three days, in milliseconds.
const THREE_DAYS_MS: i64 = 72 * 3_600_000;

impl Account {
    async fn convert(&self, body: &Value) -> Reply {
        self.v1("POST", "conversions", body).await
    }

    async fn statistics(&self, campaign: &str) -> Value {
        self.v1("GET", &format!("campaigns/{campaign}/statistics"), &Value::Null).await.success(200)
    }

    /// How many people converted by a campaign, and what that was worth.
    async fn converted(&self, campaign: &str) -> (Value, Value) {
        let overview = self.statistics(campaign).await["overview"].clone();
        (overview["converted"].clone(), overview["revenueByCurrency"].clone())
    }

    async fn subscriber(&self, user: i64) -> Value {
        self.v1("GET", &format!("subscribers/{user}"), &Value::Null).await.success(200)
    }
}

impl World {
    /// A campaign that reached everybody.
    async fn reaching(&self, account: &Account) -> String {
        let campaign = account.outreach_campaign(&json!({})).await;
        let execution = account.execute(&campaign, &json!({})).await;
        self.ended_in_time(ACCOUNT, &execution).await;
        assert_eq!(account.shown(&campaign).await["status"], "completed");
        campaign
    }

    /// Somebody who started a bot by a click, and a campaign that reached them.
    async fn reached_lead(&self, click: &str) -> (Scene, i64, String) {
        let scene = self.scene().await;
        let anna = self.person("Anna");
        scene.start(anna, click);
        self.settle().await;
        let campaign = self.reaching(&scene.account).await;
        (scene, anna, campaign)
    }
}

#[tokio::test]
async fn a_conversion_counts_for_the_campaign_that_reached_the_person_last() {
    let world = World::hurrying().await;
    let (scene, anna, first) = world.reached_lead("click-1").await;
    let account = &scene.account;
    world.system.app.clock.advance_ms(2_000);
    let second = world.reaching(account).await;
    let report = json!({"clickId": "click-1", "value": 19.90, "currency": "eur", "transactionId": "t1"});
    let made = account.convert(&report).await.success(201);
    assert_eq!((&made["campaignId"], &made["value"]), (&json!(second), &json!(19.9)));
    let by_id =
        json!({"subscriberId": anna.to_string(), "value": "0.10", "currency": "EUR", "transactionId": "t2"});
    account.convert(&by_id).await.success(201);
    let in_dollars = json!({"subscriberId": anna, "value": 5, "currency": "USD", "transactionId": "t3"});
    account.convert(&in_dollars).await.success(201);
    assert_eq!(account.converted(&first).await, (json!(0), json!({})));
    assert_eq!(account.converted(&second).await, (json!(1), json!({"EUR": 20, "USD": 5})));
    let statistics = account.statistics(&second).await;
    assert_eq!(statistics["performance"]["conversionRate"], 100.0);
    assert_eq!(statistics["overview"]["revenue"], 25);
    assert_eq!(statistics["timeline"][0]["conversions"], 1);
    let anna = account.subscriber(anna).await;
    assert_eq!((&anna["conversions"], &anna["revenue"]), (&json!(3), &json!(25)));
}

#[tokio::test]
async fn a_tracked_link_says_who_converted_and_to_no_other_account() {
    let world = World::hurrying().await;
    let (scene, stranger) = (world.scene().await, world.another_account().await);
    let anna = world.person("Anna");
    scene.start(anna, "click-1");
    world.settle().await;
    let account = &scene.account;
    let message = json!({"content": "[Shop](https://shop.example/)"});
    let campaign = account.outreach_campaign(&json!({"messages": [message]})).await;
    let execution = account.execute(&campaign, &json!({})).await;
    world.ended_in_time(ACCOUNT, &execution).await;
    let link = world.links_sent_to(anna).remove(0);
    let report = json!({"token": link.rsplit('/').next().unwrap(), "value": "5", "currency": "EUR"});
    assert_eq!(stranger.convert(&report).await.failure(), (404, "TOKEN_NOT_FOUND".to_owned()));
    account.convert(&report).await.success(201);
    assert_eq!(account.converted(&campaign).await, (json!(1), json!({"EUR": 5})));
}

#[tokio::test]
async fn segments_know_who_converted() {
    let world = World::hurrying().await;
    let (scene, anna, campaign) = world.reached_lead("click-1").await;
    let account = &scene.account;
    let rules = [
        ("converted", "eq", json!(campaign)),
        ("conversions", "gte", json!(1)),
        ("revenue", "gte", json!(5)),
    ];
    let count = async |rule: &(&str, &str, Value)| {
        let id = segment(account, "Buyers", std::slice::from_ref(rule), &[]).await;
        let path = format!("segments/{id}/preview");
        account.v1("POST", &path, &Value::Null).await.success(200)["count"].clone()
    };
    for rule in &rules {
        assert_eq!(count(rule).await, 0, "{rule:?}");
    }
    account.convert(&json!({"subscriberId": anna, "value": 5})).await.success(201);
    for rule in &rules {
        assert_eq!(count(rule).await, 1, "{rule:?}");
    }
}

#[tokio::test]
async fn a_transaction_that_is_told_again_is_answered_as_at_first_and_counts_once() {
    let world = World::hurrying().await;
    let (scene, anna, campaign) = world.reached_lead("click-1").await;
    let account = &scene.account;
    let report = json!({"clickId": "click-1", "value": 10, "currency": "EUR", "transactionId": "t1"});
    let first = account.convert(&report).await.success(201);
    let other = json!({"clickId": "other", "value": 99, "currency": "USD", "transactionId": "t1"});
    for repeat in [&report, &other] {
        let mut again = account.convert(repeat).await.success(200);
        assert_eq!(again["repeated"].take(), json!(true));
        again["repeated"] = json!(false);
        assert_eq!(again, first);
    }
    assert_eq!(account.converted(&campaign).await, (json!(1), json!({"EUR": 10})));

    // Without an id it is the same within its minute.
    let now_ms = world.system.app.clock.now_ms();
    world.system.app.clock.advance_ms(60_000 - now_ms.rem_euclid(60_000));
    let nameless = json!({"subscriberId": anna, "value": 1, "currency": "EUR"});
    account.convert(&nameless).await.success(201);
    account.convert(&nameless).await.success(200);
    account.convert(&json!({"subscriberId": anna, "value": 2, "currency": "EUR"})).await.success(201);
    world.system.app.clock.advance_ms(60_000);
    account.convert(&nameless).await.success(201);
    assert_eq!(account.converted(&campaign).await, (json!(1), json!({"EUR": 14})));
}

#[tokio::test]
async fn a_tracker_tells_of_conversions_by_a_link_with_the_key_in_it() {
    let world = World::hurrying().await;
    let (scene, _, campaign) = world.reached_lead("click-1").await;
    let account = &scene.account;
    let open = async |key: &str, query: &str| {
        let path = format!("/api/v1/conversions?apiKey={key}&{query}");
        Reply::of(account.request("GET", &path)).await
    };
    let query = "clickId=%63lick-1&value=7.25&currency=EUR&transactionId=t1";
    assert_eq!(open("wrong", query).await.failure(), (401, "UNAUTHORIZED".to_owned()));
    let made = open(&account.key, query).await.success(201);
    assert_eq!((&made["campaignId"], &made["value"]), (&json!(campaign), &json!(7.25)));
    assert!(!made.to_string().contains(&account.key));
    open(&account.key, query).await.success(200);
    account.convert(&json!({"clickId": "click-1", "transactionId": "t1"})).await.success(200);
    assert_eq!(account.converted(&campaign).await, (json!(1), json!({"EUR": 7.25})));
    let faulty = open(&account.key, "value=much&currency=").await;
    assert_eq!(faulty.faulty_fields(), ["clickId", "value"]);
    let report = json!({"clickId": "click-1"});
    let path = format!("conversions?apiKey={}", account.key);
    let posted = Reply::of(account.request("POST", &format!("/api/v1/{path}")).json(&report)).await;
    assert_eq!(posted.failure().0, 401, "a call with a body has headers");
}

#[tokio::test]
async fn who_is_not_known_and_what_does_not_read_is_refused() {
    let world = World::new().await;
    let (scene, stranger) = (world.scene().await, world.another_account().await);
    let anna = world.person("Anna");
    scene.start(anna, "click-1");
    world.settle().await;
    for (body, code) in [
        (json!({"clickId": "click-1"}), "CLICK_NOT_FOUND"),
        (json!({"subscriberId": anna}), "SUBSCRIBER_NOT_FOUND"),
        (json!({"token": "abc"}), "TOKEN_NOT_FOUND"),
    ] {
        let foreign = stranger.convert(&body).await;
        assert_eq!(foreign.failure(), (404, code.to_owned()));
    }
    let absent = scene.account.convert(&json!({"clickId": "click-2"})).await;
    assert_eq!(absent.text, stranger.convert(&json!({"clickId": "click-1"})).await.text);
    for (body, fields) in [
        (json!({}), vec!["clickId"]),
        (json!({"clickId": "c", "subscriberId": 7}), vec!["clickId"]),
        (json!({"clickId": "c", "value": -1, "currency": "EURO"}), vec!["value", "currency"]),
    ] {
        let reply = scene.account.convert(&body).await;
        assert_eq!(
            (reply.failure().1.as_str(), reply.faulty_fields()),
            ("VALIDATION_ERROR", fields.into_iter().map(str::to_owned).collect())
        );
    }
    let unreached = scene.account.convert(&json!({"clickId": "click-1", "value": 3})).await.success(201);
    assert_eq!(unreached["campaignId"], Value::Null);
    assert_eq!(scene.account.subscriber(anna).await["conversions"], 1);
}

#[tokio::test]
async fn after_three_days_a_message_brings_no_conversions_any_more() {
    let world = World::hurrying().await;
    let (scene, _, campaign) = world.reached_lead("click-1").await;
    let account = &scene.account;
    world.system.app.clock.advance_ms(THREE_DAYS_MS - 60_000);
    let in_time = json!({"clickId": "click-1", "value": 1, "transactionId": "t1"});
    assert_eq!(account.convert(&in_time).await.success(201)["campaignId"], json!(campaign));
    world.system.app.clock.advance_ms(120_000);
    let late = json!({"clickId": "click-1", "value": 1, "transactionId": "t2"});
    assert_eq!(account.convert(&late).await.success(201)["campaignId"], Value::Null);
    assert_eq!(account.converted(&campaign).await, (json!(1), json!({"XXX": 1})));
}

#[tokio::test]
async fn an_approval_is_a_conversion_once_for_each_lead() {
    let world = World::hurrying().await;
    let (scene, anna, campaign) = world.reached_lead("click-1").await;
    let ben = world.person("Ben");
    scene.start(ben, "click-2");
    scene.join(ben);
    for _ in 0..2 {
        scene.join(anna);
        world.quiet().await;
        scene.leave(anna);
        world.quiet().await;
    }
    assert_eq!(scene.account.converted(&campaign).await, (json!(1), json!({})));
    let of = async |user| scene.account.subscriber(user).await["conversions"].clone();
    assert_eq!((of(anna).await, of(ben).await), (json!(1), json!(0)), "no campaign reached Ben");
    let report = json!({"clickId": "click-1", "value": 4, "currency": "EUR"});
    scene.account.convert(&report).await.success(201);
    assert_eq!(scene.account.converted(&campaign).await, (json!(1), json!({"EUR": 4})));
}

#[tokio::test]
async fn conversions_that_meet_count_one_person_and_every_value() {
    let world = World::hurrying().await;
    let (scene, anna, campaign) = world.reached_lead("click-1").await;
    let account = &scene.account;
    let reports: Vec<_> = (0..6)
        .map(|number| json!({"subscriberId": anna, "value": "0.1", "currency": "EUR", "transactionId": format!("t{number}")}))
        .collect();
    let told = |report| async move {
        // Whoever is overtaken too often may try again.
        for _ in 0..20 {
            if account.convert(report).await.code != 503 {
                return;
            }
        }
        panic!("never recorded: {report}");
    };
    join_all(reports.iter().chain(&reports).map(told)).await;
    assert_eq!(account.converted(&campaign).await, (json!(1), json!({"EUR": 0.6})));
    assert_eq!(account.subscriber(anna).await["conversions"], 6);
}

#[tokio::test]
async fn who_dies_at_any_call_records_a_conversion_once() {
    let world = World::hurrying().await;
    let (scene, anna, campaign) = world.reached_lead("click-1").await;
    let (mut deaths, mut told) = (0, 0);
    for death in (0..).flat_map(|calls| [false, true].map(|lost_answer| Death { calls, lost_answer })) {
        let report =
            json!({"clickId": "click-1", "value": 1, "currency": "EUR", "transactionId": format!("t{told}")});
        world.faults.kill("conversions-create", death);
        scene.account.convert(&report).await;
        let died = world.faults.revive("conversions-create");
        let again = scene.account.convert(&report).await;
        assert!(matches!(again.code, 200 | 201), "{death:?}: {}", again.text);
        told += 1;
        if !died && !death.lost_answer {
            break;
        }
        deaths += 1;
    }
    assert!(deaths >= 6, "{deaths}");
    assert_eq!(scene.account.converted(&campaign).await, (json!(1), json!({"EUR": told})));
    assert_eq!(scene.account.subscriber(anna).await["conversions"], told);
}

#[tokio::test]
async fn a_stream_that_dies_at_any_call_records_an_approval_once() {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    let mut deaths = 0;
    for calls in 0.. {
        let user = world.person("Carl");
        scene.start(user, &format!("click-{calls}"));
        let path = format!("subscribers/{user}");
        let is_known = async || scene.account.v1("GET", &path, &Value::Null).await.code == 200;
        world.in_time("the start is known", is_known).await;
        let campaign = world.reaching(&scene.account).await;
        world.faults.kill("lead-stream", Death { calls, lost_answer: calls % 2 == 1 });
        scene.join(user);
        let is_told = async || scene.account.subscriber(user).await["conversions"] == 1;
        let has_died = async || world.faults.has_died("lead-stream") || is_told().await;
        world.in_time("the stream dies or is through", has_died).await;
        let died = world.faults.revive("lead-stream");
        world.in_time("the approval is told", is_told).await;
        world.quiet().await;
        assert_eq!(scene.account.converted(&campaign).await.0, json!(1), "{calls}");
        assert_eq!(scene.account.subscriber(user).await["conversions"], 1, "{calls}");
        if !died {
            break;
        }
        deaths += 1;
    }
    assert!(deaths >= 6, "{deaths}");
}

#[tokio::test]
async fn who_is_erased_takes_their_conversions_along_and_the_figures_stay() {
    let world = World::hurrying().await;
    let (scene, anna, campaign) = world.reached_lead("click-1").await;
    let account = &scene.account;
    let report = json!({"clickId": "click-1", "value": 3, "currency": "EUR", "transactionId": "t1"});
    account.convert(&report).await.success(201);
    account.convert(&json!({"subscriberId": anna, "value": 1})).await.success(201);
    account.v1("DELETE", &format!("subscribers/{anna}"), &Value::Null).await.success(202);
    world.pass(901, 1).await;
    let found = world.naming(&anna.to_string()).await;
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(account.converted(&campaign).await, (json!(1), json!({"EUR": 3, "XXX": 1})));
    assert_eq!(account.convert(&report).await.failure(), (404, "CLICK_NOT_FOUND".to_owned()));
}
