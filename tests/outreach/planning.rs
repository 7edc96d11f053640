//! Whom an execution reaches, however its planning goes.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use futures::{StreamExt, stream};
use local::faults::Death;
use serde_json::{Value, json};
use shared::app::StepSize;
use shared::domain::outreach::{AudienceCount, Exclusion, ExecutionStatus, Holding, PersonChange, Segment};
use shared::domain::person::Person;
use shared::ids::{AccountId, BotId, BotKey, SegmentId, UserId};
use shared::queue::PlanTask;
use shared::store::{
    CONTACT_SHARDS, HeldWrite, HoldingChange, PlannedShard, Reach, ShardStep, contact_shard,
};

use crate::world::{FIRST_CONTACT, World};

const ACCOUNT: AccountId = AccountId(1);

/// Executes a campaign, and keeps it from the planner.
pub async fn execute_unplanned(world: &World, campaign: &str) -> String {
    world.faults.refuse(&["sqs:SendMessage"]);
    let id = world.account().execute(campaign, &json!({})).await;
    world.faults.refuse(&[]);
    id
}

/// Keeps a segment of those with an attribute that is at least so much.
async fn segment(world: &World, id: &str, attribute: &str, least: i64) {
    let document = json!({"name": id, "rules": [
        {"field": format!("attributes.{attribute}"), "op": "gte", "value": least}]});
    let segment = Segment {
        id: SegmentId::parse(id).unwrap(),
        document: document.as_object().unwrap().clone(),
        version: 1,
        created: 1,
        updated: 1,
    };
    let held = HoldingChange::made(Holding::Segments, 0);
    world.system.app.store.create_segment(ACCOUNT, &segment, held).await.unwrap();
}

#[tokio::test]
async fn everybody_is_in_one_chunk_of_one_bot_and_counted_exactly() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 3, 0..300).await;
    // Who knows two bots is reached by the one they last spoke to.
    let clock = shared::domain::fact_clock::FactClock { date: 20, update: 2 };
    let (both, blocked) = (UserId(FIRST_CONTACT), UserId(FIRST_CONTACT + 1));
    let bot = |bot| BotKey { account: ACCOUNT, bot: BotId(bot) };
    let person = |user| Person { user, ..Person::default() };
    let store = &world.system.app.store;
    store.record_contact(bot(9), &person(both), clock).await.unwrap();
    store.record_reach(bot(2), &person(blocked), Reach::Blocked, clock).await.unwrap();
    let campaign = account
        .outreach_campaign(&json!({"messages": [{"content": "Hello",
        "variations": [{"content": "Hi", "weight": 50}]}]}))
        .await;
    let id = account.execute(&campaign, &json!({})).await;
    world.settle().await;

    let execution = world.execution(ACCOUNT, &id).await;
    assert_eq!(execution.status, ExecutionStatus::Running);
    let excluded = [(Exclusion::Unreachable, 1)].into();
    assert_eq!(execution.counts, AudienceCount { matched: 300, reachable: 299, excluded });
    assert_eq!((execution.recipients(), execution.bots.len()), (299, 4));
    let recipients = world.recipients(ACCOUNT, &execution).await;
    let bot_of: BTreeMap<_, _> = recipients.iter().map(|(bot, them)| (them.user, *bot)).collect();
    assert_eq!((recipients.len(), bot_of.len()), (299, 299), "nobody twice");
    assert_eq!((bot_of.get(&both), bot_of.get(&blocked)), (Some(&BotId(9)), None));
    let varied = recipients.iter().filter(|(_, them)| them.variations == [1]).count();
    assert!((100..200).contains(&varied), "{varied}");
    let campaign = account.shown(&campaign).await;
    assert_eq!((&campaign["status"], &campaign["version"]), (&json!("active"), &json!(2)));
}

