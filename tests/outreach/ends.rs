//! What an end date and a budget end.

use serde_json::{Value, json};
use shared::domain::calendar;
use shared::domain::outreach::ExecutionStatus;
use shared::ids::AccountId;

use super::quiet_hours::world_at;
use crate::world::{Account, World};

const ACCOUNT: AccountId = AccountId(1);

const EVENING: &str = "2026-07-01T21:00:00Z";

const HOUR_MS: i64 = 3_600_000;

/// Quiet until the morning, over in an hour.
fn ends_in_the_night() -> Value {
    let end = calendar::parse_iso_time(EVENING).unwrap() + 3_600;
    json!({
        "strategy": {"quietHours": {"from": "20:00", "to": "08:00"}}, "endDate": calendar::iso_time(end),
    })
}

async fn move_to(account: &Account, campaign: &str, action: &str) {
    account.v1("POST", &format!("campaigns/{campaign}/{action}"), &Value::Null).await.success(200);
}

async fn execution_is(world: &World, id: &str, status: ExecutionStatus) {
    world
        .until(&format!("the execution is {status:?}"), async || {
            world.execution(ACCOUNT, id).await.status == status
        })
        .await;
}

#[tokio::test]
async fn at_the_end_date_the_rest_expires_though_nothing_is_being_sent() {
    for paused in [false, true] {
        let world = world_at(EVENING).await;
        let account = world.account();
        let reached = world.reached(&account, 2, 7).await;
        let campaign = account.outreach_campaign(&ends_in_the_night()).await;
        let id = account.execute(&campaign, &json!({})).await;
        execution_is(&world, &id, ExecutionStatus::Running).await;
        if paused {
            move_to(&account, &campaign, "pause").await;
        }
        world.pass_time(HOUR_MS + 1_000).await;
        execution_is(&world, &id, ExecutionStatus::Completed).await;
        assert_eq!(account.shown(&campaign).await["status"], "completed");
        assert_eq!(world.outcomes(ACCOUNT, &id).await, [("EXPIRED", 14)].into());
        assert_eq!(world.sent_times(&reached), [(0, 14)].into());
        let progress = account.v1("GET", &format!("campaigns/{campaign}/progress"), &Value::Null).await;
        let progress = progress.success(200)["progress"].clone();
        assert_eq!((&progress["skipped"], &progress["pending"]), (&json!(14), &json!(0)));
    }
}

#[tokio::test]
async fn an_end_date_that_is_moved_counts_where_it_is_then() {
    let world = world_at(EVENING).await;
    let account = world.account();
    world.reached(&account, 1, 3).await;
    let campaign = account.outreach_campaign(&ends_in_the_night()).await;
    let id = account.execute(&campaign, &json!({})).await;
    execution_is(&world, &id, ExecutionStatus::Running).await;
    let end = calendar::parse_iso_time(EVENING).unwrap() + 3 * 3_600;
    let later = json!({"endDate": calendar::iso_time(end)});
    account.v1("PUT", &format!("campaigns/{campaign}"), &later).await.success(200);
    world.pass_time(2 * HOUR_MS).await;
    assert_eq!(account.shown(&campaign).await["status"], "active");
    world.pass_time(HOUR_MS + 1_000).await;
    execution_is(&world, &id, ExecutionStatus::Completed).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("EXPIRED", 3)].into());
}

#[tokio::test]
async fn what_waits_for_its_time_beyond_the_end_is_over_and_a_ramp_that_rests_is_completed() {
    let world = world_at(EVENING).await;
    let account = world.account();
    world.reached(&account, 1, 40).await;
    let (ramp, late) = (
        account.outreach_campaign(&json!({"endDate": ends_in_the_night()["endDate"]})).await,
        account.outreach_campaign(&ends_in_the_night()).await,
    );
    let share = account.execute(&ramp, &json!({"targetPercentage": 50})).await;
    world.ended(ACCOUNT, &share).await;
    assert_eq!(account.shown(&ramp).await["status"], "active");
    let waits = account.execute(&late, &json!({"scheduledAt": "2026-07-02T12:00:00Z"})).await;
    let draft = account.outreach_campaign(&ends_in_the_night()).await;
    world.pass_time(HOUR_MS + 1_000).await;
    execution_is(&world, &waits, ExecutionStatus::Completed).await;
    assert!(world.execution(ACCOUNT, &waits).await.reason.unwrap().starts_with("the campaign ended at "));
    for campaign in [&ramp, &late] {
        world.until("it is completed", async || account.shown(campaign).await["status"] == "completed").await;
    }
    assert_eq!(account.shown(&draft).await["status"], "draft");
}

#[tokio::test]
async fn a_spent_budget_pauses_and_a_larger_one_lets_it_go_on() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 30).await;
    let campaign = account.outreach_campaign(&json!({"budget": 10.2, "costPerMessage": 0.5})).await;
    let id = account.execute(&campaign, &json!({})).await;
    execution_is(&world, &id, ExecutionStatus::Paused).await;
    let shown = account.shown(&campaign).await;
    assert_eq!((&shown["status"], &shown["pauseReason"]), (&json!("paused"), &json!("budget")));
    assert_eq!(world.sent_times(&reached), [(0, 10), (1, 20)].into());
    assert_eq!(shown["statistics"]["totalCost"], 10);

    let resume = account.v1("POST", &format!("campaigns/{campaign}/resume"), &Value::Null).await;
    assert_eq!(resume.failure(), (409, "BUDGET_EXCEEDED".to_owned()));
    let path = format!("campaigns/{campaign}");
    let active = account.v1("PUT", &path, &json!({"status": "active"})).await;
    assert_eq!(active.failure(), (409, "BUDGET_EXCEEDED".to_owned()));
    account.v1("PUT", &path, &json!({"budget": 15, "status": "active"})).await.success(200);
    world.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
    execution_is(&world, &id, ExecutionStatus::Completed).await;
    assert_eq!(world.sent_times(&reached), [(1, 30)].into());
    let shown = account.shown(&campaign).await;
    assert_eq!((&shown["status"], &shown["pauseReason"]), (&json!("completed"), &Value::Null));
}

#[tokio::test]
async fn lanes_that_share_a_budget_overspend_by_less_than_a_group_each() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 2, 25).await;
    let campaign = account.outreach_campaign(&json!({"budget": 20, "costPerMessage": 1})).await;
    let id = account.execute(&campaign, &json!({})).await;
    execution_is(&world, &id, ExecutionStatus::Paused).await;
    // What is on its way when the campaign pauses is still counted.
    world
        .until("nothing is on its way", async || {
            let outcomes = world.outcomes(ACCOUNT, &id).await;
            let times = world.sent_times(&reached);
            outcomes.get("delivered").copied() == times.get(&1).copied() && times[&1] >= 20
        })
        .await;
    let sent = world.sent_times(&reached)[&1];
    assert!((20..=30).contains(&sent), "{sent}");
}
