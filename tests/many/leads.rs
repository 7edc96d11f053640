//! A campaign of 100,000 leads.

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared::domain::lead_event::LeadStatus;
use shared::domain::statistics::{CounterChange, Counters};
use shared::ids::{BotId, CampaignKey, LeadId, UserId};
use shared::store::{LeadRow, MarkProgress};

use crate::world::{Scene, World};

const LEADS: i64 = 100_000;

/// 2026-01-01 00:00:00 UTC; one lead a minute from then on.
const FIRST: i64 = 1_767_225_600;

fn status_of(number: i64) -> LeadStatus {
    match number % 200 {
        0 => LeadStatus::Trash,
        1..=9 => LeadStatus::Hold,
        10..=59 => LeadStatus::Cancel,
        60..=109 => LeadStatus::Wait,
        _ => LeadStatus::Approve,
    }
}

fn row(campaign: CampaignKey, number: i64) -> LeadRow {
    let started = FIRST + number * 60;
    LeadRow {
        lead: LeadId::of_start(started, number, BotId(1)),
        campaign: campaign.campaign,
        user: UserId(7_000_000_000 + number),
        username: format!("subscriber_{number}"),
        click: format!("click-of-a-usual-length-{number:08}"),
        status: status_of(number),
        started,
        joined: Some(started + 20),
        updated: started + 20,
    }
}

/// Lines and counters, as the stream would have written them.
async fn fill(world: &World, scene: &Scene) {
    let store = &world.system.app.store;
    let campaign = scene.campaign;
    let portions: Vec<Vec<LeadRow>> = (0..LEADS / 500)
        .map(|portion| (portion * 500..(portion + 1) * 500).map(|number| row(campaign, number)).collect())
        .collect();
    stream::iter(portions)
        .for_each_concurrent(
            4,
            |rows| async move { store.write_lead_rows(campaign, rows.iter()).await.unwrap() },
        )
        .await;
    let mut total = Counters { starts: LEADS, ..Counters::default() };
    for number in 0..LEADS {
        total.statuses[usize::from(status_of(number).number())] += 1;
    }
    let change = CounterChange { total, ..CounterChange::default() };
    let progress = MarkProgress { shard: "filled", counted: None, sequence: "1" };
    assert!(store.count(campaign, &change, progress, FIRST).await.unwrap());
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
    let (from, to) = (FIRST + 60 * 30_000, FIRST + 60 * 50_000);
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
