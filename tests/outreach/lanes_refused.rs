//! What stops a lane: a content that Telegram refuses, a token that it refuses, and storage that fails midway.

use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::outreach::ExecutionStatus;
use shared::ids::AccountId;
use telegram_simulator::{Faults, Refusal};

use crate::world::World;

const ACCOUNT: AccountId = AccountId(1);

/// What Telegram says of a content that it does not read.
const UNREADABLE: &str = "Bad Request: can't parse entities: Unsupported start tag";

fn refusal_of(methods: &[&str], description: &str) -> Faults {
    let methods = methods.iter().map(|method| (*method).to_owned()).collect();
    let description = description.to_owned();
    let refusal = Refusal { code: 400, description, share: 1.0, methods, ..Refusal::default() };
    Faults { refuse: vec![refusal], ..Faults::default() }
}

#[tokio::test]
async fn a_content_that_telegram_refuses_stops_the_execution_after_three_sends() {
    let world = World::new().await;
    let account = world.account();
    world.reached(&account, 1, 40).await;
    world.simulator.set_faults(refusal_of(&["sendMessage"], UNREADABLE));
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    world.settle().await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Failed);
    assert_eq!(world.calls_of("sendMessage"), 3);
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("CONTENT_INVALID", 3), ("none", 37)].into());
    let shown = account.shown(&campaign).await;
    assert_eq!(shown["status"], "paused");
    let reason = format!("Telegram refuses the content: {UNREADABLE}");
    assert_eq!(shown["pauseReason"], reason);
    let execution = account.v1("GET", &format!("executions/{id}"), &Value::Null).await.success(200);
    assert_eq!(execution["reason"], reason);
    let progress = account.progress(&campaign).await;
    assert_eq!((&progress["drained"], &progress["lanes"]), (&json!(true), &json!(0)));
}

#[tokio::test]
async fn lanes_count_the_refusals_of_a_content_together() {
    let world = World::new().await;
    let account = world.account();
    world.reached(&account, 3, 20).await;
    world.simulator.set_faults(refusal_of(&["sendMessage"], UNREADABLE));
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    world.settle().await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Failed);
    let sends = world.calls_of("sendMessage");
    assert!((3..=5).contains(&sends), "two before, and one of each lane at the same time: {sends}");
}

#[tokio::test]
async fn a_content_that_some_got_is_not_stopped_by_a_few_refusals() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 30).await;
    let refusal = |user: i64| Refusal {
        code: 400,
        description: UNREADABLE.to_owned(),
        share: 1.0,
        chat: Some(user),
        ..Refusal::default()
    };
    let refuse = reached[0].people.iter().rev().take(5).map(|user| refusal(*user)).collect();
    world.simulator.set_faults(Faults { refuse, ..Faults::default() });
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Completed);
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("CONTENT_INVALID", 5), ("delivered", 25)].into());
    world.figures_agree(ACCOUNT, &campaign, &id).await;
}

#[tokio::test]
async fn a_revoked_token_stops_only_its_bots_lane() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 2, 60).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    let first = reached[0].bot.tg;
    let sends = || world.simulator.sends().iter().filter(|((bot, _), _)| *bot == first).count();
    world.until("the first bot sends", async || sends() >= 10).await;
    world.simulator.revoke(first).unwrap();
    world.ended(ACCOUNT, &id).await;
    world.settle().await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Completed);
    let (sent, outcomes) = (sends(), world.outcomes(ACCOUNT, &id).await);
    assert!((10..60).contains(&sent), "{sent}");
    assert_eq!(outcomes, [("delivered", 60 + sent), ("BOT_TOKEN_INVALID", 60 - sent)].into());
    assert_eq!(world.sent_times(&reached), [(0, 60 - sent), (1, 60 + sent)].into());
    world.figures_agree(ACCOUNT, &campaign, &id).await;
    assert_eq!(account.shown(&campaign).await["status"], "completed");
}

#[tokio::test]
async fn a_bot_that_is_disconnected_after_planning_fails_its_part_and_no_other() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 2, 25).await;
    let store = &world.system.app.store;
    let bot = shared::ids::BotKey { account: ACCOUNT, bot: shared::ids::BotId(reached[0].bot.id) };
    store.close_gate(bot, world.system.app.clock.now_ms() + 3_000).await.unwrap();
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.until("it is planned", async || !world.execution(ACCOUNT, &id).await.bots.is_empty()).await;
    let known = store.bot(bot).await.unwrap().unwrap();
    assert!(store.delete_bot(ACCOUNT, &known).await.unwrap());
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Completed);
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("BOT_TOKEN_INVALID", 25), ("delivered", 25)].into());
    world.figures_agree(ACCOUNT, &campaign, &id).await;
    let statistics = account.shown(&campaign).await["statistics"].clone();
    let (total, done) = (&statistics["totalTasks"], &statistics["completedTasks"]);
    let failed = statistics["failedTasks"].as_u64().unwrap();
    assert!(failed > 0, "a chunk of which nobody got anything has failed");
    assert_eq!(total.as_u64().unwrap(), done.as_u64().unwrap() + failed);
}

