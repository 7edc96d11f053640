//! Functions that die while an execution is sent: nobody gets it twice, and everybody gets it who may.

use futures::future::join_all;
use local::faults::Death;
use serde_json::{Value, json};
use shared::domain::outreach::{BotPart, ExecutionStatus, Recipient};
use shared::ids::{AccountId, BotId, ExecutionId, OutreachCampaignId, UserId};
use shared::queue::PlanTask;
use shared::store::{Chunk, ChunkState, ExecutionChange, PlannedShard, ShardStep};
use telegram_simulator::Faults;

use super::planning::execute_unplanned;
use crate::world::{Account, HURRY, HURRY_MS, HURRY_STEPS, Reached, Sends, World};

const ACCOUNT: AccountId = AccountId(1);

/// So many worlds try deaths at the same time, each some of them.
const WORLDS: usize = 4;

impl World {
    /// Whether a function that is to die has died or has nothing to do any more, and no function runs.
    async fn is_dead_or_done(&self, binary: &str, id: &str) -> bool {
        let is_over = self.execution(ACCOUNT, id).await.status.is_over();
        let has_died = self.faults.has_died(binary);
        if has_died {
            // It waits for storage by the world's clock.
            self.system.app.clock.advance_ms(HURRY_MS);
        }
        (is_over || has_died) && !self.system.cloud.is_working()
    }

    /// Writes down that an execution is planned, and reaches these people.
    async fn planned_by_hand(&self, id: &str, reached: &[Reached]) -> ExecutionId {
        let (store, mut execution) = (&self.system.app.store, self.execution(ACCOUNT, id).await);
        let mut chunks = Vec::new();
        for (number, Reached { bot, people }) in (0..).zip(reached) {
            let recipient = |user: &i64| Recipient {
                user: UserId(*user),
                segment: None,
                variations: vec![0],
                reached: Vec::new(),
            };
            let (bot, count) = (BotId(bot.id), u64::try_from(people.len()).unwrap());
            let recipients = Recipient::spell_all(&people.iter().map(recipient).collect::<Vec<_>>());
            let (state, ledger) = (ChunkState::Pending, None);
            chunks.push(Chunk { bot, shard: 0, number, state, count, recipients, ledger });
            execution.bots.push(BotPart { bot, recipients: count, chunks: 1 });
        }
        let after = PlannedShard { step: 1, done: true, ..PlannedShard::default() };
        let step = ShardStep { shard: 0, after: &after, chunks: &chunks };
        assert!(store.write_shard_step(ACCOUNT, &execution.id, step).await.unwrap());
        execution.move_to(ExecutionStatus::Running, self.system.app.clock.now());
        let change = ExecutionChange::Planned(&execution);
        assert!(store.change_execution(ACCOUNT, change).await.unwrap());
        execution.id
    }

    /// With how many of these people it is noted that a campaign reached them.
    async fn reached_by(&self, reached: &[Reached], campaign: &str) -> usize {
        let campaign = OutreachCampaignId::parse(campaign).unwrap();
        let mut noted = 0;
        for user in reached.iter().flat_map(|reached| &reached.people) {
            let person = self.system.app.store.known_person(ACCOUNT, UserId(*user)).await.unwrap().unwrap();
            let is_noted = person.contacts.iter().any(|it| it.reached_by.contains_key(campaign.as_str()));
            noted += usize::from(is_noted);
        }
        noted
    }

    /// Executes a campaign whose sender dies once; whether it did.
    async fn send_with_death(&self, account: &Account, reached: &[Reached], death: Death) -> bool {
        let before: Sends = self.simulator.sends();
        let message = json!({"content": "Hello https://shop.example/"});
        let campaign = account.outreach_campaign(&json!({"messages": [message]})).await;
        self.faults.kill("broadcast-sender", death);
        let id = account.execute(&campaign, &json!({})).await;
        for _ in 0..HURRY_STEPS {
            if self.is_dead_or_done("broadcast-sender", &id).await {
                break;
            }
            tokio::time::sleep(HURRY).await;
        }
        let has_died = self.faults.revive("broadcast-sender");
        self.ended_in_time(ACCOUNT, &id).await;

        assert_eq!(self.execution(ACCOUNT, &id).await.status, ExecutionStatus::Completed, "{death:?}");
        let outcomes = self.outcomes(ACCOUNT, &id).await;
        let count = |name| outcomes.get(name).copied().unwrap_or_default();
        let people: usize = reached.iter().map(|reached| reached.people.len()).sum();
        assert_eq!(count("delivered") + count("unknown"), people, "{death:?}: {outcomes:?}");
        assert!(count("unknown") <= 10, "{death:?}: {outcomes:?}");
        let times = self.sent_times_since(&before, reached);
        assert!(times.keys().all(|times| *times <= 1), "{death:?}: {times:?}");
        let sent = times.get(&1).copied().unwrap_or_default();
        assert!(sent >= count("delivered"), "{death:?}: {times:?} {outcomes:?}");
        self.figures_agree(ACCOUNT, &campaign, &id).await;
        assert_eq!(
            self.reached_by(reached, &campaign).await,
            people,
            "{death:?}: the next execution leaves them out"
        );
        has_died
    }
}

