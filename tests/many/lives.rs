//! Ten thousand life stories, told by the API and counted again from the leads.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::calendar;
use shared::domain::fact_clock::FactClock;
use shared::domain::lead::{LeadFacts, Leave, LeaveKind, Start};
use shared::domain::lead_event::LeadStatus;
use shared::domain::person::Person;
use shared::ids::{BotId, CampaignKey, LeadId, UserId};
use shared::store::{Arrival, Lead, NewStart, StartPolicy, Store, WelcomeLease};

use crate::world::World;

const LIVES: i64 = 10_000;

/// 2026-01-01 00:00:00 UTC.
const FIRST: i64 = 1_767_225_600;

/// How long a slow machine may take to count all of it.
const COUNTED_WITHIN: Duration = Duration::from_secs(600);

const DAY: i64 = 86_400;

/// A hundred days later.
const NOW: i64 = FIRST + 100 * DAY;

/// One thing that happens to a person.
#[derive(Clone, Debug)]
enum Step {
    Start(String),
    Arrival(Arrival),
    Leave(LeaveKind),
}

/// A xorshift sequence: the same lives in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 % limit.unsigned_abs()).unwrap()
    }

    fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }
}

/// What happens to one person, with its clock; now and then out of order or twice.
fn live(user: i64) -> Vec<(FactClock, Step)> {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ user.unsigned_abs().wrapping_mul(0xD129_0D32_9A7B_5F01));
    let mut date = FIRST + dice.below(60 * DAY);
    let mut steps = Vec::new();
    let mut happen = |date: i64, step| {
        let update = user * 100 + i64::try_from(steps.len()).unwrap();
        steps.push((FactClock { date, update }, step));
    };
    if dice.chance(90) {
        for press in 0..=dice.below(3) {
            happen(date, Step::Start(format!("click{press}")));
            date += dice.below(500);
        }
    }
    for _ in 0..dice.below(4) {
        if dice.chance(30) {
            happen(date, Step::Arrival(Arrival::Request));
            date += dice.below(3_600);
        }
        if dice.chance(85) {
            happen(date, Step::Arrival(Arrival::Join));
            date += if dice.chance(40) { dice.below(2 * DAY) } else { dice.below(35 * DAY) };
        }
        if dice.chance(60) {
            happen(date, Step::Leave(if dice.chance(80) { LeaveKind::Left } else { LeaveKind::Removed }));
            date += dice.below(5 * DAY);
        }
    }
    if dice.chance(20) && steps.len() > 1 {
        let at = usize::try_from(dice.below(i64::try_from(steps.len()).unwrap() - 1)).unwrap();
        steps.swap(at, at + 1);
        steps.push(steps[at].clone());
    }
    steps
}

async fn tell(store: &Store, campaign: CampaignKey, user: i64) {
    let person = Person { user: UserId(user), ..Person::default() };
    for (clock, step) in live(user) {
        match step {
            Step::Start(click) => {
                let id = LeadId::of_start(clock.date, clock.update, BotId(1));
                let start = Start::new(clock, click);
                let lease = WelcomeLease { now_ms: 0, until_ms: 0, holder: 0 };
                let new = NewStart { start: &start, id, policy: StartPolicy::MakeLeads, lease };
                store.record_start(campaign, &person, new).await.map(drop)
            }
            Step::Arrival(arrival) => store.record_arrival(campaign, &person, arrival, clock).await.map(drop),
            Step::Leave(kind) => store.record_leave(campaign, &person, Leave { clock, kind }).await.map(drop),
        }
        .unwrap();
    }
}

/// The figures again, lead by lead, in the words of the contract.
#[derive(Default)]
struct Recount {
    starts: i64,
    holds: i64,
    confirms: i64,
    unsubs: i64,
    statuses: BTreeMap<LeadStatus, i64>,
    /// By join day: joined, and present after each number of days.
    join_days: BTreeMap<String, [i64; 6]>,
}

