//! Progress and statistics, by the document's numbers.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::calendar;
use shared::domain::outreach::{
    BotPart, ExecutionStatus, Holding, LaneTally, OutreachCounters, Segment, SendError,
};
use shared::ids::{AccountId, BotId, ExecutionId, OutreachCampaignId, SegmentId};
use shared::store::{ExecutionChange, HoldingChange, OutreachOutcome};

use crate::world::{Account, World};

const ACCOUNT: AccountId = AccountId(1);

/// 2024-06-20T16:20:13Z
const THEN_MS: i64 = 1_718_900_413_000;

async fn get(account: &Account, campaign: &str, path: &str) -> crate::world::Reply {
    account.v1("GET", &format!("campaigns/{campaign}/{path}"), &Value::Null).await
}

#[tokio::test]
async fn progress_is_told_as_the_document_has_it() {
    let world = World::with(|options| options.clock = Clock::manual(THEN_MS)).await;
    let (account, store) = (world.account(), &world.system.app.store);
    world.contacts(ACCOUNT, 1, 0..1).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let none = get(&account, &campaign, "progress").await;
    insta::assert_snapshot!(none.text, @r#"{"success":true,"data":{"status":"draft","executionId":null,"progress":{"percentage":0,"processed":0,"total":0,"successful":0,"failed":0,"skipped":0,"unknown":0,"pending":0},"currentRate":0,"currentRateUnit":"messages per minute","estimatedCompletion":null,"errors":[],"lanes":0,"drained":true}}"#);
    world.faults.refuse(&["sqs:SendMessage"]);
    let id = account.execute(&campaign, &json!({})).await;
    let mut execution = world.execution(ACCOUNT, &id).await;
    execution.bots = [(1, 8_000, 80), (2, 500, 5)]
        .map(|(bot, recipients, chunks)| BotPart { bot: BotId(bot), recipients, chunks })
        .into();
    execution.move_to(ExecutionStatus::Running, 1);
    assert!(store.change_execution(ACCOUNT, ExecutionChange::Planned(&execution)).await.unwrap());
    for (bot, seconds_ago, successful, failed, errors) in
        [(1, 3_600, 5_100, 200, 125), (1, 60, 90, 0, 0), (2, 5, 110, 25, 25)]
    {
        let errors = [(SendError::UserBlocked, errors), (SendError::ChatNotFound, failed - errors)];
        let outcome = OutreachOutcome {
            campaign: OutreachCampaignId::parse(&campaign).unwrap(),
            execution: ExecutionId::parse(&id).unwrap(),
            bot: BotId(bot),
            time: THEN_MS / 1_000 - seconds_ago,
            counters: OutreachCounters { sent: successful + failed, ..OutreachCounters::default() },
            lane: LaneTally { successful, failed, errors: errors.into(), ..LaneTally::default() },
            ..OutreachOutcome::default()
        };
        store.count_outreach(ACCOUNT, &outcome).await.unwrap();
    }
    let reply = get(&account, &campaign, "progress").await;
    insta::assert_snapshot!(reply.text.replace(&id, "exec…"), @r#"{"success":true,"data":{"status":"running","executionId":"exec…","progress":{"percentage":65,"processed":5525,"total":8500,"successful":5300,"failed":225,"skipped":0,"unknown":0,"pending":2975},"currentRate":205,"currentRateUnit":"messages per minute","estimatedCompletion":"2024-06-20T16:34:44Z","errors":[{"code":"USER_BLOCKED","count":150,"message":"User has blocked the bot"},{"code":"CHAT_NOT_FOUND","count":75,"message":"Telegram knows no such chat"}],"lanes":0,"drained":false}}"#);
    let tasks = account.shown(&campaign).await["statistics"].clone();
    assert_eq!((&tasks["totalTasks"], &tasks["messagesSent"]), (&json!(85), &json!(5_525)));
    account.v1("POST", &format!("campaigns/{campaign}/pause"), &Value::Null).await.success(200);
    let paused = get(&account, &campaign, "progress").await.success(200);
    assert_eq!((&paused["status"], &paused["estimatedCompletion"]), (&json!("paused"), &Value::Null));
    let cancelled = json!({"status": "cancelled"});
    account.v1("PUT", &format!("campaigns/{campaign}"), &cancelled).await.success(200);
    let over = get(&account, &campaign, "progress").await.success(200);
    assert_eq!((&over["status"], &over["estimatedCompletion"]), (&json!("cancelled"), &Value::Null));
    assert_eq!((&over["progress"]["processed"], &over["progress"]["pending"]), (&json!(5_525), &json!(0)));
}

/// Counts what the document's example has, on three days.
async fn count(world: &World, campaign: &str) {
    let store = &world.system.app.store;
    let segment = Segment {
        id: SegmentId::parse("seg123").unwrap(),
        document: json!({"name": "Premium Users"}).as_object().unwrap().clone(),
        version: 1,
        created: 1,
        updated: 1,
    };
    let held = HoldingChange::made(Holding::Segments, 0);
    store.create_segment(ACCOUNT, &segment, held).await.unwrap();
    let counters = |sent, delivered, read, clicked, converted| OutreachCounters {
        sent,
        delivered,
        read,
        clicked,
        converted,
        revenue: (converted * 100).into(),
        ..OutreachCounters::default()
    };
    for (time, counters, of_segment) in [
        ("2024-06-01T08:00:00Z", counters(1_000, 960, 700, 100, 48), counters(2_000, 0, 0, 0, 170)),
        ("2024-06-20T10:59:00Z", counters(7_000, 6_750, 5_300, 1_000, 377), counters(0, 0, 0, 0, 0)),
        ("2024-06-20T16:19:00Z", counters(500, 490, 500, 100, 0), counters(0, 0, 0, 0, 0)),
    ] {
        let outcome = OutreachOutcome {
            campaign: OutreachCampaignId::parse(campaign).unwrap(),
            time: calendar::parse_iso_time(time).unwrap(),
            counters,
            segments: [(segment.id.clone(), of_segment)].into(),
            variations: [("var1".to_owned(), counters)].into(),
            ..OutreachOutcome::default()
        };
        store.count_outreach(ACCOUNT, &outcome).await.unwrap();
    }
}

/// A text without the ids of messages that were drawn.
fn without_ids(text: &str) -> String {
    let mut pieces = text.split("\"msg");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |shown, piece| shown + "\"msg…\"" + piece.split_once('"').unwrap().1)
}

#[tokio::test]
async fn statistics_are_told_as_the_document_has_them() {
    let world = World::with(|options| options.clock = Clock::manual(THEN_MS)).await;
    let account = world.account();
    let campaign = account.outreach_campaign(&json!({"costPerMessage": 0.5})).await;
    count(&world, &campaign).await;
    let all = get(&account, &campaign, "statistics").await;
    insta::assert_snapshot!(without_ids(&all.text), @r#"{"success":true,"data":{"links":[],"metricQuality":{"clicked":"near_exact","converted":"exact","delivered":"exact","messagesSent":"exact","read":"lower_bound","revenue":"as_reported"},"overview":{"clicked":1200,"converted":425,"delivered":8200,"messagesSent":8500,"read":6500,"revenue":42500,"revenueByCurrency":{}},"performance":{"clickRate":14.1,"conversionRate":5.0,"deliveryRate":96.5,"readRate":76.5},"segments":[{"name":"Premium Users","performance":{"conversionRate":8.5,"sent":2000},"period":"all","segmentId":"seg123"}],"timeline":[{"clicked":100,"conversions":48,"date":"2024-06-01","delivered":960,"sent":1000},{"clicked":1100,"conversions":377,"date":"2024-06-20","delivered":7240,"sent":7500}],"variations":[{"clicked":0,"converted":0,"delivered":0,"failed":0,"messageId":"msg…","performance":{"clickRate":0.0,"conversionRate":0.0,"deliveryRate":0.0,"readRate":0.0},"period":"all","read":0,"sent":0,"variationId":null},{"clicked":1200,"converted":425,"delivered":8200,"failed":300,"messageId":null,"performance":{"clickRate":14.1,"conversionRate":5.0,"deliveryRate":96.5,"readRate":76.5},"period":"all","read":6500,"sent":8500,"variationId":"var1"}]}}"#);
    let shown = account.shown(&campaign).await["statistics"].clone();
    assert_eq!((&shown["totalCost"], &shown["conversionsAchieved"]), (&json!(4_250), &json!(425)));
    let listed = account.v1("GET", "campaigns", &Value::Null).await.success(200);
    assert_eq!(listed["campaigns"][0]["statistics"], shown);

    for (period, sent, dates) in [
        ("1h", 500, json!(["2024-06-20T16:19:00Z"])),
        ("24h", 7_500, json!(["2024-06-20T10:00:00Z", "2024-06-20T16:00:00Z"])),
        ("7d", 7_500, json!(["2024-06-20"])),
        ("30d", 8_500, json!(["2024-06-01", "2024-06-20"])),
    ] {
        let data = get(&account, &campaign, &format!("statistics?period={period}")).await.success(200);
        let shown: Vec<_> = data["timeline"].as_array().unwrap().iter().map(|point| &point["date"]).collect();
        assert_eq!((&data["overview"]["messagesSent"], json!(shown)), (&json!(sent), dates), "{period}");
    }
}

#[tokio::test]
async fn metrics_choose_sections_and_fields() {
    let world = World::with(|options| options.clock = Clock::manual(THEN_MS)).await;
    let account = world.account();
    let campaign = account.outreach_campaign(&json!({})).await;
    count(&world, &campaign).await;
    let fields = async |metrics: &str| {
        let data = get(&account, &campaign, &format!("statistics?metrics={metrics}")).await.success(200);
        let names = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>());
        let sections = names(&data).unwrap().into_iter().filter(|section| section != "metricQuality");
        sections
            .map(|section| (names(&data[&section]).unwrap_or_default().len(), section))
            .collect::<Vec<_>>()
    };
    let named = |pairs: &[(usize, &str)]| -> Vec<_> {
        pairs.iter().map(|(count, name)| (*count, (*name).to_owned())).collect()
    };
    assert_eq!(fields("overview,timeline").await, named(&[(7, "overview"), (0, "timeline")]));
    assert_eq!(fields("delivered,clickRate").await, named(&[(1, "overview"), (1, "performance")]));
    assert_eq!(fields("overview,delivered").await, named(&[(7, "overview")]));
    assert_eq!(fields("all").await.len(), 6);
    for (question, field) in [("metrics=delivered,karma", "metrics"), ("period=2h", "period")] {
        let reply = get(&account, &campaign, &format!("statistics?{question}")).await;
        assert_eq!(reply.failure(), (400, "VALIDATION_ERROR".to_owned()));
        assert_eq!(reply.faulty_fields(), [field]);
    }
}
