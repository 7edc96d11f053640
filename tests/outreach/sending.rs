//! What an execution sends.

use serde_json::json;
use shared::domain::calendar;
use shared::domain::outreach::ExecutionStatus;
use shared::ids::AccountId;
use telegram_simulator::{Faults, Refusal};

use crate::world::World;

const ACCOUNT: AccountId = AccountId(1);

#[tokio::test]
async fn everybody_gets_one_message_and_the_figures_say_so() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 2, 60).await;
    let message = json!({"content": "Hello {{firstName}}", "buttons": [[{"text": "Shop", "url": "https://shop.example/"}]]});
    let campaign = account.outreach_campaign(&json!({"messages": [message]})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;

    let execution = world.execution(ACCOUNT, &id).await;
    assert_eq!(execution.status, ExecutionStatus::Completed);
    assert_eq!(world.sent_times(&reached), [(1, 120)].into());
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 120)].into());
    let user = reached[1].people[7];
    let message = world.simulator.messages_to(user).pop().unwrap();
    assert_eq!(message.text, format!("Hello P{user}"));
    let progress = account.progress(&campaign).await;
    assert_eq!(progress["status"], "completed");
    assert_eq!(progress["progress"]["successful"], 120);
    assert_eq!(progress["progress"]["pending"], 0);
    let shown = account.shown(&campaign).await;
    assert_eq!(shown["status"], "completed");
    let statistics = &shown["statistics"];
    assert_eq!(statistics["messagesSent"], 120);
    assert_eq!(
        (&statistics["completedTasks"], &statistics["failedTasks"]),
        (&statistics["totalTasks"], &json!(0))
    );
}

#[tokio::test]
async fn refusals_are_counted_by_their_codes_and_floods_lose_nobody() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 100).await;
    let refusals = [(429, 0.02, Some(1)), (403, 0.1, None)].map(|(code, share, retry_after)| Refusal {
        code,
        share,
        retry_after,
        ..Refusal::default()
    });
    world.simulator.set_faults(Faults { seed: 5, refuse: refusals.into(), ..Faults::default() });
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    let outcomes = world.outcomes(ACCOUNT, &id).await;
    let (delivered, blocked) = (outcomes["delivered"], outcomes["USER_BLOCKED"]);
    assert_eq!(delivered + blocked, 100, "{outcomes:?}");
    assert!(blocked > 0);
    assert_eq!(world.sent_times(&reached), [(0, blocked), (1, delivered)].into());
    let tally = account.progress(&campaign).await["progress"].clone();
    assert_eq!((&tally["successful"], &tally["failed"]), (&json!(delivered), &json!(blocked)));
}

#[tokio::test]
async fn a_test_leaves_its_testers_to_the_real_execution() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 3).await;
    let testers = json!({"testers": [reached[0].people[1].to_string()]});
    account.v1("PUT", "testers", &testers).await.success(200);
    let campaign = account.outreach_campaign(&json!({})).await;
    let test = account.execute(&campaign, &json!({"testMode": true})).await;
    world.ended(ACCOUNT, &test).await;
    let real = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &real).await;
    assert_eq!(world.sent_times(&reached), [(1, 2), (2, 1)].into());
}

#[tokio::test]
async fn a_test_of_a_campaign_whose_end_date_is_over_reaches_its_testers() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 2).await;
    let testers = json!({"testers": [reached[0].people[0].to_string()]});
    account.v1("PUT", "testers", &testers).await.success(200);
    let clock = &world.system.app.clock;
    let campaign = account.outreach_campaign(&json!({"endDate": calendar::iso_time(clock.now() + 60)})).await;
    clock.advance_ms(120_000);
    let test = account.execute(&campaign, &json!({"testMode": true})).await;
    world.ended(ACCOUNT, &test).await;
    assert_eq!(world.outcomes(ACCOUNT, &test).await, [("delivered", 1)].into());
}

#[tokio::test]
async fn a_ramp_from_ten_to_a_hundred_per_cent_repeats_and_forgets_nobody() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 2, 40).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let mut before = 0;
    for percentage in [10, 50, 100] {
        let id = account.execute(&campaign, &json!({"targetPercentage": percentage})).await;
        world.ended(ACCOUNT, &id).await;
        let times = world.sent_times(&reached);
        assert!(times.keys().all(|times| *times <= 1), "{times:?}");
        let sent = times.get(&1).copied().unwrap_or_default();
        assert_eq!(
            world.outcomes(ACCOUNT, &id).await.get("delivered").copied().unwrap_or_default(),
            sent - before
        );
        assert!(sent > before, "{percentage} % are more than before: {sent}");
        before = sent;
    }
    assert_eq!(before, 80);
}
