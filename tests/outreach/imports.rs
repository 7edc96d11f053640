//! Lists of subscribers that an account brings along.

use futures::future::join_all;
use local::faults::Death;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::fact_clock::FactClock;
use shared::domain::person::Person;
use shared::ids::{BotId, BotKey, UserId};
use shared::store::KnownPerson;

use crate::world::{Account, World};

/// Of people with numbers from here on.
const FIRST: i64 = 7_000_000_001;

const DEATH_IN_THE_SECOND_THOUSAND: Death = Death { calls: 600, lost_answer: false };

/// So many people whom a bot of the account knows.
async fn know(world: &World, account: &Account, count: i64) {
    let bot = BotKey { account: account.id, bot: BotId(1) };
    let clock = FactClock { date: 10, update: 1 };
    let people = (0..count).map(|number| async move {
        let person = Person { user: UserId(FIRST + number), ..Person::default() };
        world.system.app.store.record_contact(bot, &person, clock).await.unwrap();
    });
    join_all(people).await;
}

async fn uploaded(world: &World, account: &Account, file: &[u8]) -> (String, Value) {
    let made = account.v1("POST", "subscribers/imports", &Value::Null).await.success(201);
    assert_eq!((&made["status"], &made["bytesMax"]), (&json!("waiting"), &json!(67_108_864)));
    assert_eq!(world.send_form(&made, file).await, 204);
    (format!("subscribers/imports/{}", made["importId"].as_str().unwrap()), made)
}

async fn start(account: &Account, path: &str) {
    let started = account.v1("POST", &format!("{path}/start"), &Value::Null).await.success(202);
    assert!(path.ends_with(started["id"].as_str().unwrap()));
}

async fn shown(account: &Account, path: &str) -> Value {
    account.v1("GET", path, &Value::Null).await.success(200)
}

async fn imported(world: &World, account: &Account, file: &[u8]) -> Value {
    let (path, _) = uploaded(world, account, file).await;
    start(account, &path).await;
    world.settle().await;
    shown(account, &path).await
}

async fn known(world: &World, account: &Account, number: i64) -> KnownPerson {
    world.system.app.store.known_person(account.id, UserId(FIRST + number)).await.unwrap().unwrap()
}

/// A list of 2,500 lines. Every fifth tells a number of one of fifty people, ten times each; the others are at fault.
fn long_list() -> String {
    let lines = (0..2_500_i64).map(|line| match line % 5 {
        0 => format!("{},{line}\n", FIRST + line / 5 % 50),
        _ => format!("nobody,{line}\n"),
    });
    ["id,score\n".to_owned()].into_iter().chain(lines).collect()
}

fn assert_whole(import: &Value) {
    assert_eq!(import["status"], "completed", "{import}");
    let counts = ["lines", "imported", "failed"].map(|name| import[name].as_u64().unwrap());
    assert_eq!(counts, [2_500, 500, 2_000], "{import}");
    let lines = import["errors"].as_array().unwrap().iter().map(|error| error["line"].as_u64().unwrap());
    assert!(
        lines.eq((0..125).filter(|line| line % 5 != 0).map(|line| line + 2)),
        "the first hundred, in order"
    );
}