/// Tries every `step`th death of a sender that sends to so many people, in some worlds at the same time; how often it died.
pub async fn die_at_calls(people: usize, step: usize) -> usize {
    let tried = (0..WORLDS).map(|number| async move {
        let world = World::hurrying().await;
        let account = world.account();
        let reached = world.reached(&account, 1, people).await;
        let (mut deaths, lost_answer) = (0, number % 2 == 1);
        for calls in (number / 2 * step..).step_by(WORLDS / 2 * step) {
            if !world.send_with_death(&account, &reached, Death { calls, lost_answer }).await {
                return deaths;
            }
            deaths += 1;
        }
        deaths
    });
    join_all(tried).await.into_iter().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_dies_at_any_call_repeats_and_loses_nobody() {
    let begun = std::time::Instant::now();
    let deaths = die_at_calls(3, 7).await;
    println!("{deaths} deaths of a sender in {:?}", begun.elapsed());
    assert!(deaths >= 6, "{deaths}");
}

#[tokio::test]
async fn a_planner_that_dies_while_lanes_are_woken_has_everybody_sent_to_once() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 2, 1).await;
    let mut deaths = 0;
    for death in (0..).flat_map(|calls| [false, true].map(|lost_answer| Death { calls, lost_answer })) {
        let before = world.simulator.sends();
        let campaign = account.outreach_campaign(&json!({})).await;
        let id = execute_unplanned(&world, &campaign).await;
        let execution = world.planned_by_hand(&id, &reached).await;
        let task = PlanTask::BeginV1 { account: ACCOUNT, execution };
        world.faults.kill("broadcast-planner", death);
        world.plan(&task).await;
        let died = world.faults.revive("broadcast-planner");
        world.plan(&task).await;
        world.ended_in_time(ACCOUNT, &id).await;
        assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 2)].into(), "{death:?}");
        assert_eq!(world.sent_times_since(&before, &reached), [(1, 2)].into(), "{death:?}");
        if !died && !death.lost_answer {
            break;
        }
        deaths += 1;
    }
    assert!(deaths >= 16, "{deaths}");
}

#[tokio::test]
async fn who_dies_while_a_campaign_is_paused_or_resumed_has_nobody_sent_to_twice() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 3).await;
    let mut deaths = 0;
    for death in (0..).flat_map(|calls| [false, true].map(|lost_answer| Death { calls, lost_answer })) {
        let before = world.simulator.sends();
        let campaign = account.outreach_campaign(&json!({})).await;
        let id = account.execute(&campaign, &json!({})).await;
        let mut died = [false; 2];
        for (place, (verb, status)) in [("pause", "paused"), ("resume", "active")].into_iter().enumerate() {
            let binary = format!("campaigns-{verb}");
            world.faults.kill(&binary, death);
            let path = format!("campaigns/{campaign}/{verb}");
            account.v1("POST", &path, &Value::Null).await;
            died[place] = world.faults.revive(&binary);
            if account.shown(&campaign).await["status"] != status {
                account.v1("POST", &path, &Value::Null).await;
            }
        }
        world.ended_in_time(ACCOUNT, &id).await;
        assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 3)].into(), "{death:?}");
        assert_eq!(world.sent_times_since(&before, &reached), [(1, 3)].into(), "{death:?}");
        if died == [false; 2] && !death.lost_answer {
            break;
        }
        deaths += 1;
    }
    assert!(deaths >= 4, "{deaths}");
}

#[tokio::test]
async fn a_request_that_telegram_carries_out_and_never_answers_is_not_made_again() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 40).await;
    let faults = Faults { seed: 3, time_out_share: 0.2, time_out_after_ms: 50, ..Faults::default() };
    world.simulator.set_faults(faults);
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.sent_times(&reached), [(1, 40)].into());
    let outcomes = world.outcomes(ACCOUNT, &id).await;
    let unknown = outcomes["unknown"];
    assert!(unknown > 0);
    assert_eq!(outcomes, [("delivered", 40 - unknown), ("unknown", unknown)].into());
    world.figures_agree(ACCOUNT, &campaign, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_ends_with_requests_on_their_way_repeats_nobody_when_it_is_back() {
    let world = World::hurrying_durable().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 60).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.until("some are sent to", async || world.sent_times(&reached).get(&1) > Some(&15)).await;
    world.simulator.set_faults(Faults { time_out_share: 1.0, ..Faults::default() });
    let hang = || world.simulator.requests().iter().filter(|request| request.code == 0).count();
    world.until("requests hang", async || hang() >= 3).await;
    let world = world.restart().await;
    let account = world.account();
    world.ended_in_time(ACCOUNT, &id).await;
    let outcomes = world.outcomes(ACCOUNT, &id).await;
    let unknown = outcomes["unknown"];
    assert!((3..=10).contains(&unknown), "{outcomes:?}");
    assert_eq!(outcomes, [("delivered", 60 - unknown), ("unknown", unknown)].into());
    let got: Vec<_> = reached[0].people.iter().map(|user| world.messages(*user).len()).collect();
    assert!(got.iter().all(|messages| *messages <= 1), "{got:?}");
    assert!(got.iter().sum::<usize>() >= 60 - unknown + 3, "{got:?}");
    world.figures_agree(ACCOUNT, &campaign, &id).await;
    assert_eq!(account.shown(&campaign).await["status"], "completed");
}
