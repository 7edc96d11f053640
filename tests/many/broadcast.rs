//! An execution at its full rate, and one of very many recipients on a bad day.

use std::time::{Duration, Instant};

use serde_json::json;
use shared::clock::Clock;
use shared::domain::outreach::ExecutionStatus;
use shared::ids::AccountId;
use telegram_simulator::{Faults, RecordedRequest, Refusal};

use crate::outreach::lanes_killed::die_at_calls;
use crate::outreach::triggers::die_while_people_join;
use crate::world::{Reached, World};

const ACCOUNT: AccountId = AccountId(1);

/// How many bots share the recipients.
const BOTS: usize = 4;

/// What a lane may send in a second.
const PER_SECOND: f64 = 25.0;

/// How many people the long run reaches; an unoptimised build takes fewer.
const RECIPIENTS: usize = if cfg!(debug_assertions) { 4_000 } else { 100_000 };

/// How much faster than the machine's time the time of the long run passes.
const SPEED: i64 = if cfg!(debug_assertions) { 3 } else { 2 };

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
        let used = used_allowance(&requests, reached);
        assert!(used >= 0.97, "{used}");
    }
}

/// Which share of what it might send a bot did send, while Telegram had it wait for nothing: a refusal has it wait for a
/// second.
#[expect(clippy::print_stdout, reason = "the figures are for whoever asked for them")]
fn used_allowance(requests: &[RecordedRequest], reached: &Reached) -> f64 {
    let is_its =
        |request: &&RecordedRequest| request.bot == reached.bot.tg && request.method == "sendMessage";
    let (mut sends, mut moments_ms) = (0_u32, Vec::new());
    let (mut waits_ms, mut waits_until_ms) = (0, i64::MIN);
    for request in requests.iter().filter(is_its) {
        moments_ms.push(request.at_ms);
        if request.code == 429 {
            waits_ms += request.at_ms + 1_000 - waits_until_ms.max(request.at_ms);
            waits_until_ms = waits_until_ms.max(request.at_ms + 1_000);
        } else {
            sends += 1;
        }
    }
    let span_ms = moments_ms.iter().max().unwrap() - moments_ms.iter().min().unwrap();
    let seconds = |ms: i64| Duration::from_millis(ms.unsigned_abs()).as_secs_f64();
    let used = f64::from(sends) / (seconds(span_ms - waits_ms) * PER_SECOND);
    let (all, waits) = (seconds(span_ms), seconds(waits_ms));
    println!(
        "{sends} messages in {all:.1} s, {waits:.1} s of them held back: {:.1} % of the allowance",
        used * 100.0
    );
    used
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
    let requests = world.simulator.requests();
    for reached in &reached {
        let used = used_allowance(&requests, reached);
        assert!(cfg!(debug_assertions) || used >= 0.97, "{used}");
    }
    let sends = || requests.iter().filter(|request| request.method == "sendMessage");
    let refused = sends().filter(|request| request.code == 429).count();
    println!("{refused} of {} sends were refused for a flood", sends().count());
    // Two in a hundred, and who left before that was known: not the others of each group of ten.
    assert!(refused * 20 < sends().count(), "{refused}");

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
