//! Campaigns that are sent to one person at a time, by what happens to them as leads.

use local::faults::Death;
use serde_json::{Value, json};
use shared::domain::fact_clock::FactClock;
use shared::domain::lead_event::LeadStatus;
use shared::domain::outreach::{Execution, ExecutionStatus};
use shared::ids::{AccountId, OutreachCampaignId, UserId};
use shared::queue::PlanTask;

use crate::world::{Account, HURRY, Scene, World};

const ACCOUNT: AccountId = AccountId(1);

/// What the campaigns of these tests say.
const TEXT: &str = "You are in";

/// An active campaign that is sent to those who join, with these changes.
pub(super) async fn welcoming(account: &Account, changes: &Value) -> String {
    let mut body = json!({"messages": [{"content": TEXT}], "workflow": {"triggers": ["lead.approve"]}});
    body.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap());
    let campaign = account.outreach_campaign(&body).await;
    let active = json!({"status": "active"});
    account.v1("PUT", &format!("campaigns/{campaign}"), &active).await.success(200);
    campaign
}

impl World {
    /// How often somebody got the text.
    pub(super) fn times(&self, user: i64) -> usize {
        self.messages(user).iter().filter(|text| *text == TEXT).count()
    }

    pub(super) async fn gets(&self, user: i64, times: usize) {
        self.in_time("the text arrives", async || self.times(user) >= times).await;
        assert_eq!(self.times(user), times);
    }

    /// A person presses Start and joins, and everything that follows at once is done.
    pub(super) async fn joins(&self, scene: &Scene) -> i64 {
        let user = self.person("Ann");
        scene.start(user, "click");
        scene.join(user);
        let is_in = async || scene.status(user).await == Some(LeadStatus::Approve);
        self.until("the join is known", is_in).await;
        user
    }

    /// Waits until nothing is on its way, with what is due by now.
    pub(super) async fn rests(&self) {
        let is_idle = async || {
            self.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
            for _ in 0..5 {
                tokio::time::sleep(HURRY).await;
                if self.works() {
                    return false;
                }
            }
            true
        };
        self.until("nothing is on its way", is_idle).await;
    }

    /// The executions of a campaign that send by its triggers.
    pub(super) async fn triggered(&self, campaign: &str) -> Vec<Execution> {
        let id = OutreachCampaignId::parse(campaign).unwrap();
        let all = self.system.app.store.executions(ACCOUNT, &id).await.unwrap();
        all.into_iter().filter(|execution| execution.triggered).collect()
    }
}

#[tokio::test]
async fn who_joins_gets_the_campaign_once_whatever_they_do_then() {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    let campaign = welcoming(&scene.account, &json!({})).await;
    let user = world.joins(&scene).await;
    world.gets(user, 1).await;
    scene.leave(user);
    scene.join(user);
    let second = world.joins(&scene).await;
    world.gets(second, 1).await;
    world.rests().await;
    assert_eq!(world.times(user), 1);

    let shown = scene.account.shown(&campaign).await;
    assert_eq!(shown["status"], "active");
    assert_eq!(shown["workflow"]["triggers"], json!(["manual", "lead.approve"]));
    let statistics = &shown["statistics"];
    assert_eq!((&statistics["messagesSent"], &statistics["totalTasks"]), (&json!(2), &json!(2)));
    assert_eq!(statistics["completedTasks"], 2);
    let [execution] = world.triggered(&campaign).await.try_into().unwrap();
    assert_eq!((execution.status, execution.recipients()), (ExecutionStatus::Running, 2));
    world.figures_agree(ACCOUNT, &campaign, execution.id.as_str()).await;
    let deliveries = format!("executions/{}/deliveries", execution.id);
    let deliveries = scene.account.v1("GET", &deliveries, &Value::Null).await.success(200);
    assert_eq!(deliveries["deliveries"].as_array().unwrap().len(), 2);
    let progress = scene.account.progress(&campaign).await;
    assert_eq!((&progress["status"], &progress["progress"]["successful"]), (&json!("running"), &json!(2)));
}

