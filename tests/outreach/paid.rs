//! Campaigns that pay in Stars for being sent faster.

use std::time::Duration;

use local::faults::Death;
use serde_json::{Value, json};
use shared::domain::outreach::ExecutionStatus;
use shared::ids::{AccountId, OutreachCampaignId};
use telegram_simulator::{Faults, Refusal};

use super::lanes_shared::slowest_of;
use crate::world::{Account, HURRY, Reached, World};

const ACCOUNT: AccountId = AccountId(1);

async fn paying(account: &Account, stars: f64, changes: &Value) -> String {
    let mut body = json!({"strategy": {"paidBroadcast": {"starsLimit": stars}}});
    body.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap());
    account.outreach_campaign(&body).await
}

impl World {
    /// What was taken of a campaign's Stars, in tenths.
    async fn taken(&self, campaign: &str) -> u64 {
        let id = OutreachCampaignId::parse(campaign).unwrap();
        self.system.app.store.outreach_counters(ACCOUNT, &id).await.unwrap().stars_tenths
    }

    /// What Telegram took of bots, in tenths.
    fn stars_told(&self, reached: &[Reached]) -> u64 {
        reached.iter().map(|reached| self.simulator.stars_spent_tenths(reached.bot.tg)).sum()
    }

    async fn is_paused(&self, account: &Account, campaign: &str, reason: &str) {
        let paused = async || account.shown(campaign).await["status"] == "paused";
        self.until_within(Duration::from_secs(120), "the campaign pauses", paused).await;
        let shown = account.shown(campaign).await;
        assert!(shown["pauseReason"].as_str().unwrap().contains(reason), "{}", shown["pauseReason"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_paid_for_is_counted_and_is_no_less_than_telegram_takes() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 240).await;
    let prices = json!({"costPerMessage": 0.5, "starPrice": 0.25});
    let campaign = paying(&account, 100.0, &prices).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Completed);
    assert_eq!(world.sent_times(&reached), [(1, 240)].into());
    let (taken, told) = (world.taken(&campaign).await, world.stars_told(&reached));
    println!("{taken} tenths were taken, {told} by Telegram");
    assert_eq!(taken, 240);
    // How many of them are above thirty a second depends on the machine.
    assert!(told <= taken, "{told}");
    let requests = world.simulator.requests();
    let mut sends = requests.iter().filter(|request| request.method == "sendMessage");
    assert!(sends.all(|send| send.code == 200 && send.parameters["allow_paid_broadcast"] == true));
    let statistics = &account.shown(&campaign).await["statistics"];
    assert_eq!((&statistics["starsSpent"], &statistics["totalCost"]), (&json!(24), &json!(126)));
    assert_eq!(account.progress(&campaign).await["starsSpent"], 24);
    let path = format!("campaigns/{campaign}/statistics");
    let shown = account.v1("GET", &path, &Value::Null).await.success(200);
    assert_eq!(shown["overview"]["starsSpent"], 24);
    world.figures_agree(ACCOUNT, &campaign, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_star_is_spent_above_the_limit_and_who_is_left_gets_it_with_a_higher_one() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 2, 60).await;
    let campaign = paying(&account, 7.3, &json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.is_paused(&account, &campaign, "stars").await;
    let rests = async || world.taken(&campaign).await == 73;
    world.until("every Star is spent", rests).await;
    assert_eq!(world.sent_times(&reached), [(0, 47), (1, 73)].into());
    let path = format!("campaigns/{campaign}");
    let refused = account.v1("POST", &format!("{path}/resume"), &Value::Null).await;
    assert_eq!(refused.failure(), (409, "BUDGET_EXCEEDED".to_owned()));
    let higher = json!({"strategy": {"paidBroadcast": {"starsLimit": 50}}});
    account.v1("PUT", &path, &higher).await.success(200);
    account.go(&campaign, "resume").await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.sent_times(&reached), [(1, 120)].into());
    assert_eq!(world.taken(&campaign).await, 120);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_telegram_refuses_is_given_back_and_what_nobody_knows_of_is_spent() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 100).await;
    let refusals = [(403, 0.2, None), (429, 0.02, Some(1))].map(|(code, share, retry_after)| Refusal {
        code,
        share,
        retry_after,
        ..Refusal::default()
    });
    let faults = Faults {
        seed: 3,
        refuse: refusals.into(),
        time_out_share: 0.1,
        time_out_after_ms: 50,
        ..Faults::default()
    };
    world.simulator.set_faults(faults);
    let campaign = paying(&account, 20.0, &json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    let outcomes = world.outcomes(ACCOUNT, &id).await;
    let count = |name| u64::try_from(outcomes.get(name).copied().unwrap_or_default()).unwrap();
    assert!(count("USER_BLOCKED") > 0 && count("unknown") > 0, "{outcomes:?}");
    assert_eq!(world.taken(&campaign).await, count("delivered") + count("unknown"), "{outcomes:?}");
    assert!(world.stars_told(&reached) <= world.taken(&campaign).await);
    world.figures_agree(ACCOUNT, &campaign, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_counts_stars_too() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 30).await;
    let changes = json!({"budget": 10, "costPerMessage": 0.5, "starPrice": 5});
    let campaign = paying(&account, 50.0, &changes).await;
    account.execute(&campaign, &json!({})).await;
    world.is_paused(&account, &campaign, "budget").await;
    assert_eq!(world.sent_times(&reached), [(0, 20), (1, 10)].into());
    assert_eq!(account.shown(&campaign).await["statistics"]["totalCost"], 10);
}

#[tokio::test]
async fn refusals_of_which_nothing_is_known_stop_what_is_paid_for_after_three() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 100).await;
    let refusal = Refusal { code: 409, share: 1.0, ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    let campaign = paying(&account, 50.0, &json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.is_paused(&account, &campaign, "Telegram refuses").await;
    let execution = world.execution(ACCOUNT, &id).await;
    assert_eq!(execution.status, ExecutionStatus::Failed);
    let outcomes = world.outcomes(ACCOUNT, &id).await;
    assert_eq!((outcomes["TELEGRAM_ERROR"], outcomes["none"]), (3, 97), "{outcomes:?}");
    assert_eq!(world.taken(&campaign).await, 0);
    world.simulator.set_faults(Faults::default());
    let again = account.v1("POST", &format!("campaigns/{campaign}/resume"), &Value::Null).await.success(200);
    assert_eq!(again["status"], "active");
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.sent_times(&reached), [(1, 100)].into());
}

