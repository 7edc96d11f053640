//! How executions begin, and what stands against them.

use futures::future::join_all;
use serde_json::{Value, json};
use shared::domain::calendar;
use shared::domain::outreach::ExecutionStatus;
use shared::ids::{AccountId, OutreachCampaignId};

use crate::world::{Account, World};

const ACCOUNT: AccountId = AccountId(1);

async fn post(account: &Account, campaign: &str, body: &Value) -> crate::world::Reply {
    account.v1("POST", &format!("campaigns/{campaign}/execute"), body).await
}

#[tokio::test]
async fn the_documents_example_is_answered_with_its_fields() {
    let (world, clock) = World::ahead().await;
    let account = world.account();
    world.contacts(ACCOUNT, 2, 0..120).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let order = json!({"testMode": false, "targetPercentage": 100, "priority": "high", "scheduledAt": "2024-11-24T10:00:00Z"});
    let reply = post(&account, &campaign, &order).await;
    let completion = calendar::iso_time(clock.now() + 3);
    let id = reply.success(202)["executionId"].as_str().unwrap().to_owned();
    let seconds = (0..4).map(|back| calendar::iso_time(clock.now() + 3 - back));
    let text = seconds.fold(reply.text.replace(&id, "exec…"), |text, time| text.replace(&time, "THEN"));
    insta::assert_snapshot!(text, @r#"{"success":true,"data":{"executionId":"exec…","status":"started","estimatedCompletion":"THEN","message":"Campaign execution started","audience":{"matched":120,"reachable":120,"excluded":{},"exact":true}}}"#);
    assert!(completion.ends_with('Z'));
    let later = account.outreach_campaign(&json!({})).await;
    let reply = post(&account, &later, &json!({"scheduledAt": "2099-11-24T10:00:00Z"})).await;
    let id = reply.success(202)["executionId"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(reply.text.replace(&id, "exec…"), @r#"{"success":true,"data":{"executionId":"exec…","status":"scheduled","estimatedCompletion":"2099-11-24T10:00:03Z","message":"Campaign execution scheduled","audience":{"matched":120,"reachable":120,"excluded":{},"exact":true}}}"#);
}

#[tokio::test]
async fn what_cannot_be_executed_is_refused_and_nothing_is_written() {
    let world = World::new().await;
    let account = world.account();
    let empty = account.outreach_campaign(&json!({})).await;
    assert_eq!(post(&account, &empty, &Value::Null).await.failure(), (422, "EMPTY_AUDIENCE".to_owned()));
    world.contacts(ACCOUNT, 1, 0..3).await;
    let silent = account.outreach_campaign(&json!({"messages": []})).await;
    assert_eq!(post(&account, &silent, &Value::Null).await.failure(), (422, "NO_CONTENT".to_owned()));
    let lost = account.outreach_campaign(&json!({"targetAudience": {"segments": ["segnone"]}})).await;
    assert_eq!(post(&account, &lost, &Value::Null).await.failure(), (404, "SEGMENT_NOT_FOUND".to_owned()));
    let test = post(&account, &empty, &json!({"testMode": true})).await;
    assert_eq!(test.failure(), (422, "EMPTY_AUDIENCE".to_owned()), "there are no testers");
    let wrong = json!({"targetPercentage": 101, "priority": "urgent", "scheduledAt": "soon"});
    let wrong = post(&account, &empty, &wrong).await;
    assert_eq!(wrong.failure(), (400, "VALIDATION_ERROR".to_owned()));
    let mut fields = wrong.faulty_fields();
    fields.sort();
    assert_eq!(fields, ["priority", "scheduledAt", "targetPercentage"]);
    for campaign in [&empty, &silent, &lost] {
        let shown = account.shown(campaign).await;
        assert_eq!((&shown["status"], &shown["version"]), (&json!("draft"), &json!(1)));
    }
}

#[tokio::test]
async fn a_preview_counts_and_begins_nothing() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..200).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let data =
        post(&account, &campaign, &json!({"preview": true, "targetPercentage": 50})).await.success(200);
    let (reachable, left) = (&data["audience"]["reachable"], &data["audience"]["excluded"]["notInShare"]);
    assert_eq!((&data["status"], &data["executionId"]), (&json!("preview"), &Value::Null));
    assert_eq!(reachable.as_u64().unwrap() + left.as_u64().unwrap(), 200);
    assert!((60..140).contains(&reachable.as_u64().unwrap()), "{reachable}");
    let id = OutreachCampaignId::parse(&campaign).unwrap();
    assert_eq!(world.system.app.store.executions(ACCOUNT, &id).await.unwrap(), []);
    assert_eq!(account.shown(&campaign).await["version"], 1);
}

#[tokio::test]
async fn of_racing_executions_one_begins_and_the_others_hear_of_it() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let order = json!({"scheduledAt": "2099-01-01T00:00:00Z"});
    let replies = join_all((0..5).map(|_| post(&account, &campaign, &order))).await;
    let begun = replies.iter().filter(|reply| reply.code == 202).count();
    let busy = (409, "EXECUTION_IN_PROGRESS".to_owned());
    assert_eq!(begun, 1);
    assert!(replies.iter().all(|reply| reply.code == 202 || reply.failure() == busy));
    let id = OutreachCampaignId::parse(&campaign).unwrap();
    assert_eq!(world.system.app.store.executions(ACCOUNT, &id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_an_execution_and_a_pause_that_race_one_is_judged_by_what_the_other_made() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    for _ in 0..5 {
        let campaign = account.outreach_campaign(&json!({})).await;
        let active = json!({"status": "active"});
        account.v1("PUT", &format!("campaigns/{campaign}"), &active).await.success(200);
        let order = json!({"scheduledAt": "2099-01-01T00:00:00Z"});
        let pause = format!("campaigns/{campaign}/pause");
        let (executed, paused) =
            tokio::join!(post(&account, &campaign, &order), account.v1("POST", &pause, &Value::Null));
        paused.success(200);
        let shown = account.shown(&campaign).await;
        assert_eq!(shown["status"], "paused");
        let id = OutreachCampaignId::parse(&campaign).unwrap();
        let executions = world.system.app.store.executions(ACCOUNT, &id).await.unwrap();
        match executed.code {
            202 => assert_eq!(executions[0].status, ExecutionStatus::Paused),
            _ => assert_eq!(executed.failure(), (409, "INVALID_STATUS_TRANSITION".to_owned())),
        }
    }
}

#[tokio::test]
async fn an_activated_campaign_starts_by_itself_at_its_start_date_wherever_that_is_moved() {
    let (world, clock) = World::ahead().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let at = |seconds: i64| json!(calendar::iso_time(clock.now() + seconds));
    let campaign = account.outreach_campaign(&json!({"startDate": at(3_600)})).await;
    let put =
        async |body: Value| account.v1("PUT", &format!("campaigns/{campaign}"), &body).await.success(200);
    put(json!({"status": "active"})).await;
    let id = OutreachCampaignId::parse(&campaign).unwrap();
    let last = async || world.system.app.store.executions(ACCOUNT, &id).await.unwrap().remove(0);
    assert_eq!(last().await.status, ExecutionStatus::Scheduled);
    assert_eq!(post(&account, &campaign, &Value::Null).await.failure().1, "EXECUTION_IN_PROGRESS");
    put(json!({"startDate": at(7_200)})).await;
    world.pass_time(3_700_000).await;
    assert_eq!(last().await.status, ExecutionStatus::Scheduled, "it waits for the later date");
    world.pass_time(3_700_000).await;
    assert_eq!(last().await.status, ExecutionStatus::Running);

    let campaign = account.outreach_campaign(&json!({"startDate": at(3_600)})).await;
    let put =
        async |body: Value| account.v1("PUT", &format!("campaigns/{campaign}"), &body).await.success(200);
    let id = OutreachCampaignId::parse(&campaign).unwrap();
    let last = async || world.system.app.store.executions(ACCOUNT, &id).await.unwrap().remove(0);
    put(json!({"status": "active"})).await;
    assert_eq!(put(json!({"status": "draft"})).await["status"], "draft");
    assert_eq!(last().await.status, ExecutionStatus::Cancelled);
    put(json!({"status": "active"})).await;
    put(json!({"startDate": null})).await;
    assert_eq!(last().await.status, ExecutionStatus::Cancelled, "nothing starts it any more");
    post(&account, &campaign, &Value::Null).await.success(202);
}

#[tokio::test]
async fn an_execution_begins_though_the_queue_was_not_told() {
    let (world, _) = World::ahead().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    world.faults.refuse(&["sqs:SendMessage"]);
    let id = account.execute(&campaign, &json!({})).await;
    world.faults.refuse(&[]);
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Planning);
    world.pass_time(200_000).await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Running);
}
