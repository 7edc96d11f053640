//! Who is erased is taken out of executions, however far they are, and nobody else is.

use std::collections::BTreeSet;

use serde_json::json;
use shared::app::StepSize;
use shared::domain::erasure::ErasurePass;
use shared::domain::fact_clock::FactClock;
use shared::domain::outreach::{Execution, ExecutionStatus, Recipient};
use shared::domain::person::Person;
use shared::ids::{AccountId, BotId, BotKey, UserId};
use shared::queue::PlanTask;
use shared::store::{CONTACT_SHARDS, Chunk, ChunkState, PlannedShard, ShardStep, contact_shard};

use super::planning::execute_unplanned;
use crate::world::{FIRST_CONTACT, World};

const ACCOUNT: AccountId = AccountId(1);
const BOT: BotId = BotId(1);
const SHARD: u64 = 7;

/// Pages that end within a chunk.
const SMALL: StepSize = StepSize { rows: 7, chunks: 1, reads: 1_000 };

/// So many people of one shard whom a bot knows, in the order in which they are walked.
async fn crowd(world: &World, count: usize) -> Vec<UserId> {
    let ids = (FIRST_CONTACT..).map(UserId).filter(|user| contact_shard(*user) == SHARD);
    let users: Vec<_> = ids.take(count).collect();
    for user in &users {
        know(world, *user, 10).await;
    }
    users
}

async fn know(world: &World, user: UserId, date: i64) {
    let (bot, person) = (BotKey { account: ACCOUNT, bot: BOT }, Person { user, ..Person::default() });
    let clock = FactClock { date, update: 1 };
    world.system.app.store.record_contact(bot, &person, clock).await.unwrap();
}

async fn ask_for_erasure(world: &World, user: UserId) {
    let app = &world.system.app;
    app.store.begin_erasure(ACCOUNT, user, app.clock.now()).await.unwrap();
}

/// Carries out the first pass.
async fn erase(world: &World, user: UserId) {
    for _ in 0..20 {
        world.erase(ACCOUNT.0, user.0).await;
        let erasure = world.system.app.store.erasure(ACCOUNT, user).await.unwrap().unwrap();
        if erasure.pass == ErasurePass::Second {
            return;
        }
    }
    panic!("the first pass does not end");
}

/// Carries out the second pass, as if its time had come.
async fn erase_again(world: &World, user: UserId) {
    let store = &world.system.app.store;
    let mut erasure = store.erasure(ACCOUNT, user).await.unwrap().unwrap();
    erasure.begins = 0;
    assert!(store.save_erasure(ACCOUNT, &mut erasure).await.unwrap());
    for _ in 0..20 {
        if !world.erase(ACCOUNT.0, user.0).await {
            return;
        }
    }
    panic!("the second pass does not end");
}

/// An execution of everybody that nobody plans by themselves.
async fn unplanned(world: &World) -> Execution {
    let campaign = world.account().outreach_campaign(&json!({})).await;
    let id = execute_unplanned(world, &campaign).await;
    world.execution(ACCOUNT, &id).await
}

async fn shard(world: &World, execution: &Execution) -> PlannedShard {
    world.system.app.store.planned_shard(ACCOUNT, &execution.id, SHARD).await.unwrap()
}

/// Plans what is left, and answers the execution as it is then.
async fn plan_to_the_end(world: &World, execution: &Execution) -> Execution {
    let app = &world.system.app;
    for shard in 0..CONTACT_SHARDS {
        while app.plan_step(ACCOUNT, &execution.id, shard, SMALL).await.unwrap() {}
    }
    let last = PlanTask::ShardV1 { account: ACCOUNT, execution: execution.id.clone(), shard: 0 };
    assert!(!world.plan(&last).await);
    world.execution(ACCOUNT, execution.id.as_str()).await
}

async fn assert_erased_from_executions(world: &World, erased: &[UserId]) {
    for user in erased {
        let found = world.naming(&user.to_string()).await;
        let found: Vec<_> = found.iter().filter(|item| !item.contains("ERASE#")).collect();
        assert!(found.is_empty(), "{user}: {found:#?}");
    }
}

