//! An audience of a million: `cargo test --release -p tests --features many -- many::audience --nocapture` prints figures.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared::domain::fact_clock::FactClock;
use shared::domain::outreach::{ExecutionStatus, Holding, PersonChange, Segment};
use shared::domain::person::Person;
use shared::ids::{AccountId, BotId, BotKey, SegmentId, UserId};
use shared::store::{HoldingChange, Key};

use crate::world::{FIRST_CONTACT, World};

/// People; an unoptimized build takes a part of them.
const PEOPLE: i64 = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };

const BOTS: i64 = 4;

/// How long planning may take.
const LIMIT: Duration = Duration::from_secs(60);

const ACCOUNT: AccountId = AccountId(1);

/// Whether a person has the attributes at all, and which.
fn attributes_of(number: i64) -> Option<(i64, &'static str)> {
    let location = ["US", "CA", "DE", "FR", "BR"][usize::try_from(number % 5).unwrap()];
    (number % 7 != 0).then_some((number % 100, location))
}

/// The first of three segments that a person is in, by a plain reading of their rules.
fn segment_of(number: i64) -> Option<usize> {
    let attributes = attributes_of(number);
    let is_premium = number % 3 == 0;
    let young = attributes.is_some_and(|(age, _)| age < 30);
    let northern = attributes.is_some_and(|(_, location)| matches!(location, "US" | "CA"));
    [young, northern, is_premium].into_iter().position(|is_in| is_in)
}

/// An item as the table has it.
async fn raw(world: &World, key: &Key<'_>) -> Value {
    let table = world.system.cloud.table_name("Table").unwrap();
    let place = json!({"PK": {"S": key.partition()}, "SK": {"S": key.sort()}});
    world.ask_table("GetItem", &json!({"TableName": table, "Key": place})).await["Item"].take()
}

/// What the table has of a person, after the pattern of one whom the store itself wrote.
fn items_of(number: i64, contact: &Value, words: &Value) -> Vec<Value> {
    let (user, bot) = (UserId(FIRST_CONTACT + number), BotId((number % BOTS + 1).unsigned_abs()));
    let put = |key: Key<'_>, mut item: Value| {
        item["PK"] = json!({"S": key.partition()});
        item["SK"] = json!({"S": key.sort()});
        item["user"] = json!({"N": user.to_string()});
        json!({"PutRequest": {"Item": item}})
    };
    let mut contact = contact.clone();
    contact["bot"] = json!({"N": bot.to_string()});
    contact["premium"] = json!({"BOOL": number % 3 == 0});
    let mut items = vec![put(Key::Contact(ACCOUNT, bot, user), contact)];
    if let Some((age, location)) = attributes_of(number) {
        let mut words = words.clone();
        words["attr#age"] = json!({"S": age.to_string()});
        words["attr#location"] = json!({"S": json!(location).to_string()});
        items.push(put(Key::Person(ACCOUNT, user), words));
    }
    items
}

