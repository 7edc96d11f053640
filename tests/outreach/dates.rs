//! What start and end dates do by themselves, and what ends for want of something.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::calendar;
use shared::domain::outreach::{Execution, ExecutionStatus};
use shared::ids::{AccountId, OutreachCampaignId};

use crate::world::{Account, FIRST_CONTACT, Reply, World};

const ACCOUNT: AccountId = AccountId(1);

async fn put(account: &Account, campaign: &str, body: &Value) -> Reply {
    account.v1("PUT", &format!("campaigns/{campaign}"), body).await
}

async fn post(account: &Account, campaign: &str, verb: &str) -> Reply {
    account.v1("POST", &format!("campaigns/{campaign}/{verb}"), &Value::Null).await
}

fn at(clock: &Clock, seconds: i64) -> String {
    calendar::iso_time(clock.now() + seconds)
}

async fn executions(world: &World, campaign: &str) -> Vec<Execution> {
    let campaign = OutreachCampaignId::parse(campaign).unwrap();
    world.system.app.store.executions(ACCOUNT, &campaign).await.unwrap()
}

async fn statuses(world: &World, campaign: &str) -> Vec<ExecutionStatus> {
    executions(world, campaign).await.iter().map(|execution| execution.status).collect()
}

#[tokio::test]
async fn a_start_date_that_an_active_campaign_is_given_starts_it() {
    let (world, clock) = World::ahead().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let (later, now, paused) = (
        account.outreach_campaign(&json!({})).await,
        account.outreach_campaign(&json!({})).await,
        account.outreach_campaign(&json!({})).await,
    );
    for campaign in [&later, &now, &paused] {
        put(&account, campaign, &json!({"status": "active"})).await.success(200);
        assert_eq!(statuses(&world, campaign).await, [], "nothing says when");
    }
    put(&account, &later, &json!({"startDate": at(&clock, 3_600)})).await.success(200);
    put(&account, &now, &json!({"startDate": at(&clock, -3_600)})).await.success(200);
    post(&account, &paused, "pause").await.success(200);
    put(&account, &paused, &json!({"startDate": at(&clock, 3_600)})).await.success(200);
    assert_eq!(statuses(&world, &paused).await, [], "a paused campaign starts nothing");
    post(&account, &paused, "resume").await.success(200);
    for campaign in [&later, &paused] {
        assert_eq!(statuses(&world, campaign).await, [ExecutionStatus::Scheduled]);
    }
    world.planned().await;
    assert_eq!(statuses(&world, &now).await, [ExecutionStatus::Running]);
    put(&account, &later, &json!({"description": "Other"})).await.success(200);
    world.pass_to_planning(3_700_000).await;
    for campaign in [&later, &paused] {
        assert_eq!(statuses(&world, campaign).await, [ExecutionStatus::Running]);
    }
}

#[tokio::test]
async fn a_draft_that_is_activated_after_its_start_date_starts_at_once() {
    let (world, clock) = World::ahead().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let campaign = account.outreach_campaign(&json!({"startDate": at(&clock, -3_600)})).await;
    put(&account, &campaign, &json!({"status": "active"})).await.success(200);
    world.planned().await;
    assert_eq!(statuses(&world, &campaign).await, [ExecutionStatus::Running]);
    post(&account, &campaign, "pause").await.success(200);
    post(&account, &campaign, "resume").await.success(200);
    assert_eq!(statuses(&world, &campaign).await.len(), 1, "once");
}

#[tokio::test]
async fn what_has_ended_is_neither_activated_nor_resumed_and_says_when_it_did() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let end = json!({"endDate": "2024-08-31T23:59:59Z"});
    let draft = account.outreach_campaign(&end).await;
    let reply = put(&account, &draft, &json!({"status": "active"})).await;
    assert_eq!(reply.failure(), (409, "CAMPAIGN_EXPIRED".to_owned()));
    assert_eq!(reply.json()["error"], "a campaign that ended at 2024-08-31T23:59:59Z cannot be activated");
    assert_eq!(account.shown(&draft).await["status"], "draft");
    put(&account, &draft, &json!({"status": "active", "endDate": "2099-01-01T00:00:00Z"})).await.success(200);
    post(&account, &draft, "pause").await.success(200);
    put(&account, &draft, &end).await.success(200);
    let reply = post(&account, &draft, "resume").await;
    assert_eq!(reply.json()["error"], "a campaign that ended at 2024-08-31T23:59:59Z cannot be resumed");
}