#[tokio::test]
async fn who_is_erased_in_the_middle_of_planning_is_named_nowhere_and_counts_stay() {
    let world = World::new().await;
    let users = crowd(&world, 130).await;
    let execution = unplanned(&world).await;
    assert!(world.system.app.plan_step(ACCOUNT, &execution.id, SHARD, SMALL).await.unwrap());
    let begun = shard(&world, &execution).await;
    let at = users.iter().position(|user| Some(*user) == begun.cursor).unwrap();
    assert!(at > 100 && !begun.done && begun.chunks == 1, "{begun:?}");
    // One in a chunk, one who waits for it to be full, the one that the walk is at, and one before the walk.
    let erased = [users[50], users[at - 1], users[at], users[120]];
    for user in erased {
        assert!(!world.naming(&user.to_string()).await.is_empty());
        ask_for_erasure(&world, user).await;
        erase(&world, user).await;
    }
    assert_erased_from_executions(&world, &erased).await;
    assert_eq!(shard(&world, &execution).await.cursor, Some(users[at - 2]), "whom the walk was at is there");

    let execution = plan_to_the_end(&world, &execution).await;
    assert_eq!((execution.status, execution.counts.reachable), (ExecutionStatus::Running, 129));
    let recipients = world.recipients(ACCOUNT, &execution).await;
    let (nobody, named): (Vec<_>, Vec<_>) = recipients.iter().partition(|(_, them)| them.is_nobody());
    assert_eq!((nobody.len(), named.len(), execution.recipients()), (3, 126, 129));
    let named: BTreeSet<_> = named.iter().map(|(_, them)| them.user).collect();
    let others: BTreeSet<_> = users.iter().copied().filter(|user| !erased.contains(user)).collect();
    assert_eq!(named, others, "everybody else once");
    for user in erased {
        erase_again(&world, user).await;
    }
    assert_eq!(world.recipients(ACCOUNT, &execution).await, recipients, "twice is the same as once");
}

#[tokio::test]
async fn a_walk_whose_first_person_is_erased_begins_anew_with_the_others() {
    let world = World::new().await;
    let users = crowd(&world, 2).await;
    let execution = unplanned(&world).await;
    let after = PlannedShard { step: 1, cursor: Some(users[0]), ..PlannedShard::default() };
    let step = ShardStep { shard: SHARD, after: &after, chunks: &[] };
    let store = &world.system.app.store;
    assert!(store.write_shard_step(ACCOUNT, &execution.id, step).await.unwrap());
    ask_for_erasure(&world, users[0]).await;
    erase(&world, users[0]).await;
    let left = shard(&world, &execution).await;
    assert_eq!((left.cursor, left.step), (None, 2));
    let execution = plan_to_the_end(&world, &execution).await;
    let recipients = world.recipients(ACCOUNT, &execution).await;
    assert_eq!(recipients.iter().map(|(_, them)| them.user).collect::<Vec<_>>(), users[1..]);
}

#[tokio::test]
async fn a_planner_at_the_same_time_neither_fails_nor_brings_anybody_back() {
    let world = World::new().await;
    let (app, users) = (&world.system.app, crowd(&world, 240).await);
    let execution = unplanned(&world).await;
    let erased: Vec<_> = users.iter().copied().step_by(40).collect();
    let plan = async {
        let mut steps = 0;
        while app.plan_step(ACCOUNT, &execution.id, SHARD, SMALL).await.unwrap() {
            steps += 1;
        }
        steps
    };
    let erase_them = async {
        for user in &erased {
            ask_for_erasure(&world, *user).await;
            erase(&world, *user).await;
        }
    };
    let (steps, ()) = tokio::join!(plan, erase_them);
    assert!(steps >= 3, "{steps}");
    let execution = plan_to_the_end(&world, &execution).await;
    for user in &erased {
        erase_again(&world, *user).await;
    }
    assert_erased_from_executions(&world, &erased).await;
    let recipients = world.recipients(ACCOUNT, &execution).await;
    let named: Vec<_> =
        recipients.iter().filter(|(_, them)| !them.is_nobody()).map(|(_, them)| them.user).collect();
    let others: BTreeSet<_> = users.iter().copied().filter(|user| !erased.contains(user)).collect();
    assert_eq!((named.len(), named.into_iter().collect::<BTreeSet<_>>()), (others.len(), others));
    assert_eq!(u64::try_from(recipients.len()).unwrap(), execution.counts.reachable);
}