#[tokio::test]
async fn a_list_is_uploaded_read_and_its_faults_are_told_by_their_lines() {
    let world = World::new().await;
    let account = world.account();
    know(&world, &account, 3).await;
    let file = "\u{feff}id;tags;city;age;note\r\n\
                7000000001;\"vip; early\";Riga;30;\"two\nlines; and \"\"quotes\"\"\"\r\n\
                7000000002;;;;\r\n\
                \r\n\
                7000000009;vip;Oslo;1;\r\n\
                x;;;;\r\n\
                7000000003;vip\r\n\
                7000000003;;Riga;true;007";
    let import = imported(&world, &account, file.as_bytes()).await;
    let seen = ["status", "lines", "imported", "failed"].map(|name| import[name].clone());
    assert_eq!(seen, [json!("completed"), json!(6), json!(3), json!(3)], "{import}");
    insta::assert_snapshot!(import["errors"], @r#"[{"field":"id","line":6,"reason":"must be somebody whom a bot of the account knows"},{"field":"id","line":7,"reason":"must be a Telegram user id"},{"field":"","line":8,"reason":"must have 5 cells as the header has, not 2"}]"#);
    assert!(import["endedAt"].is_string() && import.get("reason").is_none());
    let first = known(&world, &account, 0).await;
    let attributes = serde_json::to_value(&first.attributes).unwrap();
    assert_eq!(attributes, json!({"city": "Riga", "age": 30, "note": "two\nlines; and \"quotes\""}));
    assert!(first.tags.iter().eq(["early", "vip"]));
    let third = known(&world, &account, 2).await;
    assert_eq!(
        serde_json::to_value(&third.attributes).unwrap(),
        json!({"city": "Riga", "age": true, "note": "007"})
    );
    assert!(known(&world, &account, 1).await.attributes.is_empty());
    assert_eq!(world.objects(), [""; 0], "what was read is deleted");
}

#[tokio::test]
async fn a_file_that_cannot_be_followed_fails_as_a_whole() {
    let world = World::new().await;
    let account = world.account();
    know(&world, &account, 1).await;
    for (file, reason) in [
        ("name,city\n7000000001,Riga\n", "the header must have the column id"),
        (
            "id,first name\n7000000001,Anna\n",
            "column 2 of the header has no name; a name has 1 to 64 letters, digits, _ and -",
        ),
        ("\n\n", "the file is empty"),
        ("id,city\n7000000001,Riga\n7000000001,\"", ""),
    ] {
        let import = imported(&world, &account, file.as_bytes()).await;
        let expected = if reason.is_empty() { ("completed", Value::Null) } else { ("failed", json!(reason)) };
        assert_eq!((import["status"].as_str().unwrap(), import["reason"].clone()), expected, "{file}");
    }
    let endless = format!("id,city\n7000000001,\"{}", "x".repeat(70_000));
    let import = imported(&world, &account, endless.as_bytes()).await;
    assert_eq!(import["reason"], "the record that begins in line 2 is too long: is a quote not closed?");
}

#[tokio::test]
async fn an_import_is_started_when_its_file_is_there_and_belongs_to_its_account() {
    let world = World::new().await;
    let (account, stranger) = (world.account(), world.another_account().await);
    let made = account.v1("POST", "subscribers/imports", &Value::Null).await.success(201);
    let path = format!("subscribers/imports/{}", made["importId"].as_str().unwrap());
    let early = account.v1("POST", &format!("{path}/start"), &Value::Null).await;
    assert_eq!((early.failure().0, early.faulty_fields()), (400, vec!["file".to_owned()]));
    assert_eq!(shown(&account, &path).await["status"], "waiting");
    for (method, path) in [("GET", path.clone()), ("POST", format!("{path}/start"))] {
        let foreign = stranger.v1(method, &path, &Value::Null).await;
        assert_eq!(foreign.failure(), (404, "IMPORT_NOT_FOUND".to_owned()));
        let absent = path.replace("imp", "impx").replace("impxorts", "imports");
        assert_eq!(stranger.v1(method, &absent, &Value::Null).await.text, foreign.text, "{absent}");
    }
    assert_eq!(world.send_form(&made, b"id\n").await, 204);
    start(&account, &path).await;
    world.settle().await;
    let ended = shown(&account, &path).await;
    assert_eq!((&ended["status"], &ended["lines"]), (&json!("completed"), &json!(0)));
    start(&account, &path).await;
    world.settle().await;
    assert_eq!(shown(&account, &path).await, ended, "what has ended is not read again");
}

#[tokio::test]
async fn a_reader_that_is_killed_goes_on_where_it_noted_and_counts_each_line_once() {
    let clock = Clock::shifted(-600_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let account = world.account();
    know(&world, &account, 50).await;
    let (path, _) = uploaded(&world, &account, long_list().as_bytes()).await;
    world.faults.kill("subscriber-importer", DEATH_IN_THE_SECOND_THOUSAND);
    start(&account, &path).await;
    world.until("a thousand lines are noted", async || shown(&account, &path).await["lines"] == 1_000).await;
    world.quiet().await;
    assert!(world.faults.revive("subscriber-importer"), "it has died");
    assert_eq!(shown(&account, &path).await["status"], "running");
    world.pass(70, 3).await;
    world.settle().await;
    assert_whole(&shown(&account, &path).await);
    for number in [0, 48] {
        let score = known(&world, &account, number).await.attributes["score"].clone();
        assert_eq!(score, 2_250 + 5 * number, "the last line of a person counts");
    }
}

#[tokio::test]
async fn messages_that_come_twice_and_an_outage_change_nothing() {
    let clock = Clock::shifted(-600_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let account = world.account();
    know(&world, &account, 50).await;
    let (path, _) = uploaded(&world, &account, long_list().as_bytes()).await;
    world.faults.refuse(&["dynamodb:UpdateItem"]);
    for _ in 0..3 {
        start(&account, &path).await;
    }
    world.quiet().await;
    let waiting = shown(&account, &path).await;
    assert_eq!((&waiting["status"], &waiting["lines"]), (&json!("running"), &json!(0)));
    world.faults.refuse(&[]);
    world.pass(95, 4).await;
    world.settle().await;
    assert_whole(&shown(&account, &path).await);
}

#[tokio::test]
async fn a_file_that_is_uploaded_again_while_it_is_read_ends_the_import() {
    let clock = Clock::shifted(-600_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let account = world.account();
    know(&world, &account, 1).await;
    let (path, form) = uploaded(&world, &account, b"id,city\n7000000001,Riga\n").await;
    world.faults.kill("subscriber-importer", Death { calls: 0, lost_answer: false });
    start(&account, &path).await;
    world.quiet().await;
    assert_eq!(world.send_form(&form, b"id,city\n7000000001,Oslo\n").await, 204);
    assert!(world.faults.revive("subscriber-importer"));
    world.pass(70, 3).await;
    world.settle().await;
    let import = shown(&account, &path).await;
    assert_eq!(import["reason"], "the file is gone, or was uploaded again while it was read");
    assert!(known(&world, &account, 0).await.attributes.is_empty());
}