impl Recount {
    fn add(&mut self, facts: &LeadFacts) {
        let Some(status) = facts.status() else { return };
        self.starts += 1;
        *self.statuses.entry(status).or_default() += 1;
        self.holds += i64::from(facts.held());
        let Some(join) = facts.join.filter(|_| facts.confirmed()) else { return };
        self.confirms += 1;
        self.unsubs += i64::from(!facts.present());
        let until = facts.leave.filter(|leave| leave.clock > join).map_or(i64::MAX, |leave| leave.clock.date);
        let day = self.join_days.entry(calendar::date(join.date)).or_default();
        day[0] += 1;
        for (present, days) in day[1..].iter_mut().zip([1, 3, 7, 14, 30]) {
            *present += i64::from(until >= join.date + days * DAY);
        }
    }

    fn retention(&self) -> Value {
        let days = self.join_days.iter().map(|(date, counted)| {
            let judged = |index: usize, days: i64| {
                let over = *date < calendar::date(NOW - days * DAY);
                over.then_some(counted[index])
            };
            json!({
                "date": date, "joined": counted[0], "after_1": judged(1, 1), "after_3": judged(2, 3),
                "after_7": judged(3, 7), "after_14": judged(4, 14), "after_30": judged(5, 30),
            })
        });
        days.collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_ten_thousand_lives_are_those_of_a_recount() {
    let world = World::with(|options| options.clock = Clock::manual(NOW * 1000)).await;
    let scene = world.scene().await;
    // Nothing of this is to be told.
    scene.account.post_json("/api/camp/pause.json", &json!({"id": 1, "pause": 1})).await.data();
    let store = &world.system.app.store;
    stream::iter(1..=LIVES).for_each_concurrent(16, |user| tell(store, scene.campaign, user)).await;
    world.settle_within(COUNTED_WITHIN).await;

    let mut recount = Recount::default();
    let mut listed: BTreeMap<i64, LeadStatus> = BTreeMap::new();
    let leads = stream::iter(1..=LIVES).map(|user| store.lead(scene.campaign, UserId(user))).buffered(16);
    for lead in leads.collect::<Vec<_>>().await {
        let Some(Lead { facts, person, .. }) = lead.unwrap() else { continue };
        recount.add(&facts);
        listed.extend(facts.status().map(|status| (person.user.0, status)));
    }
    assert!(recount.starts > 8_000 && recount.unsubs > 1_000 && recount.statuses.len() == 5);

    let get = async |path: &str| scene.account.get(path).await;
    let funnel = json!({"starts": recount.starts, "holds": recount.holds, "approves": recount.confirms, "unsubs": recount.unsubs});
    assert_eq!(get("/api/stats/campaign.json?id=1").await.data()["funnel"], funnel);
    let summary = get("/api/stats/summary.json").await.data();
    for (name, value) in [
        ("starts", recount.starts),
        ("holds", recount.holds),
        ("confirms", recount.confirms),
        ("unsubs", recount.unsubs),
    ] {
        assert_eq!(summary[name], value, "{name}");
    }
    assert_eq!(get("/api/stats/retention.json?id=1").await.data(), recount.retention());
    for status in LeadStatus::ALL {
        let reply = get(&format!("/api/leads/list.json?status={}", status.number())).await.json();
        assert_eq!(reply["total"], recount.statuses[&status], "{status}");
    }
    let mut cursor = String::new();
    loop {
        let reply = get(&format!("/api/leads/list.json?campaign=1&limit=200{cursor}")).await.json();
        for lead in reply["data"].as_array().unwrap() {
            let status = listed.remove(&lead["subscriber"].as_i64().unwrap()).unwrap();
            assert_eq!(lead["status"], status.number(), "{lead}");
        }
        match reply["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert!(listed.is_empty(), "{} leads are not in the list", listed.len());
}
