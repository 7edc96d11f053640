//! The worst days: Telegram wants silence again and again, and storage is away for nearly a day.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::clock::Clock;
use shared::domain::journal::JournalAction;
use shared::domain::lead_event::LeadStatus;
use shared::ids::UserId;
use shared::store::Contact;
use telegram_simulator::{Faults, RecordedRequest, Refusal};

use crate::world::{Scene, World};

/// A thousand take some minutes, because those in line come by in each silence.
const STARTERS: usize = if cfg!(feature = "many") { 1_000 } else { 120 };

/// The silence that Telegram wants, in seconds.
const SILENCE_S: i64 = 30;

/// How long after a refusal a request may come that was under way before, in milliseconds: a few hundred, and more
/// where other tests keep the machine busy.
const UNDER_WAY_MS: i64 = 10_000;

/// How many starts come within a tenth of a second.
const STARTS_A_TENTH: usize = 10;

fn sends(world: &World) -> Vec<RecordedRequest> {
    world.simulator.requests().into_iter().filter(|request| request.method == "sendMessage").collect()
}

/// Lets the time pass until everybody was written to. Time in which nothing happens takes none.
async fn until_all_are_greeted(world: &World, scene: &Scene, clock: &Clock) {
    let mut still = 0;
    for _ in 0..50_000 {
        let cloud = &world.system.cloud;
        if world.simulator.pending_updates() == 0 && cloud.is_idle() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(4)).await;
        let is_still = cloud.queue_depth("WelcomeQueue").unwrap().visible == 0 && !cloud.is_working();
        still = if is_still { still + 1 } else { 0 };
        if still >= 2 {
            let gate = world.system.app.store.gate(scene.bot_key()).await.unwrap();
            clock.advance_ms(match gate.closed_until_ms - clock.now_ms() {
                // Those in line come by during the silence, and line up again.
                left_ms if left_ms > 3_000 => 2_000,
                left_ms if left_ms > 0 => left_ms.min(1_000),
                _ => 250,
            });
            still = 0;
        }
    }
    panic!("{} sends, and not everybody is greeted", sends(world).len());
}

