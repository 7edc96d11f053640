//! Variations that are tested on a share before the rest gets the better one.

use serde_json::{Value, json};
use shared::domain::outreach::{ExecutionStatus, OutreachCounters};
use shared::ids::{AccountId, ExecutionId, OutreachCampaignId};
use shared::store::OutreachOutcome;

use crate::world::{Account, Reached, SENT, World};

const ACCOUNT: AccountId = AccountId(1);

/// A campaign with one variation that half of the people get, and its test of a share of them.
fn tested(share: u64) -> Value {
    let variation = json!({"id": "var1", "content": "Other", "weight": 50});
    let message = json!({"id": "msg1", "content": "Base", "variations": [variation]});
    let test = json!({"testPercentage": share, "waitMinutes": 30, "metric": "clicked", "minPerArm": 5});
    json!({"messages": [message], "abTest": test})
}

impl World {
    /// Has so many people click what they got of a variation.
    async fn count_clicks(&self, campaign: &str, variation: &str, clicked: u64) {
        let counters = OutreachCounters { clicked, ..OutreachCounters::default() };
        let outcome = OutreachOutcome {
            campaign: OutreachCampaignId::parse(campaign).unwrap(),
            time: self.system.app.clock.now(),
            variations: [(variation.to_owned(), counters)].into(),
            ..OutreachOutcome::default()
        };
        self.system.app.store.count_outreach(ACCOUNT, &outcome).await.unwrap();
    }

    /// How many people got each text, the base and the variation.
    fn texts(&self, reached: &[Reached]) -> [usize; 2] {
        let people = reached.iter().flat_map(|it| &it.people);
        let texts: Vec<_> = people.flat_map(|user| self.messages(*user)).collect();
        ["Base", "Other"].map(|text| texts.iter().filter(|got| *got == text).count())
    }

    /// Lets the time pass that the tests of these campaigns wait.
    fn pass_the_wait(&self) {
        self.system.app.clock.advance_ms(31 * 60_000);
    }

    async fn stands_in(&self, execution: &str, status: ExecutionStatus) {
        let stands = async || self.execution(ACCOUNT, execution).await.status == status;
        self.until_within(SENT, &format!("the execution is {status:?}"), stands).await;
    }
}

async fn shown_execution(account: &Account, id: &str) -> Value {
    account.v1("GET", &format!("executions/{id}"), &Value::Null).await.success(200)
}

#[tokio::test]
async fn the_rest_gets_the_variation_that_passed_the_test() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 2, 30).await;
    let mut body = tested(40);
    body["abTest"]["minPerArm"] = json!(2);
    let campaign = account.outreach_campaign(&body).await;
    assert_eq!(account.shown(&campaign).await["abTests"][0]["status"], "draft");
    let id = account.execute(&campaign, &json!({})).await;
    world.stands_in(&id, ExecutionStatus::Testing).await;

    let [base, other] = world.texts(&reached);
    assert!((10..40).contains(&(base + other)) && base >= 2 && other >= 2, "{base} {other}");
    let progress = account.progress(&campaign).await;
    assert_eq!((&progress["status"], &progress["progress"]["total"]), (&json!("testing"), &json!(60)));
    assert_eq!(progress["progress"]["pending"], 60 - base - other);
    let shown = account.shown(&campaign).await;
    assert_eq!((&shown["status"], &shown["abTests"][0]["status"]), (&json!("active"), &json!("testing")));
    let others = u64::try_from(other).unwrap();
    world.count_clicks(&campaign, "var1", others).await;
    world.pass_the_wait();
    world.ended_in_time(ACCOUNT, &id).await;

    assert_eq!(world.texts(&reached), [base, 60 - base], "the rest got the winner");
    assert_eq!(world.sent_times(&reached), [(1, 60)].into());
    world.figures_agree(ACCOUNT, &campaign, &id).await;
    let shown = account.shown(&campaign).await;
    assert_eq!(shown["status"], "completed");
    assert_eq!(shown["abTests"][0]["status"], "decided");
    assert_eq!(shown["abTests"][0]["winner"], "var1");
    let decision = &shown_execution(&account, &id).await["abTest"];
    assert_eq!(decision["status"], "decided");
    assert_eq!(decision["confidence"], 0.95);
    let [first, second] = [0, 1].map(|arm| &decision["messages"][0]["arms"][arm]);
    assert_eq!((&first["id"], &first["n"], &first["x"]), (&json!("msg1"), &json!(base), &json!(0)));
    assert_eq!((&second["id"], &second["n"], &second["x"]), (&json!("var1"), &json!(other), &json!(other)));
    assert!(first["p"].is_null() && second["p"].as_f64().unwrap() < 0.05, "{decision}");
}

