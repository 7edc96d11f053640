//! An execution at its full rate, and one of very many recipients on a bad day.

use std::time::{Duration, Instant};

use serde_json::json;
use shared::clock::Clock;
use shared::domain::outreach::ExecutionStatus;
use shared::ids::AccountId;
use telegram_simulator::{Faults, Refusal};

use crate::outreach::lanes_killed::die_at_calls;
use crate::outreach::triggers::die_while_people_join;
use crate::world::World;

const ACCOUNT: AccountId = AccountId(1);

/// How many bots share the recipients.
const BOTS: usize = 4;

/// What a lane may send in a second.
const PER_SECOND: f64 = 25.0;

/// How many people the long run reaches; an unoptimised build takes fewer.
const RECIPIENTS: usize = if cfg!(debug_assertions) { 4_000 } else { 100_000 };

/// How much faster than the machine's time the time of the long run passes.
const SPEED: i64 = if cfg!(debug_assertions) { 3 } else { 10 };

/// By how many per cent the share of a variation may differ from its weight.
const OFF_PER_CENT: f64 = if cfg!(debug_assertions) { 3.0 } else { 1.0 };

#[tokio::test(flavor = "multi_thread")]
async fn three_thousand_are_sent_to_at_the_rate_that_is_allowed() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, BOTS, 3_000 / BOTS).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 3_000)].into());
    assert_eq!(world.sent_times(&reached), [(1, 3_000)].into());
    world.figures_agree(ACCOUNT, &campaign, &id).await;
    let requests = world.simulator.requests();
    assert!(requests.iter().all(|request| request.code != 429), "no limit is violated");
    for reached in &reached {
        let is_its = |bot: i64, method: &str| bot == reached.bot.tg && method == "sendMessage";
        let sends = requests.iter().filter(|request| is_its(request.bot, &request.method));
        let moments_ms: Vec<_> = sends.map(|request| request.at_ms).collect();
        let (first_ms, last_ms) = (moments_ms.iter().min().unwrap(), moments_ms.iter().max().unwrap());
        let seconds = Duration::from_millis((last_ms - first_ms).unsigned_abs()).as_secs_f64();
        let sends = f64::from(u32::try_from(moments_ms.len()).unwrap());
        let used = sends / (seconds * PER_SECOND);
        println!("{sends} messages in {seconds:.1} s: {:.1} % of the allowance", used * 100.0);
        assert!(used >= 0.97, "{used}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_bad_day_everybody_has_one_outcome_and_nobody_two_messages() {
    let world = World::with(|options| options.clock = Clock::shifted(60_000)).await;
    let account = world.account();
    let reached = world.reached(&account, BOTS, RECIPIENTS / BOTS).await;
    let refusals = [(429, 0.02, Some(1)), (403, 0.05, None)].map(|(code, share, retry_after)| Refusal {
        code,
        share,
        retry_after,
        ..Refusal::default()
    });
    let faults = Faults { seed: 7, refuse: refusals.into(), ..Faults::default() };
    let faults = Faults { time_out_share: 0.01, time_out_after_ms: 100, ..faults };
    world.simulator.set_faults(faults);
    let variations = json!([{"content": "One", "weight": 30}, {"content": "Two", "weight": 20}]);
    let messages = json!([{"content": "Base", "variations": variations}]);
    let campaign = account.outreach_campaign(&json!({"messages": messages})).await;
    let (begun, began) = (Instant::now(), world.system.app.clock.now());
    let id = account.execute(&campaign, &json!({})).await;
    let clock = world.system.app.clock.clone();
    let passing = tokio::spawn(async move {
        let mut last_ms = Clock::System.now_ms();
        loop {
            tokio::time::sleep(Duration::from_millis(2)).await;
            let now_ms = Clock::System.now_ms();
            clock.advance_ms((now_ms - last_ms) * (SPEED - 1));
            last_ms = now_ms;
        }
    });
    while !world.execution(ACCOUNT, &id).await.status.is_over() {
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(begun.elapsed() < Duration::from_secs(3_600), "{}", account.progress(&campaign).await);
    }
    passing.abort();
    let passed = world.system.app.clock.now() - began;
    let outcomes = world.outcomes(ACCOUNT, &id).await;
    println!(
        "{RECIPIENTS} recipients: {outcomes:?} in {passed} s, by the machine's time {:?}",
        begun.elapsed()
    );
    let execution = world.execution(ACCOUNT, &id).await;
    assert_eq!(execution.status, ExecutionStatus::Completed);
    assert!(
        outcomes.keys().all(|name| ["delivered", "USER_BLOCKED", "unknown"].contains(name)),
        "{outcomes:?}"
    );
    assert_eq!(outcomes.values().sum::<usize>(), RECIPIENTS);
    let times = world.sent_times(&reached);
    assert!(times.keys().all(|times| *times <= 1), "{times:?}");
    assert_eq!(times[&1], outcomes["delivered"] + outcomes["unknown"]);
    world.figures_agree(ACCOUNT, &campaign, &id).await;

    let recipients = world.recipients(ACCOUNT, &execution).await;
    let texts = ["Base", "One", "Two"];
    let mut counts = [0_u32; 3];
    for (number, (_, recipient)) in recipients.iter().enumerate() {
        counts[recipient.variations[0]] += 1;
        if number % 97 == 0 {
            let got = world.messages(recipient.user.0);
            assert!(got.iter().all(|text| text == texts[recipient.variations[0]]), "{got:?}");
        }
    }
    let all = f64::from(counts.iter().sum::<u32>());
    for (count, weight) in counts.into_iter().zip([50.0, 30.0, 20.0]) {
        let share = f64::from(count) / all * 100.0;
        println!("{weight} % of weight got {share:.2} %");
        assert!((share - weight).abs() <= OFF_PER_CENT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_dies_at_each_call_repeats_and_loses_nobody() {
    let deaths = die_at_calls(12, 1).await;
    println!("{deaths} deaths");
    assert!(deaths >= 80, "{deaths}");
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_that_die_at_each_call_on_the_way_of_a_trigger_lose_and_repeat_nobody() {
    for (binary, least) in [("lead-stream", 22), ("broadcast-planner", 18), ("broadcast-sender", 22)] {
        let deaths = die_while_people_join(binary, 1).await;
        println!("{deaths} deaths of {binary}");
        assert!(deaths >= least, "{binary}: {deaths}");
    }
}