#[tokio::test]
async fn a_delay_is_waited_for_and_an_end_before_it_means_nothing_is_sent() {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    let clock = &world.system.app.clock;
    let end = shared::domain::calendar::iso_time(clock.now() + 5_400);
    let late = json!({"workflow": {"triggers": ["lead.approve"], "delay": "2h"}, "endDate": end});
    welcoming(&scene.account, &late).await;
    welcoming(&scene.account, &json!({"workflow": {"triggers": ["lead.approve"], "delay": "1h"}})).await;
    let user = world.joins(&scene).await;
    world.rests().await;
    clock.advance_ms(50 * 60_000);
    world.rests().await;
    assert_eq!(world.times(user), 0, "it is too early");
    clock.advance_ms(11 * 60_000);
    world.gets(user, 1).await;
    clock.advance_ms(70 * 60_000);
    world.rests().await;
    assert_eq!(world.times(user), 1, "one campaign ended before its delay");
}

#[tokio::test]
async fn only_those_get_it_whom_the_campaign_is_for_while_it_is_active() {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    let account = &scene.account;
    let body = json!({"messages": [{"content": TEXT}], "workflow": {"triggers": ["lead.approve"]}});
    account.outreach_campaign(&body).await;
    let paused = welcoming(account, &json!({})).await;
    account.v1("POST", &format!("campaigns/{paused}/pause"), &Value::Null).await.success(200);
    welcoming(account, &json!({"targetAudience": {"bots": [77]}})).await;
    welcoming(account, &json!({"targetAudience": {"filters": {"location": ["US"]}}})).await;
    welcoming(account, &json!({"workflow": {"triggers": ["lead.cancel", "lead.hold"]}})).await;
    let user = world.joins(&scene).await;
    world.rests().await;
    assert_eq!(world.times(user), 0);
    scene.leave(user);
    world.gets(user, 1).await;
}

#[tokio::test]
async fn an_execution_beside_triggers_sends_to_all_who_got_nothing_and_leaves_the_campaign_active() {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    let (account, before) = (&scene.account, [world.joins(&scene).await, world.joins(&scene).await]);
    world.rests().await;
    let campaign = welcoming(account, &json!({})).await;
    let user = world.joins(&scene).await;
    world.gets(user, 1).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!([before[0], before[1], user].map(|user| world.times(user)), [1, 1, 1]);
    assert_eq!(account.shown(&campaign).await["status"], "active");
    let later = world.joins(&scene).await;
    world.gets(later, 1).await;
}

#[tokio::test]
async fn what_waits_in_a_lane_is_held_by_a_pause_and_goes_on_with_a_resume() {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    let (account, clock) = (&scene.account, &world.system.app.clock);
    let campaign = welcoming(account, &json!({})).await;
    let first = world.joins(&scene).await;
    world.gets(first, 1).await;
    world.rests().await;
    let silent_until_ms = clock.now_ms() + 60_000;
    world.system.app.store.close_gate(scene.bot_key(), silent_until_ms).await.unwrap();
    let user = world.joins(&scene).await;
    let is_added = async || world.triggered(&campaign).await[0].recipients() == 2;
    world.until("they are added", is_added).await;
    account.v1("POST", &format!("campaigns/{campaign}/pause"), &Value::Null).await.success(200);
    assert_eq!(world.triggered(&campaign).await[0].status, ExecutionStatus::Paused);
    clock.advance_ms(120_000);
    world.rests().await;
    assert_eq!(world.times(user), 0, "it is paused");
    account.v1("POST", &format!("campaigns/{campaign}/resume"), &Value::Null).await.success(200);
    world.gets(user, 1).await;
    account.v1("PUT", &format!("campaigns/{campaign}"), &json!({"status": "cancelled"})).await.success(200);
    assert_eq!(world.triggered(&campaign).await[0].status, ExecutionStatus::Cancelled);
}

