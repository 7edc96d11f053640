//! Telegram wants silence: who waits, for how long, and that nobody is greeted twice or never.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use shared::domain::gate::STEP_MS;
use shared::ids::UserId;
use shared::store::{WelcomeClaim, WelcomeLease};
use telegram_simulator::{Faults, RecordedRequest, Refusal};

use crate::world::{Scene, World, start_update};

/// How long after a refusal a request may come that was under way before; on a busy machine a second or two.
const IN_FLIGHT_MS: i64 = 3_000;

/// A person who may be written to, and an update in which they press Start.
async fn starter(world: &World, scene: &Scene) -> (i64, Value) {
    let anna = world.person("Anna");
    world.simulator.start_bot(anna, "mytrackbot", "").unwrap();
    world.settle().await;
    let now = world.system.app.clock.now();
    (anna, start_update(200_000_001, anna, now, &format!("{}-c1", scene.code)))
}

fn welcomes(world: &World, user: i64) -> usize {
    world.messages(user).iter().filter(|text| text.starts_with("Join ")).count()
}

#[tokio::test]
async fn a_welcome_that_telegram_refuses_for_now_waits_in_the_queue_and_is_sent_once() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (anna, update) = starter(&world, &scene).await;
    world.refuse_next("sendMessage", 429, Some(2));
    // The update comes again while the task waits, and once more when all is over.
    for _ in 0..3 {
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
        assert_eq!(welcomes(&world, anna), 0);
    }
    world.settle().await;
    assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    world.settle().await;
    assert_eq!(welcomes(&world, anna), 1);
    assert_eq!((world.events(), scene.counters().await), (vec!["wait".to_owned()], [1, 0, 0]));
}

#[tokio::test]
async fn a_task_that_is_queued_twice_greets_once() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (anna, update) = starter(&world, &scene).await;
    world.refuse_next("sendMessage", 429, Some(1));
    world.faults.lose_answer_to("sqs:SendMessage");
    assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    assert_eq!(world.system.cloud.queue_depth("WelcomeQueue").unwrap().total(), 2);
    world.settle().await;
    assert_eq!(welcomes(&world, anna), 1);
}

#[tokio::test]
async fn of_those_who_want_to_send_a_welcome_one_may_and_after_it_is_sent_nobody() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (anna, update) = starter(&world, &scene).await;
    world.refuse_next("sendMessage", 429, Some(70_000));
    assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    let (store, user) = (&world.system.app.store, UserId(anna));
    let clock = scene.lead(anna).await.unwrap().facts.first_start().unwrap().clock;
    let lease = |now_ms: i64| WelcomeLease { now_ms, until_ms: now_ms + 10, holder: 7 };
    let claim =
        async |now_ms: i64| store.claim_welcome(scene.campaign, user, clock, lease(now_ms)).await.unwrap();
    assert!(matches!(claim(100).await, WelcomeClaim::Granted(_)));
    assert_eq!(claim(109).await, WelcomeClaim::Leased { until_ms: 110 });
    assert!(matches!(claim(110).await, WelcomeClaim::Granted(_)));
    store.release_welcome(scene.campaign, user, clock, lease(100)).await.unwrap();
    assert_eq!(claim(111).await, WelcomeClaim::Leased { until_ms: 120 }, "another's lease stays");
    store.release_welcome(scene.campaign, user, clock, lease(110)).await.unwrap();
    assert!(matches!(claim(111).await, WelcomeClaim::Granted(_)));
    store.settle_welcome(scene.campaign, user, clock).await.unwrap();
    assert_eq!(claim(112).await, WelcomeClaim::Settled);
}

#[tokio::test]
async fn who_says_stop_or_blocks_the_bot_while_their_welcome_waits_is_not_welcomed() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (anna, bert, cleo) = (world.person("Anna"), world.person("Bert"), world.person("Cleo"));
    world.refuse_next("sendMessage", 429, Some(4));
    for user in [anna, bert, cleo] {
        scene.start(user, "c1");
        world.delivered().await;
    }
    world.simulator.send_text(anna, scene.bot.tg, "/stop").unwrap();
    world.simulator.block(bert, scene.bot.tg).unwrap();
    world.settle().await;
    assert_eq!([anna, bert, cleo].map(|user| welcomes(&world, user)), [0, 0, 1]);
    let vain = sends(&world).iter().filter(|request| request.code == 403).count();
    assert_eq!(vain, 0, "nothing is sent to the unreachable");
}