#[tokio::test]
async fn with_floods_at_100_starts_a_second_everybody_is_greeted_once_and_nobody_early() {
    // Behind the machine's by more than it is put forward.
    let clock = Clock::shifted(-10 * 3_600_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.setting().without_templates().set_up().await;
    let users: Vec<_> = (0..STARTERS).map(|number| world.person(&format!("P{number}"))).collect();
    let refusal = Refusal { code: 429, retry_after: Some(SILENCE_S), share: 0.05, ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    for users in users.chunks(STARTS_A_TENTH) {
        users.iter().for_each(|user| scene.start(*user, "c"));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    until_all_are_greeted(&world, &scene, &clock).await;

    let greeted: BTreeMap<usize, usize> =
        users.iter().map(|user| world.messages(*user).len()).fold(BTreeMap::new(), |mut counts, count| {
            *counts.entry(count).or_default() += 1;
            counts
        });
    assert_eq!(greeted, BTreeMap::from([(1, STARTERS)]), "people by the welcomes they got");
    assert_eq!(scene.counters().await, [i64::try_from(STARTERS).unwrap(), 0, 0]);
    let sends = sends(&world);
    let silences = silences(&sends);
    let early: Vec<_> = silences.iter().filter(|silence| silence.next_ms < silence.ends_ms).collect();
    assert!(early.is_empty(), "{early:?}");
    let long = silences.iter().filter(|silence| silence.ends_ms >= SILENCE_S * 900).count();
    let refused = sends.iter().filter(|request| request.code == 429).count();
    let told = format!("{} sends, {refused} refused, {} silences", sends.len(), silences.len());
    assert!(long >= STARTERS / 50, "{long} silences of {SILENCE_S} s in {told}");
}

/// A time in which Telegram wanted nothing, by milliseconds since it began.
#[derive(Debug)]
struct Silence {
    ends_ms: i64,
    /// When the first request came that was not under way when it began; after everything if none came.
    next_ms: i64,
}

/// Every refusal begins a silence, or falls into one.
fn silences(sends: &[RecordedRequest]) -> Vec<Silence> {
    let mut silences: Vec<Silence> = Vec::new();
    let mut until_ms = 0;
    for refused in sends.iter().filter(|request| request.code == 429) {
        let words = refused.description.as_deref().unwrap_or_default();
        let seconds: i64 = words.rsplit(' ').next().unwrap().parse().unwrap();
        if refused.at_ms < until_ms {
            continue;
        }
        let ends_ms = seconds * 1_000;
        until_ms = refused.at_ms + ends_ms;
        let since = sends.iter().map(|request| request.at_ms - refused.at_ms);
        let next_ms = since.filter(|since_ms| *since_ms > UNDER_WAY_MS).min().unwrap_or(i64::MAX);
        silences.push(Silence { ends_ms: ends_ms - 10, next_ms });
    }
    silences
}

/// How long storage is away, in hours.
const OUTAGE_HOURS: usize = 23;

const HOUR_MS: i64 = 3_600_000;

/// Those who do something in one hour.
struct Hour {
    /// Starts, and joins.
    joiner: i64,
    /// Joined before, and leaves.
    leaver: i64,
    /// Starts, and asks to join where one is let in.
    asker: i64,
    /// Asks without ever having started.
    stranger: i64,
    /// Started before, and wants no messages.
    stopper: i64,
    /// Started before, and blocks the bot.
    blocker: i64,
}

async fn contact(world: &World, scene: &Scene, user: i64) -> Contact {
    world.system.app.store.contact(scene.bot_key(), UserId(user)).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_day_without_storage_loses_nothing_and_tells_nothing_twice() {
    let clock = Clock::shifted(-26 * HOUR_MS);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    let closed = world.setting().bot("closedbot").closed().set("auto_approve", 0).set_up().await;
    let hours: Vec<_> = (0..OUTAGE_HOURS)
        .map(|_| Hour {
            joiner: world.person("Joiner"),
            leaver: world.person("Leaver"),
            asker: world.person("Asker"),
            stranger: world.person("Stranger"),
            stopper: world.person("Stopper"),
            blocker: world.person("Blocker"),
        })
        .collect();
    for Hour { leaver, stopper, blocker, .. } in &hours {
        [leaver, stopper, blocker].into_iter().for_each(|user| scene.start(*user, &format!("c{user}")));
        scene.join(*leaver);
        // Within what the bot may send in a second.
        tokio::time::sleep(Duration::from_millis(110)).await;
    }
    world.settle().await;
    // What is under way when storage goes is not lost either.
    let caught = world.person("Caught");
    scene.start(caught, &format!("c{caught}"));
    world.delivered().await;

    world.faults.go_down();
    for hour in &hours {
        scene.start(hour.joiner, &format!("c{}", hour.joiner));
        scene.join(hour.joiner);
        scene.leave(hour.leaver);
        closed.start(hour.asker, &format!("c{}", hour.asker));
        for user in [hour.asker, hour.stranger] {
            world.simulator.request_to_join(user, closed.chat).unwrap();
        }
        world.simulator.send_text(hour.stopper, scene.bot.tg, "/stop").unwrap();
        world.simulator.block(hour.blocker, scene.bot.tg).unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        clock.advance_ms(HOUR_MS);
        for bot in [&scene.bot, &closed.bot] {
            let error = world.webhook_of(bot).await["last_error_message"].clone();
            assert_eq!(error, "Wrong response from the webhook: 503 Service Unavailable");
        }
    }
    assert_eq!(world.simulator.pending_updates(), OUTAGE_HOURS * 8, "Telegram keeps them all");
    world.faults.come_back();
    world.settle_within(Duration::from_secs(60)).await;

    let greeted = |user| world.messages(user).iter().filter(|text| text.starts_with("Join ")).count();
    for hour in &hours {
        let counts =
            [hour.joiner, hour.leaver, hour.asker, hour.stranger, hour.stopper, hour.blocker].map(greeted);
        assert_eq!(counts, [1, 1, 1, 0, 1, 1], "the stranger may not be written to any more");
        assert_eq!(scene.status(hour.joiner).await, Some(LeadStatus::Approve));
        assert_eq!(scene.status(hour.leaver).await, Some(LeadStatus::Cancel));
        assert_eq!(closed.status(hour.asker).await, Some(LeadStatus::Approve));
        let (stopper, blocker) =
            (contact(&world, &scene, hour.stopper).await, contact(&world, &scene, hour.blocker).await);
        assert!(stopper.is_reachable() && !stopper.is_subscribed());
        assert!(!blocker.is_reachable());
    }
    assert_eq!(greeted(caught), 1);
    let hours = i64::try_from(OUTAGE_HOURS).unwrap();
    assert_eq!(scene.counters().await, [4 * hours + 1, 2 * hours, hours]);
    assert_eq!(closed.counters().await, [hours, hours, 0]);
    let joins = closed.actions().await.into_iter().filter(|(action, _)| *action == JournalAction::Join);
    assert_eq!(joins.count(), 2 * OUTAGE_HOURS, "strangers are let in as well");
    let told = world.told();
    let mut once = told.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), told.len(), "no postback came twice");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    told.iter().for_each(|(event, _)| *counts.entry(event).or_default() += 1);
    let of = |times: usize| times * OUTAGE_HOURS;
    let expected = [("approve", of(3)), ("cancel", of(1)), ("hold", of(1)), ("wait", of(5) + 1)];
    assert_eq!(counts, BTreeMap::from(expected));
    for bot in [&scene.bot, &closed.bot] {
        assert!(world.webhook_of(bot).await["url"].is_string(), "the webhook stands");
    }
}