#[tokio::test]
async fn tests_and_what_does_not_ask_for_it_are_never_paid_for() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 3).await;
    let testers = json!({"testers": [reached[0].people[0].to_string()]});
    account.v1("PUT", "testers", &testers).await.success(200);
    let campaign = paying(&account, 0.1, &json!({})).await;
    let id = account.execute(&campaign, &json!({"testMode": true})).await;
    world.ended(ACCOUNT, &id).await;
    let plain = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&plain, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!((world.taken(&campaign).await, world.taken(&plain).await), (0, 0));
    let requests = world.simulator.requests();
    assert!(requests.iter().all(|request| !request.parameters.contains_key("allow_paid_broadcast")));
    assert!(account.shown(&plain).await["statistics"].get("starsSpent").is_none());
    assert!(account.progress(&plain).await.get("starsSpent").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_welcome_is_no_more_than_a_second_later_while_a_paid_execution_runs() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 700).await;
    let scene = world.setting().bot("outreach0_bot").without_templates().set_up().await;
    let quiet = slowest_of(&world, &scene).await;
    let campaign = paying(&account, 1_000.0, &json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    let sent = || world.sent_times(&reached).get(&1).copied().unwrap_or_default();
    world.until("it sends", async || sent() >= 10).await;
    let busy = slowest_of(&world, &scene).await;
    println!("a welcome takes {quiet:?}, and while {} messages left {busy:?}", sent());
    assert!(busy < quiet + Duration::from_secs(1), "{quiet:?} {busy:?}");
    world.ended(ACCOUNT, &id).await;
    assert!(world.simulator.requests().iter().all(|request| request.code != 429));
}

/// Executes a campaign with a limit below its audience, whose sender dies once; whether it did.
async fn spend_with_death(world: &World, account: &Account, reached: &[Reached], death: Death) -> bool {
    let (before, told_before) = (world.simulator.sends(), world.stars_told(reached));
    let campaign = paying(account, 0.4, &json!({})).await;
    world.faults.kill("broadcast-sender", death);
    let id = account.execute(&campaign, &json!({})).await;
    let is_still = async || {
        let status = world.execution(ACCOUNT, &id).await.status;
        let is_halted = status.is_over() || status == ExecutionStatus::Paused;
        (is_halted || world.faults.has_died("broadcast-sender")) && !world.system.cloud.is_working()
    };
    for _ in 0..600 {
        if is_still().await {
            break;
        }
        tokio::time::sleep(HURRY).await;
        if world.faults.has_died("broadcast-sender") {
            world.system.app.clock.advance_ms(500);
        }
    }
    let has_died = world.faults.revive("broadcast-sender");
    let is_paused = async || account.shown(&campaign).await["status"] == "paused";
    world.in_time("the limit is reached", is_paused).await;
    let times = world.sent_times_since(&before, reached);
    let sent = times.get(&1).copied().unwrap_or_default();
    assert!(times.keys().all(|times| *times <= 1) && sent <= 4, "{death:?}: {times:?}");
    let (taken, told) = (world.taken(&campaign).await, world.stars_told(reached) - told_before);
    assert!(taken <= 4 && told <= taken, "{death:?}: {taken} {told}");
    let outcomes = world.outcomes(ACCOUNT, &id).await;
    let count = |name| outcomes.get(name).copied().unwrap_or_default();
    assert!(count("delivered") + count("unknown") <= 4, "{death:?}: {outcomes:?}");
    account.v1("PUT", &format!("campaigns/{campaign}"), &json!({"status": "cancelled"})).await.success(200);
    has_died
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_dies_spends_no_star_above_the_limit() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 6).await;
    let mut deaths = 0;
    for calls in (0..).step_by(9) {
        let mut died = false;
        for lost_answer in [false, true] {
            died |= spend_with_death(&world, &account, &reached, Death { calls, lost_answer }).await;
        }
        if !died {
            break;
        }
        deaths += 1;
    }
    assert!(deaths >= 3, "{deaths}");
}

#[tokio::test]
async fn a_limit_that_is_none_is_refused_by_its_field() {
    let world = World::new().await;
    let account = world.account();
    for (paid, field) in [
        (json!(true), "strategy.paidBroadcast"),
        (json!({}), "strategy.paidBroadcast.starsLimit"),
        (json!({"starsLimit": 0}), "strategy.paidBroadcast.starsLimit"),
        (json!({"starsLimit": 1_000_001}), "strategy.paidBroadcast.starsLimit"),
        (json!({"starsLimit": 0.01}), "strategy.paidBroadcast.starsLimit"),
        (json!({"starsLimit": "5"}), "strategy.paidBroadcast.starsLimit"),
    ] {
        let body = json!({"name": "x", "type": "message", "strategy": {"paidBroadcast": paid}});
        let refused = account.v1("POST", "campaigns", &body).await;
        assert_eq!(refused.failure(), (400, "VALIDATION_ERROR".to_owned()), "{paid}");
        assert_eq!(refused.faulty_fields(), [field], "{paid}");
    }
}
