//! An audience of a million: `cargo test --release -p tests --features many -- many::audience --nocapture` prints figures.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use serde_json::json;
use shared::domain::fact_clock::FactClock;
use shared::domain::outreach::{ExecutionStatus, PersonChange, Segment};
use shared::domain::person::Person;
use shared::ids::{AccountId, BotId, BotKey, SegmentId, UserId};

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

async fn fill(world: &World) {
    let app = &world.system.app;
    let record = |number: i64| async move {
        let user = UserId(FIRST_CONTACT + number);
        let bot = BotKey { account: ACCOUNT, bot: BotId((number % BOTS + 1).unsigned_abs()) };
        let person = Person { user, premium: number % 3 == 0, ..Person::default() };
        app.store.record_contact(bot, &person, FactClock { date: 10, update: 1 }).await.unwrap();
        if let Some((age, location)) = attributes_of(number) {
            let attributes = [("age", json!(age)), ("location", json!(location))];
            let attributes = attributes.map(|(name, value)| (name.to_owned(), Some(value))).into();
            let change = PersonChange { attributes, ..PersonChange::default() };
            app.set_person(ACCOUNT, user, change).await.unwrap();
        }
    };
    stream::iter((0..PEOPLE).map(record)).buffer_unordered(64).for_each(async |()| {}).await;
    for (id, rule) in [
        ("segyoung", json!({"field": "attributes.age", "op": "lt", "value": 30})),
        ("segnorth", json!({"field": "attributes.location", "op": "in", "value": ["US", "CA"]})),
        ("segpremium", json!({"field": "premium", "op": "eq", "value": true})),
    ] {
        let document = json!({"name": id, "rules": [rule]}).as_object().unwrap().clone();
        let id = SegmentId::parse(id).unwrap();
        assert!(
            app.store
                .create_segment(ACCOUNT, &Segment { id, document, version: 1, created: 1, updated: 1 })
                .await
                .unwrap()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_people_in_overlapping_segments_are_planned_once_each() {
    let world = World::new().await;
    let account = world.account();
    let begun = Instant::now();
    fill(&world).await;
    println!("{PEOPLE} people: written in {:?}", begun.elapsed());
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