#[tokio::test]
async fn a_step_that_was_made_before_an_erasure_is_not_written_on_it() {
    let world = World::new().await;
    let store = &world.system.app.store;
    crowd(&world, 130).await;
    let execution = unplanned(&world).await;
    assert!(world.system.app.plan_step(ACCOUNT, &execution.id, SHARD, SMALL).await.unwrap());
    let read = shard(&world, &execution).await;
    let waiting = Recipient::read_all(&read.rest[0].recipients).unwrap()[0].user;
    ask_for_erasure(&world, waiting).await;
    erase(&world, waiting).await;
    let stale = PlannedShard { step: read.step + 1, ..read };
    let step = ShardStep { shard: SHARD, after: &stale, chunks: &[] };
    assert!(!store.write_shard_step(ACCOUNT, &execution.id, step).await.unwrap());
    assert_erased_from_executions(&world, &[waiting]).await;
}

#[tokio::test]
async fn what_a_planner_writes_after_the_first_pass_is_erased_by_the_second() {
    let world = World::new().await;
    let (store, users) = (&world.system.app.store, crowd(&world, 3).await);
    let execution = unplanned(&world).await;
    ask_for_erasure(&world, users[1]).await;
    erase(&world, users[1]).await;
    // A step that had read its page before.
    let recipient =
        |user: &UserId| Recipient { user: *user, segment: None, variations: vec![0], reached: Vec::new() };
    let recipients: Vec<_> = users.iter().map(recipient).collect();
    let chunk = Chunk {
        bot: BOT,
        shard: SHARD,
        number: 0,
        state: ChunkState::Pending,
        count: 3,
        recipients: Recipient::spell_all(&recipients),
        ledger: None,
    };
    let part = shared::domain::outreach::BotPart { bot: BOT, recipients: 3, chunks: 1 };
    let after = PlannedShard { step: 1, done: true, chunks: 1, bots: vec![part], ..PlannedShard::default() };
    let step = ShardStep { shard: SHARD, after: &after, chunks: &[chunk] };
    assert!(store.write_shard_step(ACCOUNT, &execution.id, step).await.unwrap());
    erase_again(&world, users[1]).await;
    assert_erased_from_executions(&world, &[users[1]]).await;
    let left = store.chunks(ACCOUNT, &execution.id, BOT).await.unwrap();
    let left: Vec<_> = Recipient::read_all(&left[0].recipients).unwrap();
    assert_eq!(left.iter().map(|them| them.user).collect::<Vec<_>>(), [users[0], UserId(0), users[2]]);
}

#[tokio::test]
async fn who_comes_back_stays_in_what_is_executed_then() {
    let (world, clock) = World::ahead().await;
    let users = crowd(&world, 2).await;
    let before = plan_to_the_end(&world, &unplanned(&world).await).await;
    ask_for_erasure(&world, users[0]).await;
    erase(&world, users[0]).await;
    clock.advance_ms(10_000);
    let bot = BotKey { account: ACCOUNT, bot: BOT };
    let person = Person { user: users[0], ..Person::default() };
    let start = FactClock { date: clock.now(), update: 1 };
    world.system.app.store.record_contact(bot, &person, start).await.unwrap();
    let after = plan_to_the_end(&world, &unplanned(&world).await).await;
    erase_again(&world, users[0]).await;
    let named = async |execution| {
        let recipients = world.recipients(ACCOUNT, execution).await;
        recipients.iter().any(|(_, them)| them.user == users[0])
    };
    assert_eq!((named(&before).await, named(&after).await), (false, true));
}

#[tokio::test]
async fn who_is_erased_is_no_tester_any_more_of_the_account_or_of_a_test() {
    let world = World::new().await;
    let (account, store, users) = (world.account(), &world.system.app.store, crowd(&world, 2).await);
    // Whom no bot knows may be a tester too.
    let stranger = UserId(1_234_567);
    let testers = [users[1], stranger, users[0]].map(|user| user.to_string());
    account.v1("PUT", "testers", &json!({"testers": testers})).await.success(200);
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({"testMode": true})).await;
    world.settle().await;
    for user in [users[0], stranger] {
        account.v1("DELETE", &format!("subscribers/{user}"), &json!(null)).await.success(202);
        world.quiet().await;
    }
    assert_erased_from_executions(&world, &[users[0], stranger]).await;
    let execution = world.execution(ACCOUNT, &id).await;
    let plan = store.execution_plan(ACCOUNT, &execution.id).await.unwrap().unwrap();
    assert_eq!((plan.testers, store.testers(ACCOUNT).await.unwrap()), (Some(vec![users[1]]), vec![users[1]]));
    let recipients = world.recipients(ACCOUNT, &execution).await;
    assert_eq!(recipients.iter().filter(|(_, them)| them.is_nobody()).count(), 1);
}