#[tokio::test]
async fn segments_that_overlap_and_are_edited_midway_plan_as_they_were() {
    let world = World::new().await;
    let (account, app) = (world.account(), &world.system.app);
    world.contacts(ACCOUNT, 2, 0..90).await;
    for number in 0..60 {
        let attributes = [("number".to_owned(), Some(json!(number)))].into();
        let change = PersonChange { attributes, ..PersonChange::default() };
        app.set_person(ACCOUNT, UserId(FIRST_CONTACT + number), change).await.unwrap();
    }
    segment(&world, "segold", "number", 40).await;
    segment(&world, "segall", "number", 20).await;
    let audience = json!({"targetAudience": {"segments": ["segold", "segall"]}});
    let campaign = account.outreach_campaign(&audience).await;
    let id = execute_unplanned(&world, &campaign).await;
    let same = HoldingChange::changed(Holding::Segments, 0, 0);
    let old = app.store.segment(ACCOUNT, &SegmentId::of("old")).await.unwrap().unwrap();
    assert_eq!(app.store.delete_segment(ACCOUNT, &old, same).await.unwrap(), HeldWrite::Written);
    let mut all = app.store.segment(ACCOUNT, &SegmentId::of("all")).await.unwrap().unwrap();
    (all.version, all.document) = (
        2,
        json!({"name": "Nobody", "match": "all", "rules": [
        {"field": "premium", "op": "eq", "value": true}]})
        .as_object()
        .unwrap()
        .clone(),
    );
    assert_eq!(app.store.change_segment(ACCOUNT, &all, same).await.unwrap(), HeldWrite::Written);
    let execution = world.execution(ACCOUNT, &id).await;
    assert!(!world.plan(&PlanTask::BeginV1 { account: ACCOUNT, execution: execution.id }).await);
    world
        .until("it is planned", async || {
            world.execution(ACCOUNT, &id).await.status == ExecutionStatus::Running
        })
        .await;
    let execution = world.execution(ACCOUNT, &id).await;
    let recipients = world.recipients(ACCOUNT, &execution).await;
    let in_segment = |place| recipients.iter().filter(|(_, them)| them.segment == Some(place)).count();
    assert_eq!((recipients.len(), in_segment(0), in_segment(1)), (40, 20, 20));
    assert_eq!(execution.counts.excluded, [(Exclusion::AttributeMissing, 30)].into());
}

#[tokio::test]
async fn who_plans_at_the_same_time_while_people_come_doubles_and_loses_nobody() {
    let world = World::new().await;
    let (account, app) = (world.account(), &world.system.app);
    world.contacts(ACCOUNT, 2, 0..400).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = execute_unplanned(&world, &campaign).await;
    let execution = world.execution(ACCOUNT, &id).await;
    let size = StepSize { rows: 2, chunks: 1, reads: 3 };
    let planner = |shard| {
        let id = &execution.id;
        // What meets others on the same items may fail, and comes again.
        async move { while app.plan_step(ACCOUNT, id, shard, size).await.unwrap_or(true) {} }
    };
    let planners = (0..CONTACT_SHARDS).flat_map(|shard| [shard, shard, shard]).map(planner);
    let planned = stream::iter(planners).buffer_unordered(24).collect::<Vec<_>>();
    tokio::join!(planned, world.contacts(ACCOUNT, 2, 400..460));
    let last = PlanTask::ShardV1 { account: ACCOUNT, execution: execution.id.clone(), shard: 0 };
    join_all((0..3).map(|_| world.plan(&last))).await;
    let execution = world.execution(ACCOUNT, &id).await;
    assert_eq!(execution.status, ExecutionStatus::Running);
    let recipients = world.recipients(ACCOUNT, &execution).await;
    let users: BTreeSet<_> = recipients.iter().map(|(_, them)| them.user.0 - FIRST_CONTACT).collect();
    assert_eq!(users.len(), recipients.len(), "nobody twice");
    assert!((0..400).all(|number| users.contains(&number)), "nobody lost");
    assert_eq!(execution.counts.reachable, u64::try_from(users.len()).unwrap());
}

