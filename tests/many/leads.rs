//! A campaign of 100,000 leads.

use serde_json::{Value, json};
use shared::domain::lead_event::LeadStatus;

use crate::world::{NEW_YEAR, Scene, World};

const LEADS: i64 = 100_000;

fn status_of(number: i64) -> LeadStatus {
    match number % 200 {
        0 => LeadStatus::Trash,
        1..=9 => LeadStatus::Hold,
        10..=59 => LeadStatus::Cancel,
        60..=109 => LeadStatus::Wait,
        _ => LeadStatus::Approve,
    }
}

async fn fill(world: &World, scene: &Scene) {
    let click = |number: i64| format!("click-of-a-usual-length-{number:08}");
    let rows = (0..LEADS).map(|number| scene.row(number, status_of(number), click(number)));
    world.list_leads_of(scene, rows.collect()).await;
}

fn subscribers(reply: &Value) -> Vec<i64> {
    let leads = reply["data"].as_array().unwrap().iter();
    leads.map(|lead| lead["subscriber"].as_i64().unwrap() - 7_000_000_000).collect()
}

/// Walks a question to its end by cursor, and answers the leads and how many items were read for each.
async fn walk(world: &World, scene: &Scene, question: &str, total: usize) -> (Vec<i64>, f64) {
    let before = world.faults.rows_read_by("leads-list");
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/leads/list.json?campaign=1&limit=200{question}{cursor}");
        let reply = scene.account.get(&path).await.json();
        assert_eq!(reply["total"], total, "{path}");
        found.extend(subscribers(&reply));
        match reply["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let read = world.faults.rows_read_by("leads-list") - before;
    (found, f64::from(u32::try_from(read).unwrap()) / f64::from(u32::try_from(total).unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_hundred_thousand_leads_read_what_they_answer() {
    let world = World::new().await;
    let scene = world.scene().await;
    fill(&world, &scene).await;

    let newest_first = || (0..LEADS).rev();
    let (found, ratio) = walk(&world, &scene, "", 100_000).await;
    assert!(found.into_iter().eq(newest_first()) && ratio <= 1.1, "{ratio} read for each");
    for status in [LeadStatus::Trash, LeadStatus::Hold, LeadStatus::Cancel] {
        let expected: Vec<_> = newest_first().filter(|number| status_of(*number) == status).collect();
        let (found, ratio) =
            walk(&world, &scene, &format!("&status={}", status.number()), expected.len()).await;
        assert!(found == expected && ratio <= 1.1, "{status}: {ratio} read for each");
    }
    let (from, to) = (NEW_YEAR + 60 * 30_000, NEW_YEAR + 60 * 50_000);
    let question = format!("/api/leads/list.json?campaign=1&from={from}&to={to}&limit=100");
    let first = scene.account.get(&question).await.json();
    assert_eq!((&first["total"], subscribers(&first)[0]), (&json!(20_001), 50_000));
    let before = world.faults.rows_read_by("leads-list");
    let next = first["next"].as_str().unwrap();
    let second = scene.account.get(&format!("{question}&cursor={next}")).await.json();
    assert_eq!((&second["total"], subscribers(&second)[0]), (&json!(20_001), 49_900));
    assert!(world.faults.rows_read_by("leads-list") - before <= 110);

    for offset in [0, 1, 4_999, 50_000, 99_950, 99_999, 100_000] {
        let reply =
            scene.account.get(&format!("/api/leads/list.json?campaign=1&offset={offset}")).await.json();
        let expected: Vec<_> = newest_first().skip(offset).take(50).collect();
        assert_eq!((subscribers(&reply), &reply["total"]), (expected, &json!(LEADS)), "{offset}");
    }
    let last = scene.account.get("/api/leads/list.json?campaign=1&status=4&offset=499").await.json();
    assert_eq!((subscribers(&last), &last["total"]), (vec![0], &json!(500)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_leads_are_exported_to_the_last() {
    let world = World::new().await;
    let scene = world.scene().await;
    fill(&world, &scene).await;
    let reply = scene.account.export("?campaign=1").await;
    assert_eq!(reply.code, 302, "{}", reply.text);
    check_export(&scene.account.follow(&reply).await);
}

fn check_export(text: &str) {
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("id,campaign,subscriber,username,click,status,start_time,join_time,updated")
    );
    let mut number = LEADS;
    for line in lines {
        number -= 1;
        let fields: Vec<_> = line.split(',').collect();
        let expected = [
            format!("{}", 7_000_000_000 + number),
            format!("subscriber_{number}"),
            format!("click-of-a-usual-length-{number:08}"),
            status_of(number).number().to_string(),
        ];
        assert_eq!(fields[2..6], expected);
    }
    assert_eq!(number, 0);
}

/// The function as it is deployed, but for its profile: a process of its own.
#[cfg(feature = "bins")]
#[tokio::test(flavor = "multi_thread")]
async fn the_export_of_a_hundred_thousand_leads_stays_below_256_megabytes() {
    let world = World::durable(Some(crate::world::bins())).await;
    let scene = world.scene().await;
    fill(&world, &scene).await;
    let reply = scene.account.export("?campaign=1").await;
    assert_eq!(reply.code, 302, "{}", reply.text);
    let peak_kilobytes = super::peak_memory_of("leads-export");
    check_export(&scene.account.follow(&reply).await);
    world.stop().await;
    assert!((1..256 * 1024).contains(&peak_kilobytes), "{peak_kilobytes} kB");
}