#[tokio::test]
async fn without_a_proof_the_base_wins_after_the_time_that_was_set() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 60).await;
    let campaign = account.outreach_campaign(&tested(40)).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.stands_in(&id, ExecutionStatus::Testing).await;
    let [base, other] = world.texts(&reached);
    world.count_clicks(&campaign, "var1", 1).await;
    world.pass_to_planning(25 * 60_000).await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Testing, "it is too early");
    world.pass_the_wait();
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.texts(&reached), [60 - other, other], "{base} had the base before");
    assert_eq!(account.shown(&campaign).await["abTests"][0]["winner"], "msg1");
}

#[tokio::test]
async fn a_test_that_is_paused_is_decided_after_it_is_resumed_and_a_cancelled_one_never() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 30).await;
    let campaign = account.outreach_campaign(&tested(50)).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.stands_in(&id, ExecutionStatus::Testing).await;
    let sent: usize = world.texts(&reached).iter().sum();
    account.v1("POST", &format!("campaigns/{campaign}/pause"), &Value::Null).await.success(200);
    world.pass_to_planning(45 * 60_000).await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Paused);
    assert_eq!(world.texts(&reached).iter().sum::<usize>(), sent, "nothing left while it was paused");
    account.v1("POST", &format!("campaigns/{campaign}/resume"), &Value::Null).await.success(200);
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.sent_times(&reached), [(1, 30)].into());

    let other = account.outreach_campaign(&tested(50)).await;
    let id = account.execute(&other, &json!({})).await;
    world.stands_in(&id, ExecutionStatus::Testing).await;
    account.v1("PUT", &format!("campaigns/{other}"), &json!({"status": "cancelled"})).await.success(200);
    world.pass_to_planning(45 * 60_000).await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Cancelled);
}

#[tokio::test]
async fn a_share_in_which_nobody_is_leaves_everybody_to_the_base() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 3).await;
    let mut body = tested(1);
    body["abTest"]["testPercentage"] = json!(0.0001);
    let campaign = account.outreach_campaign(&body).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.stands_in(&id, ExecutionStatus::Testing).await;
    world.pass_the_wait();
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.texts(&reached), [3, 0]);
}

#[tokio::test]
async fn a_planner_that_dies_at_a_decision_has_everybody_sent_to_once() {
    use local::faults::Death;
    use shared::queue::PlanTask;

    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 4).await;
    let mut deaths = 0;
    for death in
        (0..).step_by(3).flat_map(|calls| [false, true].map(|lost_answer| Death { calls, lost_answer }))
    {
        let before = world.simulator.sends();
        let campaign = account.outreach_campaign(&tested(50)).await;
        let id = account.execute(&campaign, &json!({})).await;
        world.stands_in(&id, ExecutionStatus::Testing).await;
        world.pass_the_wait();
        let task = PlanTask::BeginV1 { account: ACCOUNT, execution: ExecutionId::parse(&id).unwrap() };
        world.faults.kill("broadcast-planner", death);
        world.plan(&task).await;
        let died = world.faults.revive("broadcast-planner");
        world.ended_in_time(ACCOUNT, &id).await;
        assert_eq!(world.sent_times_since(&before, &reached), [(1, 4)].into(), "{death:?}");
        world.figures_agree(ACCOUNT, &campaign, &id).await;
        if !died && !death.lost_answer {
            break;
        }
        deaths += 1;
    }
    assert!(deaths >= 6, "{deaths}");
}

#[tokio::test]
async fn a_test_that_makes_no_sense_is_refused_with_what_is_wrong_with_it() {
    let world = World::new().await;
    let account = world.account();
    let faulty = [
        ("testPercentage", json!(100)),
        ("testPercentage", Value::Null),
        ("waitMinutes", json!(0)),
        ("waitMinutes", json!(1.5)),
        ("metric", json!("opened")),
        ("minPerArm", json!(0)),
        ("confidence", json!(95)),
    ];
    for (field, value) in faulty {
        let mut body = tested(20);
        (body["abTest"][field], body["name"], body["type"]) = (value.clone(), json!("x"), json!("message"));
        let refused = account.v1("POST", "campaigns", &body).await;
        assert_eq!(refused.failure(), (400, "VALIDATION_ERROR".to_owned()), "{field} {value}");
        assert_eq!(refused.faulty_fields(), [format!("abTest.{field}")], "{value}");
    }
    let mut body = tested(20);
    (body["messages"], body["name"], body["type"]) =
        (json!([{"content": "x"}]), json!("x"), json!("message"));
    assert_eq!(account.v1("POST", "campaigns", &body).await.faulty_fields(), ["abTest"]);
}