/// Writes people as fast as the table takes them, and segments.
async fn fill(world: &World) {
    let (app, user) = (&world.system.app, UserId(FIRST_CONTACT + 1));
    let bot = BotKey { account: ACCOUNT, bot: BotId(1) };
    let person =
        Person { user, first_name: "Anna".to_owned(), language: "en".to_owned(), ..Person::default() };
    app.store.record_contact(bot, &person, FactClock { date: 10, update: 1 }).await.unwrap();
    let attributes = [("age", json!(1)), ("location", json!("US"))];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), Some(value))).into();
    app.set_person(ACCOUNT, user, PersonChange { attributes, ..PersonChange::default() }).await.unwrap();
    let contact = raw(world, &Key::Contact(ACCOUNT, bot.bot, user)).await;
    let words = raw(world, &Key::Person(ACCOUNT, user)).await;
    let delete = json!({"TableName": world.system.cloud.table_name("Table").unwrap(),
        "Key": {"PK": contact["PK"], "SK": contact["SK"]}});
    world.ask_table("DeleteItem", &delete).await;

    let table = world.system.cloud.table_name("Table").unwrap();
    let numbers: Vec<_> = (0..PEOPLE).collect();
    let batches = numbers.chunks(12).map(|some| {
        let items: Vec<_> = some.iter().flat_map(|number| items_of(*number, &contact, &words)).collect();
        let question = json!({"RequestItems": {table: items}});
        async move {
            let answer = world.ask_table("BatchWriteItem", &question).await;
            assert_eq!(answer["UnprocessedItems"], json!({}), "{answer}");
        }
    });
    stream::iter(batches).buffer_unordered(8).for_each(async |()| {}).await;
    for (id, rule) in [
        ("segyoung", json!({"field": "attributes.age", "op": "lt", "value": 30})),
        ("segnorth", json!({"field": "attributes.location", "op": "in", "value": ["US", "CA"]})),
        ("segpremium", json!({"field": "premium", "op": "eq", "value": true})),
    ] {
        let document = json!({"name": id, "rules": [rule]}).as_object().unwrap().clone();
        let id = SegmentId::parse(id).unwrap();
        let segment = Segment { id, document, version: 1, created: 1, updated: 1 };
        app.store.create_segment(ACCOUNT, &segment, HoldingChange::made(Holding::Segments, 0)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_people_in_overlapping_segments_are_planned_once_each() {
    plan_everybody(&World::new().await).await;
}

/// The functions as they are deployed, but for their profile: processes of their own.
#[cfg(feature = "bins")]
#[tokio::test(flavor = "multi_thread")]
async fn planning_a_million_people_stays_below_256_megabytes() {
    let world = World::durable(Some(crate::world::bins())).await;
    plan_everybody(&world).await;
    let functions = ["campaigns-execute", "broadcast-planner"];
    let peaks = functions.map(super::peak_memory_of);
    println!("at most {peaks:?} kB of {functions:?}");
    world.stop().await;
    assert!(peaks.iter().all(|kilobytes| (1..256 * 1024).contains(kilobytes)), "{peaks:?}");
}

#[expect(clippy::print_stdout, reason = "the figures are for whoever asked for them")]
async fn plan_everybody(world: &World) {
    let account = world.account();
    let begun = Instant::now();
    fill(world).await;
    println!("{PEOPLE} people: written in {:?}", begun.elapsed());
    // The table's stream passes over all of them.
    world.settle_within(Duration::from_secs(600)).await;
    println!("and passed over after {:?}", begun.elapsed());
    let audience = json!({"targetAudience": {"segments": ["segyoung", "segnorth", "segpremium"]}});
    let campaign = account.outreach_campaign(&audience).await;
    let begun = Instant::now();
    let id = account.execute(&campaign, &json!({})).await;
    let answered = begun.elapsed();
    while world.execution(ACCOUNT, &id).await.status == ExecutionStatus::Planning {
        assert!(begun.elapsed() < answered + 2 * LIMIT, "still being planned");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let planned = begun.elapsed() - answered;
    let execution = world.execution(ACCOUNT, &id).await;
    println!("answered in {answered:?}, planned in {planned:?}, {} chunks", execution.chunks());

    let expected: Vec<_> = (0..PEOPLE).map(segment_of).collect();
    let meant = expected.iter().filter(|segment| segment.is_some()).count();
    assert_eq!(execution.counts.reachable, u64::try_from(meant).unwrap());
    let recipients = world.recipients(ACCOUNT, &execution).await;
    let mut met = HashSet::new();
    for (bot, them) in &recipients {
        let number = them.user.0 - FIRST_CONTACT;
        assert!(met.insert(number), "{number} twice");
        assert_eq!(i64::try_from(bot.0).unwrap(), number % BOTS + 1);
        assert_eq!(them.segment, expected[usize::try_from(number).unwrap()], "{number}");
    }
    assert_eq!(met.len(), meant, "nobody forgotten");
    if !cfg!(debug_assertions) {
        assert!(planned < LIMIT, "{planned:?}");
    }
}
