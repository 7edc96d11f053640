//! Who is held out of a campaign, and what is told by comparing them with those whom it reached.

use local::faults::Death;
use serde_json::{Value, json};
use shared::ids::{AccountId, OutreachCampaignId, UserId};

use crate::world::{Account, Reached, World};

const ACCOUNT: AccountId = AccountId(1);

/// Longer than a message is followed by conversions, in milliseconds.
const LATER_MS: i64 = 73 * 3_600_000;

/// Half of them get nothing.
fn half() -> Value {
    json!({"strategy": {"holdoutPercentage": 50}})
}

impl Account {
    async fn held_out(&self, campaign: &str) -> (Value, Value) {
        let path = format!("campaigns/{campaign}/statistics");
        let mut shown = self.v1("GET", &path, &Value::Null).await.success(200);
        (shown["holdout"].take(), shown["metricQuality"]["lift"].take())
    }

    async fn converts(&self, user: i64) {
        let body = json!({"subscriberId": user.to_string(), "value": 5});
        let code = self.v1("POST", "conversions", &body).await.code;
        assert!(code == 201 || code == 200, "{code}");
    }
}

impl World {
    /// Sends a campaign; whom it reached, and whom it held out.
    async fn halved(&self, account: &Account, reached: &Reached, changes: &Value) -> (String, [Vec<i64>; 2]) {
        let before = self.simulator.sends();
        let campaign = account.outreach_campaign(changes).await;
        let id = account.execute(&campaign, &json!({})).await;
        self.ended_in_time(ACCOUNT, &id).await;
        let after = self.simulator.sends();
        let got = |user: &i64| after.get(&(reached.bot.tg, *user)) > before.get(&(reached.bot.tg, *user));
        let (treated, held_out) = reached.people.iter().partition(|user| got(user));
        (campaign, [treated, held_out])
    }
}

#[tokio::test]
async fn the_lift_compares_those_who_got_it_with_those_who_would_have() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 240).await.remove(0);
    let (campaign, [treated, held_out]) = world.halved(&account, &reached, &half()).await;
    let (shown, quality) = account.held_out(&campaign).await;
    let nobody = json!({"percentage": 50, "period": "all", "people": held_out.len(), "converted": 0,
        "conversionRate": 0.0, "treated": {"people": treated.len(), "converted": 0, "conversionRate": 0.0},
        "lift": null, "pValue": null, "significant": null});
    assert_eq!((shown, quality), (nobody, json!("too_few_people")));
    for user in treated.iter().take(40).chain(held_out.iter().take(10)) {
        account.converts(*user).await;
    }
    // Another conversion of the same person, in another minute, counts nobody anew.
    world.system.app.clock.advance_ms(61_000);
    account.converts(held_out[0]).await;
    let (shown, quality) = account.held_out(&campaign).await;
    assert_eq!((&shown["converted"], &shown["treated"]["converted"]), (&json!(10), &json!(40)));
    let share = |count: usize, people: &[i64]| count as f64 / people.len() as f64;
    let expected = (share(40, &treated) / share(10, &held_out) - 1.0) * 100.0;
    assert!((shown["lift"].as_f64().unwrap() - expected).abs() < 0.01, "{shown} {expected}");
    assert!(shown["pValue"].as_f64().unwrap() < 0.01, "{shown}");
    assert_eq!((&shown["significant"], quality), (&json!(true), json!("estimated")));
    // Who is reached by another campaign since then converts for that one.
    let other = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&other, &json!({})).await;
    world.ended_in_time(ACCOUNT, &id).await;
    account.converts(held_out[20]).await;
    assert_eq!(account.held_out(&campaign).await.0["converted"], json!(10));
    // Who is erased is named no more, and what was counted stays.
    account.v1("DELETE", &format!("subscribers/{}", held_out[0]), &Value::Null).await;
    let is_gone = async || world.naming(&format!("CONVOF#1#{}", held_out[0])).await.is_empty();
    world.in_time("nothing names them", is_gone).await;
    assert_eq!(account.held_out(&campaign).await.0["converted"], json!(10));
}