#[tokio::test]
async fn a_silence_of_hours_concerns_the_whole_bot_and_no_other() {
    let world = World::new().await;
    let scene = world.scene().await;
    let other = world.setting().bot("otherbot").set_up().await;
    let (anna, bert, cleo) = (world.person("Anna"), world.person("Bert"), world.person("Cleo"));
    world.refuse_next("sendMessage", 429, Some(70_000));
    scene.start(anna, "c1");
    world.delivered().await;
    scene.start(bert, "c2");
    other.start(cleo, "c3");
    world.delivered().await;
    assert_eq!([anna, bert, cleo].map(|user| welcomes(&world, user)), [0, 0, 1]);
    let asked = sends(&world).iter().filter(|request| request.bot == scene.bot.tg).count();
    assert_eq!(asked, 1, "the second start does not reach Telegram");
    let gate = world.system.app.store.gate(scene.bot_key()).await.unwrap();
    let left_s = (gate.closed_until_ms - world.system.app.clock.now_ms()) / 1_000;
    assert!((69_000..=70_000).contains(&left_s), "{left_s}");
    assert_eq!(
        gate.line_end_ms - gate.closed_until_ms,
        2 * STEP_MS,
        "both have their place, however far away"
    );
}

#[tokio::test]
async fn who_starts_during_a_silence_is_greeted_after_it_one_after_the_other() {
    let world = World::new().await;
    let scene = world.scene().await;
    // Long enough for all to arrive in it on a busy machine.
    world.refuse_next("sendMessage", 429, Some(8));
    scene.start(world.person("First"), "c");
    world.delivered().await;
    let users: Vec<_> = (0..75).map(|number| world.person(&format!("P{number}"))).collect();
    for user in &users {
        scene.start(*user, "c");
    }
    world.delivered().await;
    let gate = async || world.system.app.store.gate(scene.bot_key()).await.unwrap();
    let opening_ms = gate().await.closed_until_ms;
    assert_eq!(gate().await.line_end_ms, opening_ms + 76 * STEP_MS, "everybody has a turn");
    world.settle_within(Duration::from_secs(60)).await;
    assert!(users.iter().all(|user| welcomes(&world, *user) == 1));
    let sends = sends(&world);
    let (refused, sent) = sends.split_first().unwrap();
    assert_eq!(refused.code, 429);
    // However late a busy machine is with some, nobody goes before their turn.
    let too_early = sent.iter().zip(1..).filter(|(send, place)| send.at_ms < opening_ms + place * STEP_MS);
    assert_eq!(too_early.map(|(_, place)| place).collect::<Vec<_>>(), Vec::<i64>::new());
    // Those who were late together may be too many within a second, and have another turn.
    let again = sent.iter().filter(|request| request.code == 429).count();
    assert!(again <= 19 && sent.len() == 76 + again, "{again} of {}: the next flood", sent.len());
    let late_ms = sent[sent.len() - 1].at_ms - gate().await.last_turn_ms();
    assert!(late_ms < 10_000, "the last went {late_ms} ms after their turn");
}

#[tokio::test]
async fn in_a_burst_with_floods_everybody_is_greeted_once_and_nobody_early() {
    let world = World::new().await;
    let scene = world.scene().await;
    let users: Vec<_> = (0..60).map(|number| world.person(&format!("P{number}"))).collect();
    let refusal = Refusal { code: 429, retry_after: Some(4), share: 0.05, ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], duplicate_share: 0.2, ..Faults::default() });
    for (number, user) in users.iter().enumerate() {
        scene.start(*user, &format!("c{number}"));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.settle_within(Duration::from_secs(90)).await;
    let greeted: BTreeMap<_, _> = users.iter().map(|user| (*user, welcomes(&world, *user))).collect();
    assert!(greeted.values().all(|count| *count == 1), "{greeted:?}");
    let sends = sends(&world);
    assert!(sends.iter().any(|request| request.code == 429), "nothing was refused");
    assert_eq!(early(&sends), Vec::<i64>::new(), "milliseconds after a refusal");
    assert_eq!(scene.counters().await, [60, 0, 0]);
}

fn sends(world: &World) -> Vec<RecordedRequest> {
    world.simulator.requests().into_iter().filter(|request| request.method == "sendMessage").collect()
}

/// How long after a refusal each request came that came before the refusal was over, those in flight left out.
fn early(sends: &[RecordedRequest]) -> Vec<i64> {
    let silences = sends.iter().filter(|request| request.code == 429).map(|refused| {
        let words = refused.description.as_deref().unwrap_or_default();
        let seconds: i64 = words.rsplit(' ').next().unwrap().parse().unwrap();
        (refused.at_ms, seconds * 1_000)
    });
    let after = |(at_ms, silence_ms): (i64, i64)| {
        let since = sends.iter().map(move |request| request.at_ms - at_ms);
        since.filter(move |since_ms| (IN_FLIGHT_MS..silence_ms - 10).contains(since_ms))
    };
    silences.flat_map(after).collect()
}
