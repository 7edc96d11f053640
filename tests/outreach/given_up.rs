//! What ends or waits with its campaign or its account.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::outreach::ExecutionStatus;
use shared::ids::{AccountId, ExecutionId};
use shared::queue::PlanTask;
use shared::store::{AccountStatus, DUE_SHARDS};

use crate::world::{FIRST_CONTACT, World};

const ACCOUNT: AccountId = AccountId(1);

#[tokio::test]
async fn a_campaign_that_is_given_up_ends_its_tests() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let testers = json!({"testers": [FIRST_CONTACT.to_string()]});
    account.v1("PUT", "testers", &testers).await.success(200);
    let later = json!({"testMode": true, "scheduledAt": "2099-01-01T00:00:00Z"});
    for (method, body) in [("PUT", json!({"status": "cancelled"})), ("DELETE", Value::Null)] {
        let (campaign, other) =
            (account.outreach_campaign(&json!({})).await, account.outreach_campaign(&json!({})).await);
        let running = account.execute(&campaign, &json!({"testMode": true})).await;
        world.settle().await;
        let waiting = account.execute(&campaign, &later).await;
        let of_other = account.execute(&other, &later).await;
        assert_eq!(world.execution(ACCOUNT, &running).await.status, ExecutionStatus::Running);
        account.v1(method, &format!("campaigns/{campaign}"), &body).await.success(200);
        for test in [&running, &waiting] {
            let test = world.execution(ACCOUNT, test).await;
            assert!(test.status == ExecutionStatus::Cancelled && test.finished.is_some(), "{method}");
        }
        assert_eq!(world.execution(ACCOUNT, &of_other).await.status, ExecutionStatus::Scheduled);
    }
}

#[tokio::test]
async fn so_many_tests_are_underway_at_once_and_no_more() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..1).await;
    let testers = json!({"testers": [FIRST_CONTACT.to_string()]});
    account.v1("PUT", "testers", &testers).await.success(200);
    let campaign = account.outreach_campaign(&json!({})).await;
    let later = json!({"testMode": true, "scheduledAt": "2099-01-01T00:00:00Z"});
    for _ in 0..50 {
        account.execute(&campaign, &later).await;
    }
    let reply = account.v1("POST", &format!("campaigns/{campaign}/execute"), &later).await;
    assert_eq!(reply.failure(), (409, "EXECUTION_IN_PROGRESS".to_owned()));
    set_cancelled(&account, &campaign).await;
}

async fn set_cancelled(account: &crate::world::Account, campaign: &str) {
    let body = json!({"status": "cancelled"});
    account.v1("PUT", &format!("campaigns/{campaign}"), &body).await.success(200);
}

#[tokio::test]
async fn a_suspended_account_is_planned_once_it_is_let_in_again() {
    // Far from the next hour, with which it would be looked at again.
    let into_the_hour_ms = Clock::System.now_ms().rem_euclid(3_600_000);
    let clock = Clock::shifted(1_200_000 - into_the_hour_ms);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let (account, app) = (world.account(), &world.system.app);
    world.contacts(ACCOUNT, 1, 0..3).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    world.faults.refuse(&["sqs:SendMessage"]);
    let id = account.execute(&campaign, &json!({})).await;
    world.faults.refuse(&[]);
    let execution = ExecutionId::parse(&id).unwrap();
    let begin = PlanTask::BeginV1 { account: ACCOUNT, execution: execution.clone() };
    let shard = PlanTask::ShardV1 { account: ACCOUNT, execution: execution.clone(), shard: 0 };
    app.set_account_status(ACCOUNT, AccountStatus::Suspended).await.unwrap();
    let next_hour = app.clock.now().div_euclid(3_600) + 1;
    for task in [&shard, &begin, &shard] {
        assert!(!world.plan(task).await, "it need not come again");
    }
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Planning);
    assert_eq!(app.store.planned_shards(ACCOUNT, &execution).await.unwrap(), []);
    let mut waiting = Vec::new();
    for shard in 0..DUE_SHARDS {
        waiting.extend(app.store.dues(next_hour * 60, shard, None).await.unwrap().dues);
    }
    let tasks: Vec<_> = waiting.iter().map(|due| due.task.as_str()).collect();
    assert_eq!(tasks, [begin.spelled().unwrap()], "it is looked at again");
    app.set_account_status(ACCOUNT, AccountStatus::Active).await.unwrap();
    assert!(!world.plan(&begin).await);
    world.settle().await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Running);
}