#[tokio::test]
async fn a_conversion_counts_with_the_hold_out_for_three_days_of_each_time() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 24).await.remove(0);
    let (campaign, [_, held_out]) = world.halved(&account, &reached, &half()).await;
    world.system.app.clock.advance_ms(LATER_MS);
    account.converts(held_out[0]).await;
    assert_eq!(account.held_out(&campaign).await.0["converted"], json!(0));
    let daily = json!({"holdoutPercentage": 50, "recurrence": {"every": "day", "time": "00:00"}});
    let recurring = account.outreach_campaign(&json!({"strategy": daily})).await;
    let id = account.execute(&recurring, &json!({})).await;
    world.ended_in_time(ACCOUNT, &id).await;
    let mut held_out = Vec::new();
    for user in &reached.people {
        let marks = world.system.app.store.held_out_of(ACCOUNT, UserId(*user)).await.unwrap();
        held_out.extend(marks.iter().any(|mark| mark.campaign.as_str() == recurring).then_some(*user));
    }
    // In another minute: they may be the one who converted before.
    world.system.app.clock.advance_ms(61_000);
    account.converts(held_out[0]).await;
    let (shown, quality) = account.held_out(&recurring).await;
    assert_eq!((&shown["people"], &shown["converted"]), (&json!(held_out.len()), &json!(1)));
    assert_eq!((&shown["lift"], quality), (&Value::Null, json!("not_comparable")));
}

#[tokio::test]
async fn an_approved_lead_who_was_held_out_counts() {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    let people: Vec<_> = (0..12).map(|number| world.person(&format!("Person{number}"))).collect();
    for user in &people {
        scene.start(*user, &format!("c{user}"));
    }
    world.settle().await;
    let campaign = scene.account.outreach_campaign(&half()).await;
    let id = scene.account.execute(&campaign, &json!({})).await;
    world.ended_in_time(ACCOUNT, &id).await;
    for user in &people {
        scene.join(*user);
    }
    world.settle().await;
    let all = async || {
        let (shown, _) = scene.account.held_out(&campaign).await;
        let sum = |name: &str| shown[name].as_u64().unwrap() + shown["treated"][name].as_u64().unwrap();
        (sum("people"), sum("converted")) == (12, 12)
    };
    world.until("everybody is in one of the groups, and converted", all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planner_that_dies_at_any_call_holds_everybody_out_once() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 12).await.remove(0);
    let mut deaths = 0;
    for calls in (0..).step_by(37) {
        let death = Death { calls, lost_answer: deaths % 2 == 1 };
        let before = world.simulator.sends();
        let campaign = account.outreach_campaign(&half()).await;
        world.faults.kill("broadcast-planner", death);
        let id = account.execute(&campaign, &json!({})).await;
        let is_over = async || {
            let execution = world.execution(ACCOUNT, &id).await;
            world.faults.has_died("broadcast-planner") || execution.status.is_over()
        };
        world.in_time("it died or has done", is_over).await;
        let has_died = world.faults.revive("broadcast-planner");
        world.ended_in_time(ACCOUNT, &id).await;
        let times = world.sent_times_since(&before, std::slice::from_ref(&reached));
        let parsed = OutreachCampaignId::parse(&campaign).unwrap();
        let figures = world.system.app.store.held_out_figures(ACCOUNT, &parsed).await.unwrap();
        let held_out = times.get(&0).copied().unwrap_or_default();
        assert_eq!(
            (figures.people, figures.converted),
            (u64::try_from(held_out).unwrap(), 0),
            "{death:?}: {times:?}"
        );
        if !has_died {
            break;
        }
        deaths += 1;
    }
    assert!(deaths >= 6, "{deaths}");
}
