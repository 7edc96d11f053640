//! Campaigns that are sent again and again.

use serde_json::{Value, json};
use shared::domain::calendar;
use shared::domain::outreach::{Execution, ExecutionStatus};
use shared::ids::{AccountId, OutreachCampaignId};
use shared::queue::PlanTask;

use super::quiet_hours::world_at;
use crate::world::World;

const ACCOUNT: AccountId = AccountId(1);

const HALF_AN_HOUR_MS: i64 = 1_800_000;

impl World {
    /// The executions of a campaign, the latest first.
    async fn executions_of(&self, campaign: &str) -> Vec<Execution> {
        let id = OutreachCampaignId::parse(campaign).unwrap();
        self.system.app.store.executions(ACCOUNT, &id).await.unwrap()
    }

    /// Lets the time come that a campaign waits for; due items of a whole day would take too long to sweep.
    async fn comes_to(&self, campaign: &str) {
        let waiting = self.executions_of(campaign).await.remove(0);
        let (app, at) = (&self.system.app, waiting.scheduled_at.unwrap());
        app.clock.advance_ms((at + 1) * 1000 - app.clock.now_ms());
        assert!(!self.plan(&PlanTask::BeginV1 { account: ACCOUNT, execution: waiting.id }).await);
    }

    /// Waits until so many executions are over, and the last one waits for this time.
    async fn waits_for(&self, campaign: &str, over: usize, time: &str) {
        let time = calendar::parse_iso_time(time);
        self.until(&format!("{over} are over, and the next is scheduled"), async || {
            let executions = self.executions_of(campaign).await;
            let next = executions.first().map(|next| (next.status, next.scheduled_at));
            executions.len() == over + 1 && next == Some((ExecutionStatus::Scheduled, time))
        })
        .await;
    }
}

#[tokio::test]
async fn each_time_is_one_execution_that_goes_to_everybody_again() {
    let world = world_at("2026-07-01T08:30:00Z").await;
    let account = world.account();
    let reached = world.reached(&account, 1, 4).await;
    let strategy = json!({"recurrence": {"every": "day", "time": "09:00"}});
    let body = json!({"strategy": strategy, "endDate": "2026-07-05T12:00:00Z"});
    let campaign = account.outreach_campaign(&body).await;
    let path = format!("campaigns/{campaign}");
    account.v1("PUT", &path, &json!({"status": "active"})).await.success(200);
    world.waits_for(&campaign, 0, "2026-07-01T09:00:00Z").await;
    assert_eq!(account.shown(&campaign).await["workflow"]["triggers"], json!(["manual", "scheduled"]));

    world.pass_time(HALF_AN_HOUR_MS + 1_000).await;
    world.waits_for(&campaign, 1, "2026-07-02T09:00:00Z").await;
    assert_eq!(world.sent_times(&reached), [(1, 4)].into());
    let ended = world.executions_of(&campaign).await.pop().unwrap();
    assert!(!world.plan(&PlanTask::BeginV1 { account: ACCOUNT, execution: ended.id }).await);
    world.comes_to(&campaign).await;
    world.waits_for(&campaign, 2, "2026-07-03T09:00:00Z").await;
    assert_eq!(world.sent_times(&reached), [(2, 4)].into());

    account.v1("POST", &format!("{path}/pause"), &Value::Null).await.success(200);
    world.comes_to(&campaign).await;
    account.v1("POST", &format!("{path}/resume"), &Value::Null).await.success(200);
    world.waits_for(&campaign, 2, "2026-07-04T09:00:00Z").await;
    assert_eq!(world.sent_times(&reached), [(2, 4)].into(), "what fell into the pause is left out");
    world.comes_to(&campaign).await;
    world.waits_for(&campaign, 3, "2026-07-05T09:00:00Z").await;
    world.comes_to(&campaign).await;
    world.until("it is over", async || account.shown(&campaign).await["status"] == "completed").await;
    assert_eq!(world.sent_times(&reached), [(4, 4)].into());
    let executions = world.executions_of(&campaign).await;
    assert!(executions.len() == 4 && executions.iter().all(|it| it.status == ExecutionStatus::Completed));
}

#[tokio::test]
async fn what_recurs_follows_an_edit_of_its_times_and_ends_with_them() {
    let world = world_at("2026-07-01T08:30:00Z").await;
    let account = world.account();
    world.reached(&account, 1, 1).await;
    let daily = |time: &str| json!({"strategy": {"recurrence": {"every": "day", "time": time}}});
    let campaign = account.outreach_campaign(&daily("09:00")).await;
    let put =
        async |body: Value| account.v1("PUT", &format!("campaigns/{campaign}"), &body).await.success(200);
    put(json!({"status": "active"})).await;
    put(daily("08:00")).await;
    world.waits_for(&campaign, 0, "2026-07-02T08:00:00Z").await;
    put(json!({"strategy": {"recurrence": null}})).await;
    assert_eq!(world.executions_of(&campaign).await[0].status, ExecutionStatus::Cancelled);
    put(daily("10:00")).await;
    world.waits_for(&campaign, 1, "2026-07-01T10:00:00Z").await;
    put(json!({"status": "cancelled"})).await;
    assert!(world.executions_of(&campaign).await.iter().all(|it| it.status == ExecutionStatus::Cancelled));
}