#[tokio::test]
async fn what_is_resumed_without_content_or_audience_is_refused_as_a_draft_is() {
    let (world, clock) = World::ahead().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    for date in [None, Some(at(&clock, 3_600))] {
        let campaign = account.outreach_campaign(&json!({"startDate": date})).await;
        put(&account, &campaign, &json!({"status": "active"})).await.success(200);
        post(&account, &campaign, "pause").await.success(200);
        let nobody = json!({"targetAudience": {"filters": {"location": ["nowhere"]}}});
        for (edit, code) in [
            (json!({"messages": []}), (422, "NO_CONTENT")),
            (json!({"messages": [{"templateId": "tmplnone"}]}), (404, "TEMPLATE_NOT_FOUND")),
            (
                json!({"messages": [{"content": "Hello"}], "targetAudience": {"segments": ["segnone"]}}),
                (404, "SEGMENT_NOT_FOUND"),
            ),
            (nobody, (422, "EMPTY_AUDIENCE")),
        ] {
            put(&account, &campaign, &edit).await.success(200);
            let expected = (code.0, code.1.to_owned());
            assert_eq!(post(&account, &campaign, "resume").await.failure(), expected, "{edit}");
            assert_eq!(put(&account, &campaign, &json!({"status": "active"})).await.failure(), expected);
            assert_eq!(account.shown(&campaign).await["status"], "paused");
        }
        put(&account, &campaign, &json!({"targetAudience": {}})).await.success(200);
        post(&account, &campaign, "resume").await.success(200);
    }
}

#[tokio::test]
async fn what_cannot_begin_when_its_time_comes_ends_and_says_why() {
    let (world, clock) = World::ahead().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let testers = json!({"testers": [FIRST_CONTACT.to_string()]});
    account.v1("PUT", "testers", &testers).await.success(200);
    let template = json!({"name": "Sale", "content": "Hello"});
    let template = account.v1("POST", "templates", &template).await.success(201)["id"].clone();
    let gone = account.outreach_campaign(&json!({"messages": [{"templateId": template}]})).await;
    let ended = account.outreach_campaign(&json!({"endDate": at(&clock, 1_800)})).await;
    let test = json!({"testMode": true, "scheduledAt": at(&clock, 3_600)});
    let test = account.execute(&gone, &test).await;
    for campaign in [&gone, &ended] {
        account.execute(campaign, &json!({"scheduledAt": at(&clock, 3_600)})).await;
    }
    account
        .v1("DELETE", &format!("templates/{}", template.as_str().unwrap()), &Value::Null)
        .await
        .success(200);
    world.pass_to_planning(3_700_000).await;
    let shown =
        async |id: &str| account.v1("GET", &format!("executions/{id}"), &Value::Null).await.success(200);
    for (campaign, execution, reason) in [
        (&gone, "failed", "no such template".to_owned()),
        (&ended, "completed", format!("the campaign ended at {}", calendar::iso_time(clock.now() - 1_900))),
    ] {
        let last = executions(&world, campaign).await.remove(0);
        let last = shown(last.id.as_str()).await;
        assert_eq!((&last["status"], &last["reason"]), (&json!(execution), &json!(reason)));
        assert!(last["finishedAt"].is_string() && last["startedAt"].is_null(), "{last}");
    }
    let paused = account.shown(&gone).await;
    assert_eq!((&paused["status"], &paused["pauseReason"]), (&json!("paused"), &json!("no such template")));
    assert_eq!(account.shown(&ended).await["status"], "completed");
    let test = shown(&test).await;
    assert_eq!((&test["status"], &test["reason"]), (&json!("failed"), &json!("no such template")));
    // What was wrong is mended, and it goes on.
    put(&account, &gone, &json!({"messages": [{"content": "Hello"}]})).await.success(200);
    post(&account, &gone, "resume").await.success(200);
    assert!(account.shown(&gone).await.get("pauseReason").is_none());
    account.execute(&gone, &json!({})).await;
    world.planned().await;
    assert_eq!(executions(&world, &gone).await.remove(0).status, ExecutionStatus::Running);
}