#[tokio::test]
async fn a_planner_that_dies_at_any_call_doubles_and_loses_nobody() {
    let world = World::new().await;
    let (account, app) = (world.account(), &world.system.app);
    // Three people of one shard; of the others it is written that they have nobody.
    let shard = contact_shard(UserId(FIRST_CONTACT));
    let of_shard = (0..).filter(|number| contact_shard(UserId(FIRST_CONTACT + number)) == shard);
    for number in of_shard.take(3) {
        world.contacts(ACCOUNT, 2, number..number + 1).await;
    }
    let empty = PlannedShard { step: 1, done: true, ..PlannedShard::default() };
    let mut deaths = 0;
    for death in (0..).flat_map(|calls| [false, true].map(|lost_answer| Death { calls, lost_answer })) {
        let campaign = account.outreach_campaign(&json!({})).await;
        let id = execute_unplanned(&world, &campaign).await;
        let execution = world.execution(ACCOUNT, &id).await.id;
        let others = (0..CONTACT_SHARDS).filter(|other| *other != shard);
        let steps = others.map(|shard| ShardStep { shard, after: &empty, chunks: &[] });
        join_all(steps.map(|step| app.store.write_shard_step(ACCOUNT, &execution, step))).await;
        let task = PlanTask::ShardV1 { account: ACCOUNT, execution, shard };
        world.faults.kill("broadcast-planner", death);
        world.plan(&task).await;
        let died = world.faults.revive("broadcast-planner");
        assert!(!world.plan(&task).await, "it comes again");
        let execution = world.execution(ACCOUNT, &id).await;
        assert_eq!(execution.status, ExecutionStatus::Running, "{death:?}");
        let recipients = world.recipients(ACCOUNT, &execution).await;
        let users: BTreeSet<_> = recipients.iter().map(|(_, them)| them.user).collect();
        assert_eq!((recipients.len(), users.len(), execution.counts.reachable), (3, 3, 3));
        if !died && !death.lost_answer {
            break;
        }
        deaths += 1;
    }
    assert!(deaths >= 14, "{deaths}");
}

#[tokio::test]
async fn an_execution_that_reaches_nobody_when_its_time_comes_is_over() {
    let (world, _) = World::ahead().await;
    let account = world.account();
    let soon = shared::domain::calendar::iso_time(world.system.app.clock.now() + 90);
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({"scheduledAt": soon})).await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Scheduled);
    world.pass_time(120_000).await;
    let execution = world.execution(ACCOUNT, &id).await;
    assert!(execution.status == ExecutionStatus::Completed && execution.finished.is_some());
    assert_eq!(account.shown(&campaign).await["status"], "completed");
}

#[tokio::test]
async fn a_halted_execution_is_planned_no_further_until_it_goes_on() {
    let (world, _) = World::ahead().await;
    let (account, app) = (world.account(), &world.system.app);
    world.contacts(ACCOUNT, 2, 0..150).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = execute_unplanned(&world, &campaign).await;
    let execution = world.execution(ACCOUNT, &id).await.id;
    let go =
        async |verb: &str| account.v1("POST", &format!("campaigns/{campaign}/{verb}"), &Value::Null).await;
    go("pause").await.success(200);
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Paused);
    assert!(!app.plan_step(ACCOUNT, &execution, 0, StepSize::default()).await.unwrap());
    assert_eq!(app.store.planned_shards(ACCOUNT, &execution).await.unwrap(), []);
    go("resume").await.success(200);
    app.clock.advance_ms(70_000);
    world.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
    let is_running = async || world.execution(ACCOUNT, &id).await.status == ExecutionStatus::Running;
    world.until("it goes on", is_running).await;
    let body = json!({"status": "cancelled"});
    account.v1("PUT", &format!("campaigns/{campaign}"), &body).await.success(200);
    let execution = world.execution(ACCOUNT, &id).await;
    assert!(execution.status == ExecutionStatus::Cancelled && execution.finished.is_some());
}
