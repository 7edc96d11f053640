//! What outreach knows of people, and how they are walked and counted.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use serde_json::json;
use shared::AppError;
use shared::domain::fact_clock::FactClock;
use shared::domain::lead_event::LeadStatus;
use shared::domain::outreach::{Audience, AudienceCount, Exclusion, PersonChange, TargetAudience};
use shared::domain::person::Person;
use shared::ids::{BotId, BotKey, UserId};
use shared::store::{CONTACT_SHARDS, KnownPerson, PEOPLE_ROWS, Reach, contact_shard};

use crate::world::World;

const PLENTY_MS: i64 = 60_000;

#[tokio::test]
async fn a_contact_shows_what_became_of_the_lead() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "click-1");
    world.settle().await;
    let known = async || {
        let found = world.system.app.store.known_person(scene.account.id, UserId(anna)).await.unwrap();
        found.unwrap().contacts.remove(0)
    };
    let waiting = known().await;
    assert_eq!((waiting.leads.len(), waiting.leads[0].status), (1, LeadStatus::Wait));
    assert_eq!((waiting.leads[0].click.as_str(), waiting.leads[0].joined), ("click-1", None));
    scene.join(anna);
    world.settle().await;
    let joined = known().await.leads.remove(0);
    assert!(joined.status == LeadStatus::Approve && joined.joined.is_some() && joined.left.is_none());
    scene.leave(anna);
    world.settle().await;
    let left = known().await.leads.remove(0);
    assert!(left.status == LeadStatus::Cancel && left.left.is_some());
}

#[tokio::test]
async fn what_an_account_says_of_a_person_is_merged() {
    let world = World::new().await;
    let (account, user) = (world.account().id, UserId(7_000_000_001));
    let app = &world.system.app;
    let store = &app.store;
    let bot = BotKey { account, bot: BotId(1) };
    let person = Person { user, ..Person::default() };
    store.record_contact(bot, &person, FactClock { date: 10, update: 1 }).await.unwrap();
    let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<BTreeSet<_>>();
    let first = PersonChange {
        attributes: [("location".to_owned(), Some(json!("US"))), ("age".to_owned(), Some(json!(30)))].into(),
        add_tags: tags(&["vip", "early"]),
        ..PersonChange::default()
    };
    let second = PersonChange {
        attributes: [("location".to_owned(), None), ("price".to_owned(), Some(json!(19.90)))].into(),
        add_tags: tags(&["late"]),
        remove_tags: tags(&["early"]),
        ..PersonChange::default()
    };
    for change in [&first, &second, &second] {
        app.set_person(account, user, change.clone()).await.unwrap();
    }
    let known = store.known_person(account, user).await.unwrap().unwrap();
    assert_eq!(serde_json::to_string(&known.attributes).unwrap(), r#"{"age":30,"price":19.9}"#);
    assert_eq!(known.tags, tags(&["late", "vip"]));
    assert!(store.known_person(account, UserId(1)).await.unwrap().is_none());
    let nobody = app.set_person(account, UserId(1), first.clone()).await;
    assert!(matches!(nobody, Err(AppError::NotFound("subscriber"))), "{nobody:?}");
    assert!(!store.change_person(account, &KnownPerson { revision: 1, ..known }, &first).await.unwrap());
}

#[tokio::test]
async fn a_walk_meets_everybody_once_and_whole_however_the_pages_fall() {
    let world = World::new().await;
    let (account, app) = (world.account().id, &world.system.app);
    for number in 0..120 {
        let user = UserId(7_000_000_000 + number);
        let person = Person { user, ..Person::default() };
        for bot in 1..=u64::try_from(number % 3 + 1).unwrap() {
            let bot = BotKey { account, bot: BotId(bot) };
            app.store.record_contact(bot, &person, FactClock { date: 10, update: 1 }).await.unwrap();
        }
        let change = PersonChange {
            attributes: [("number".to_owned(), Some(json!(number)))].into(),
            ..PersonChange::default()
        };
        app.set_person(account, user, change).await.unwrap();
    }
    for limit in [1, 2, 3, 5, 1000] {
        let mut met = Vec::new();
        for shard in 0..CONTACT_SHARDS {
            let mut after = None;
            loop {
                let page = app.store.people(account, shard, after, limit).await.unwrap();
                met.extend(page.people);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        let whole = |number: i64, contacts: usize, attribute: &serde_json::Value| {
            contacts == usize::try_from(number % 3 + 1).unwrap() && *attribute == json!(number)
        };
        let all_whole = met.iter().all(|known| {
            whole(known.user.0 - 7_000_000_000, known.contacts.len(), &known.attributes["number"])
        });
        let users: BTreeSet<_> = met.iter().map(|known| known.user).collect();
        assert!(all_whole && met.len() == 120 && users.len() == 120, "limit {limit}: {}", met.len());
    }
    let blocked = Person { user: UserId(7_000_000_000), ..Person::default() };
    let clock = FactClock { date: 20, update: 2 };
    let bot = BotKey { account, bot: BotId(1) };
    app.store.record_reach(bot, &blocked, Reach::Blocked, clock).await.unwrap();
    let everybody = app.audience(account, &TargetAudience::default()).await.unwrap();
    let of_two = Audience { bots: vec![BotId(2)], ..Audience::default() };
    let counted = app.count_audiences(account, &[everybody, of_two], PLENTY_MS).await.unwrap();
    let count = |matched, reachable, excluded: &[(Exclusion, u64)]| AudienceCount {
        matched,
        reachable,
        excluded: excluded.iter().copied().collect(),
    };
    assert!(counted.exact);
    assert_eq!(counted.counts, [count(120, 119, &[(Exclusion::Unreachable, 1)]), count(80, 80, &[])]);
}

#[tokio::test]
async fn a_shard_of_more_people_than_are_read_at_once_is_counted_to_the_last() {
    let world = World::new().await;
    let (account, app) = (world.account().id, &world.system.app);
    let so_many = usize::try_from(PEOPLE_ROWS + 100).unwrap();
    let users = (7_000_000_000..).map(UserId).filter(|user| contact_shard(*user) == 0).take(so_many);
    let record = |user| async move {
        let (bot, person) = (BotKey { account, bot: BotId(1) }, Person { user, ..Person::default() });
        app.store.record_contact(bot, &person, FactClock { date: 10, update: 1 }).await.unwrap();
    };
    stream::iter(users.map(record)).buffer_unordered(16).collect::<Vec<_>>().await;
    let everybody = app.audience(account, &TargetAudience::default()).await.unwrap();
    let counted = app.count_audiences(account, &[everybody], PLENTY_MS).await.unwrap();
    assert_eq!((counted.exact, counted.counts[0].reachable), (true, u64::try_from(so_many).unwrap()));
}