#[tokio::test]
async fn everybody_gets_each_message_and_no_person_two_at_once() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 4).await;
    let messages: Vec<_> = (1..=5).map(|number| json!({"content": format!("Part {number}")})).collect();
    let campaign = account.outreach_campaign(&json!({"messages": messages})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 20)].into());
    assert_eq!(world.sent_times(&reached), [(5, 4)].into());
    let texts = world.messages(reached[0].people[2]);
    assert_eq!(texts, ["Part 1", "Part 2", "Part 3", "Part 4", "Part 5"]);
    assert!(world.simulator.requests().iter().all(|request| request.code != 429));
    let tally = account.progress(&campaign).await["progress"].clone();
    assert_eq!(
        (&tally["total"], &tally["successful"], &tally["percentage"]),
        (&json!(20), &json!(20), &json!(100))
    );
    world.figures_agree(ACCOUNT, &campaign, &id).await;
}

#[tokio::test]
async fn a_flood_holds_back_those_of_a_group_that_were_to_follow() {
    let world = World::new().await;
    let account = world.account();
    let reached = [world.reached_in_one_shard(&account, 30).await];
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    let sent = || world.sent_times(&reached).get(&1).copied().unwrap_or_default();
    // Until the content is tried out, people are sent to one by one; then a group of ten leaves.
    world.until("a group is on its way", async || sent() > 3).await;
    world.refuse_next("sendMessage", 429, Some(2));
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 30)].into());
    assert_eq!(world.sent_times(&reached), [(1, 30)].into());
    let refused = world.simulator.requests().iter().filter(|request| request.code == 429).count();
    // Those that left before the answer was there are refused as well.
    assert!((1..=4).contains(&refused), "{refused} of a group of ten");
}

#[tokio::test]
async fn what_a_group_came_to_outlives_storage_that_fails_for_a_moment() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 60).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    let sent = || world.sent_times(&reached).get(&1).copied().unwrap_or_default();
    for (actions, so_many) in [(["dynamodb:Query"], 15), (["dynamodb:UpdateItem"], 35)] {
        world.until("some are sent to", async || sent() >= so_many).await;
        world.faults.refuse(&actions);
        tokio::time::sleep(Duration::from_millis(900)).await;
        world.faults.refuse(&[]);
    }
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 60)].into(), "nobody is unknown");
    assert_eq!(world.sent_times(&reached), [(1, 60)].into());
    world.figures_agree(ACCOUNT, &campaign, &id).await;
}

#[tokio::test]
async fn a_lane_that_storage_failed_for_seconds_goes_on_seconds_later() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 60).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    let sent = || world.sent_times(&reached).get(&1).copied().unwrap_or_default();
    world.until("some are sent to", async || sent() >= 15).await;
    // Neither can the lane's next piece of work be read, nor can the lane be given back.
    world.faults.refuse(&["dynamodb:Query", "dynamodb:UpdateItem"]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.faults.refuse(&[]);
    // The lease of who had it lasts for a hundred seconds.
    world.until_within(Duration::from_secs(30), "all are sent to", async || sent() == 60).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 60)].into(), "nobody is unknown");
}

#[tokio::test]
async fn a_test_counts_nowhere_and_keeps_no_tester_from_the_campaign() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 3).await;
    let testers = json!({"testers": [reached[0].people[0].to_string()]});
    account.v1("PUT", "testers", &testers).await.success(200);
    let campaign = account.outreach_campaign(&json!({})).await;
    let test = account.execute(&campaign, &json!({"testMode": true})).await;
    world.ended(ACCOUNT, &test).await;
    assert_eq!(world.outcomes(ACCOUNT, &test).await, [("delivered", 1)].into());
    let statistics = account.shown(&campaign).await["statistics"].clone();
    assert_eq!((&statistics["messagesSent"], &statistics["completedTasks"]), (&json!(0), &json!(0)));
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 3)].into());
    world.figures_agree(ACCOUNT, &campaign, &id).await;
}
