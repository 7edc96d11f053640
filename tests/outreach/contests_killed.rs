//! Draws that die: whoever goes on ends with the same winners, and nobody is told twice.

use futures::future::join_all;
use futures::{StreamExt, stream};
use local::faults::Death;
use serde_json::{Value, json};
use shared::domain::fact_clock::FactClock;
use shared::domain::person::Person;
use shared::ids::{BotId, BotKey, OutreachCampaignId, UserId};
use shared::queue::PlanTask;
use shared::store::{EntryFate, HeldContest};

use super::contest_check::draw_order;
use super::contest_world::{ACCOUNT, contest, entries, is_as_the_seed_says, is_of, numbers};
use crate::world::{Account, HURRY, HURRY_MS, Reached, World};

/// So many worlds try deaths at the same time, each some of them.
const WORLDS: usize = 4;

/// How many entries the great contest has; a quick run takes a part of them.
const MANY: i64 = if cfg!(feature = "many") { 10_000 } else { 600 };

impl World {
    /// A contest that everybody entered, without waiting for its messages.
    async fn entered(&self, account: &Account, reached: &Reached) -> (String, OutreachCampaignId) {
        let campaign = contest(account, &json!({"winners": 2})).await;
        let id = account.execute(&campaign, &json!({})).await;
        self.ended_in_time(ACCOUNT, &id).await;
        let id = OutreachCampaignId::parse(&campaign).unwrap();
        let bot = BotKey { account: ACCOUNT, bot: BotId(reached.bot.id) };
        for user in &reached.people {
            let fate = self.system.app.store.enter_contest(bot, &id, UserId(*user), 5).await.unwrap();
            assert!(matches!(fate, EntryFate::Made(_)));
        }
        (campaign, id)
    }

    /// Lets the planner draw, and time pass meanwhile.
    async fn plan_in_time(&self, task: &PlanTask) -> bool {
        let hurry = async {
            loop {
                tokio::time::sleep(HURRY).await;
                self.system.app.clock.advance_ms(HURRY_MS / 10);
            }
        };
        tokio::select! {
            again = self.plan(task) => again,
            () = hurry => false,
        }
    }

    async fn held(&self, id: &OutreachCampaignId) -> HeldContest {
        self.system.app.store.contest(ACCOUNT, id).await.unwrap().unwrap()
    }

    /// Draws a contest whose drawer dies once; whether it did.
    async fn draw_with_death(&self, account: &Account, reached: &Reached, death: Death) -> bool {
        let before: Vec<_> = reached.people.iter().map(|user| self.wins_told(*user)).collect();
        let (campaign, id) = self.entered(account, reached).await;
        let task = PlanTask::DrawV1 { account: ACCOUNT, campaign: id.clone(), at: None };
        self.faults.kill("broadcast-planner", death);
        self.plan_in_time(&task).await;
        let has_died = self.faults.revive("broadcast-planner");
        let held = self.held(&id).await;
        for _ in 0..20 {
            if !self.plan(&task).await {
                break;
            }
            self.system.app.clock.advance_ms(91_000);
        }
        let now = self.held(&id).await;
        assert_eq!(now.picks[..held.picks.len()], held.picks, "{death:?}: what was looked at stays so");
        assert!(held.closed.is_none() || now.closed == held.closed, "{death:?}");
        assert!(held.drawn.is_none() || now.drawn == held.drawn, "{death:?}");
        let shown = is_as_the_seed_says(account, &campaign).await;
        let winners = shown["winners"].as_array().unwrap();
        assert_eq!(winners.len(), 2, "{death:?}: {shown}");
        for (user, before) in reached.people.iter().zip(before) {
            let times = self.wins_told(*user) - before;
            let told = winners.iter().find(|it| is_of(it, *user)).map(|it| &it["told"]);
            match told.and_then(Value::as_str) {
                None => assert_eq!(times, 0, "{death:?}"),
                Some("delivered") => assert_eq!(times, 1, "{death:?}"),
                Some("unknown") => assert!(times <= 1, "{death:?}"),
                Some(other) => panic!("{death:?}: {other}"),
            }
        }
        has_died
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draw_that_dies_at_any_call_ends_with_the_winners_of_its_seed_and_tells_nobody_twice() {
    let step = if cfg!(feature = "many") { 1 } else { 4 };
    let tried = (0..WORLDS).map(|number| async move {
        let world = World::hurrying().await;
        let account = world.account();
        let reached = world.reached(&account, 1, 3).await.remove(0);
        let (mut deaths, lost_answer) = (0, number % 2 == 1);
        for calls in (number / 2 * step..).step_by(WORLDS / 2 * step) {
            if !world.draw_with_death(&account, &reached, Death { calls, lost_answer }).await {
                return deaths;
            }
            deaths += 1;
        }
        deaths
    });
    let deaths: usize = join_all(tried).await.into_iter().sum();
    println!("{deaths} deaths of a draw");
    assert!(deaths >= 12, "{deaths}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_great_contest_has_one_entry_a_person_and_winners_that_anybody_finds() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 60).await.remove(0);
    let campaign = contest(&account, &json!({"winners": 50})).await;
    let execution = account.execute(&campaign, &json!({})).await;
    world.ended_in_time(ACCOUNT, &execution).await;
    let id = OutreachCampaignId::parse(&campaign).unwrap();
    let bot = BotKey { account: ACCOUNT, bot: BotId(reached.bot.id) };
    let store = &world.system.app.store;
    // Sixty whom Telegram knows, and all the others.
    let others = 8_000_000_000..8_000_000_000 + MANY - 60;
    let people: Vec<_> = reached.people.iter().copied().chain(others).collect();
    let begun = std::time::Instant::now();
    let enter = |user: i64| {
        let id = &id;
        async move {
            let person = Person { user: UserId(user), first_name: "P".to_owned(), ..Person::default() };
            let clock = FactClock { date: 10, update: 1 };
            store.record_contact(bot, &person, clock).await.unwrap();
            let mut presses = 1;
            while store.enter_contest(bot, id, UserId(user), 5).await.is_err() {
                presses += 1;
                assert!(presses < 50, "{user} is never entered");
            }
            presses
        }
    };
    // More than there are rows that number: they are in each other's way, and a few are asked to press again.
    let presses: Vec<usize> =
        stream::iter(people.iter().copied().map(enter)).buffer_unordered(48).collect().await;
    let again = presses.iter().sum::<usize>() - people.len();
    println!("{} entries in {:?}, {again} presses again", people.len(), begun.elapsed());
    assert!(again * 50 <= people.len(), "{again}");
    let begun = std::time::Instant::now();
    world.draw(&campaign).await;
    println!("drawn and told in {:?}", begun.elapsed());
    let shown = is_as_the_seed_says(&account, &campaign).await;
    assert_eq!((&shown["entries"], shown["winners"].as_array().unwrap().len()), (&json!(MANY), 50));
    let all = entries(&account, &campaign, 100).await;
    let order = draw_order(shown["seed"].as_str().unwrap(), &numbers(&all));
    assert_eq!(shown["winners"][0]["number"], json!(order[0]));
    let told = shown["winners"].as_array().unwrap().iter().filter(|it| it["told"].is_string()).count();
    assert_eq!(told, 50, "everybody is told, or it is known why not");
}