#[tokio::test]
async fn an_edit_counts_for_whom_it_comes_before_and_a_day_closes_an_execution() {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    let (account, clock) = (&scene.account, &world.system.app.clock);
    let campaign = welcoming(account, &json!({})).await;
    let first = world.joins(&scene).await;
    world.gets(first, 1).await;
    let other = json!({"messages": [{"content": "Welcome at last"}]});
    account.v1("PUT", &format!("campaigns/{campaign}"), &other).await.success(200);
    let user = world.joins(&scene).await;
    let has_other = async || world.messages(user).contains(&"Welcome at last".to_owned());
    world.in_time("the new text arrives", has_other).await;
    let statuses = async || world.triggered(&campaign).await.iter().map(|it| it.status).collect::<Vec<_>>();
    let one_runs = async || statuses().await == [ExecutionStatus::Running, ExecutionStatus::Completed];
    world.in_time("the first is over", one_runs).await;
    clock.advance_ms(86_400_000);
    let all_over = async || statuses().await == [ExecutionStatus::Completed; 2];
    world.in_time("the second is over", all_over).await;
    assert_eq!(account.shown(&campaign).await["status"], "active");
}

#[tokio::test]
async fn whoever_is_erased_before_it_leaves_gets_nothing() {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    let campaign = welcoming(&scene.account, &json!({})).await;
    let clock = &world.system.app.clock;
    world.system.app.store.close_gate(scene.bot_key(), clock.now_ms() + 600_000).await.unwrap();
    let user = world.joins(&scene).await;
    let is_added = async || world.triggered(&campaign).await.first().is_some_and(|it| it.recipients() == 1);
    world.until("they are added", is_added).await;
    scene.account.v1("DELETE", &format!("subscribers/{user}"), &Value::Null).await;
    clock.advance_ms(1_200_000);
    world.rests().await;
    clock.advance_ms(1_200_000);
    world.rests().await;
    assert_eq!(world.times(user), 0);
    let execution = world.triggered(&campaign).await.remove(0);
    let recipients = world.recipients(ACCOUNT, &execution).await;
    assert_eq!(recipients.iter().map(|(_, it)| it.is_nobody()).collect::<Vec<_>>(), [true]);
}

#[tokio::test]
async fn triggers_that_nobody_knows_are_refused_and_answers_can_be_sent_back() {
    let world = World::new().await;
    let account = world.account();
    for (workflow, field) in [
        (json!({"triggers": ["lead.won"]}), "workflow.triggers"),
        (json!({"triggers": "lead.approve"}), "workflow.triggers"),
        (json!({"triggers": ["lead.approve"], "delay": "soon"}), "workflow.delay"),
        (json!({"triggers": ["lead.approve"], "delay": "31d"}), "workflow.delay"),
    ] {
        let body = json!({"name": "x", "type": "message", "workflow": workflow});
        let refused = account.v1("POST", "campaigns", &body).await;
        assert_eq!(refused.failure(), (400, "VALIDATION_ERROR".to_owned()), "{workflow}");
        assert_eq!(refused.faulty_fields(), [field], "{workflow}");
    }
    let workflow = json!({"triggers": ["lead.hold", "lead.approve"], "delay": "1h"});
    let campaign = account.outreach_campaign(&json!({"workflow": workflow})).await;
    let shown = account.shown(&campaign).await;
    assert_eq!(shown["workflow"]["triggers"], json!(["manual", "lead.hold", "lead.approve"]));
    assert_eq!(shown["workflow"]["delay"], "1h");
    account.v1("PUT", &format!("campaigns/{campaign}"), &shown_without_status(&shown)).await.success(200);
    assert_eq!(account.shown(&campaign).await["workflow"], shown["workflow"]);
    let without = json!({"workflow": {"triggers": ["manual"]}});
    account.v1("PUT", &format!("campaigns/{campaign}"), &without).await.success(200);
    assert_eq!(account.shown(&campaign).await["workflow"]["triggers"], json!(["manual"]));
}

fn shown_without_status(shown: &Value) -> Value {
    let mut shown = shown.clone();
    shown.as_object_mut().unwrap().retain(|name, _| !["status", "version"].contains(&name.as_str()));
    shown
}

/// Kills a function once at each of some calls, while one person after the other joins; how often it died.
pub async fn die_while_people_join(binary: &str, step: usize) -> usize {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    let campaign = welcoming(&scene.account, &json!({})).await;
    let (mut deaths, mut people) = (0, Vec::new());
    for calls in (0..).step_by(step) {
        let mut died = false;
        for lost_answer in [false, true] {
            world.faults.kill(binary, Death { calls, lost_answer });
            let user = world.joins(&scene).await;
            for _ in 0..200 {
                tokio::time::sleep(HURRY).await;
                if world.faults.has_died(binary) || world.times(user) > 0 {
                    break;
                }
                if !world.works() {
                    world.system.app.clock.advance_ms(500);
                }
            }
            // Who waits for storage does so by the world's clock.
            for _ in 0..100 {
                if !world.system.cloud.is_working() {
                    break;
                }
                world.system.app.clock.advance_ms(500);
                tokio::time::sleep(HURRY).await;
            }
            let has_died = world.faults.revive(binary);
            let is_known = async || {
                let executions = world.triggered(&campaign).await;
                let mut settled = 0;
                for execution in &executions {
                    let outcomes = world.outcomes(ACCOUNT, execution.id.as_str()).await;
                    settled += outcomes.get("delivered").copied().unwrap_or_default();
                    settled += outcomes.get("unknown").copied().unwrap_or_default();
                }
                settled > people.len()
            };
            world.in_time("their outcome is known", is_known).await;
            people.push(user);
            assert!(world.times(user) <= 1, "{binary} {calls} {lost_answer}");
            died |= has_died;
            deaths += usize::from(has_died);
        }
        if !died {
            break;
        }
    }
    let times: Vec<_> = people.iter().map(|user| world.times(*user)).collect();
    assert!(times.iter().all(|times| *times <= 1), "{times:?}");
    let mut unknown = 0;
    for execution in world.triggered(&campaign).await {
        let outcomes = world.outcomes(ACCOUNT, execution.id.as_str()).await;
        unknown += outcomes.get("unknown").copied().unwrap_or_default();
    }
    assert!(times.iter().sum::<usize>() + unknown >= people.len(), "{times:?} {unknown}");
    deaths
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_dies_loses_and_repeats_nobody() {
    let deaths = die_while_people_join("lead-stream", 5).await;
    assert!(deaths >= 4, "{deaths}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planner_that_dies_while_it_adds_people_loses_and_repeats_nobody() {
    let deaths = die_while_people_join("broadcast-planner", 3).await;
    assert!(deaths >= 4, "{deaths}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_dies_while_people_are_added_loses_and_repeats_nobody() {
    let deaths = die_while_people_join("broadcast-sender", 7).await;
    assert!(deaths >= 4, "{deaths}");
}

#[tokio::test]
async fn a_trigger_that_comes_again_and_again_adds_somebody_once() {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    let campaign = welcoming(&scene.account, &json!({})).await;
    let user = world.joins(&scene).await;
    let task = PlanTask::TriggerV1 {
        account: ACCOUNT,
        campaign: OutreachCampaignId::parse(&campaign).unwrap(),
        user: UserId(user),
        status: LeadStatus::Approve,
        clock: FactClock { date: 10, update: 1 },
    };
    let again = (0..8).map(|_| world.plan(&task));
    futures::future::join_all(again).await;
    world.gets(user, 1).await;
    world.rests().await;
    assert!(!world.plan(&task).await);
    world.rests().await;
    assert_eq!(world.times(user), 1);
    let added: u64 = world.triggered(&campaign).await.iter().map(Execution::recipients).sum();
    assert_eq!(added, 1);
}

#[tokio::test]
async fn who_waits_in_quiet_hours_when_the_campaign_ends_is_counted_as_expired() {
    let world = super::quiet_hours::world_at("2026-07-01T21:00:00Z").await;
    let scene = world.scene().await;
    let quiet = json!({"quietHours": {"from": "20:00", "to": "08:00"}});
    let campaign =
        welcoming(&scene.account, &json!({"strategy": quiet, "endDate": "2026-07-01T22:00:00Z"})).await;
    let user = world.joins(&scene).await;
    let is_waiting = async || world.triggered(&campaign).await.iter().any(|it| it.recipients() == 1);
    world.in_time("they wait for the morning", is_waiting).await;
    world.rests().await;
    world.pass_time(3_601_000).await;
    let id = world.triggered(&campaign).await.remove(0).id;
    world.ended_in_time(ACCOUNT, id.as_str()).await;
    assert_eq!(world.outcomes(ACCOUNT, id.as_str()).await, [("EXPIRED", 1)].into());
    assert_eq!(
        (world.times(user), &scene.account.shown(&campaign).await["status"]),
        (0, &json!("completed"))
    );
}
