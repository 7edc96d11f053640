//! An execution that is paused, cancelled or deleted midway, and one that goes on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shared::domain::outreach::ExecutionStatus;
use shared::ids::{AccountId, BotId, BotKey, ExecutionId};
use shared::store::AccountStatus;

use crate::world::{Account, Reached, World};

const ACCOUNT: AccountId = AccountId(1);

/// How many messages of a lane may leave after the answer to a pause.
const AFTER_PAUSE: u64 = 10;

/// Within what time no lane has a message on its way any more; a machine that is busy with other tests takes longer.
const DRAINED: Duration = Duration::from_secs(if cfg!(feature = "many") { 2 } else { 10 });

/// Within what time a resumed execution sends; a sweep comes once a minute.
const GOES_ON: Duration = Duration::from_secs(20);

impl World {
    fn sent(&self) -> u64 {
        self.simulator.sends().values().sum()
    }

    /// How many messages leave after now until an execution is drained, which takes no longer than it may.
    async fn drained(&self, account: &Account, campaign: &str) -> u64 {
        let (sent, begun) = (self.sent(), Instant::now());
        while account.progress(campaign).await["drained"] != json!(true) {
            assert!(begun.elapsed() < DRAINED, "not drained after {:?}", begun.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let drained = self.sent();
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(self.sent(), drained, "nothing leaves any more");
        drained - sent
    }

    async fn sending(&self, account: &Account) -> (Vec<Reached>, String, String) {
        let reached = self.reached(account, 2, 70).await;
        let campaign = account.outreach_campaign(&json!({})).await;
        let id = account.execute(&campaign, &json!({})).await;
        self.until("some are sent to", async || self.sent() >= 30).await;
        (reached, campaign, id)
    }
}

#[tokio::test]
async fn a_pause_stops_within_ten_messages_and_a_resume_goes_on_after_a_restart() {
    let world = World::hurrying_durable().await;
    let account = world.account();
    let (reached, campaign, id) = world.sending(&account).await;
    let progress = account.progress(&campaign).await;
    assert_eq!((&progress["status"], &progress["drained"]), (&json!("running"), &json!(false)));
    account.go(&campaign, "pause").await;
    assert!(world.drained(&account, &campaign).await <= 2 * AFTER_PAUSE);
    let sent = usize::try_from(world.sent()).unwrap();
    let outcomes = world.outcomes(ACCOUNT, &id).await;
    assert_eq!(outcomes, [("delivered", sent), ("none", 140 - sent)].into());

    let world = world.restart().await;
    let account = world.account();
    let progress = account.progress(&campaign).await;
    assert_eq!((&progress["status"], &progress["drained"]), (&json!("paused"), &json!(true)));
    let (before, resumed) = (world.sent(), Instant::now());
    account.go(&campaign, "resume").await;
    world.until("it goes on", async || world.sent() > before).await;
    assert!(resumed.elapsed() < GOES_ON, "by itself, and not by a sweep: {:?}", resumed.elapsed());
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 140)].into());
    let everybody = reached.iter().flat_map(|reached| &reached.people);
    assert!(everybody.clone().all(|user| world.messages(*user).len() == 1));
    assert_eq!(world.sent(), 140 - u64::try_from(sent).unwrap(), "those who had it are not sent to again");
    world.figures_agree(ACCOUNT, &campaign, &id).await;
    assert_eq!(account.progress(&campaign).await["drained"], true);
}

#[tokio::test]
async fn a_pause_at_any_moment_holds_what_it_answers() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 260).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.until("some are sent to", async || world.sent() >= 5).await;
    for pause in 0..6 {
        tokio::time::sleep(Duration::from_millis(170 + 60 * pause)).await;
        account.go(&campaign, "pause").await;
        assert!(world.drained(&account, &campaign).await <= AFTER_PAUSE);
        account.go(&campaign, "resume").await;
        let sent = world.sent();
        world.in_time("it goes on", async || world.sent() > sent).await;
    }
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.sent_times(&reached), [(1, 260)].into());
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 260)].into());
    world.figures_agree(ACCOUNT, &campaign, &id).await;
}

#[tokio::test]
async fn a_cancelled_execution_stops_within_ten_messages() {
    let world = World::new().await;
    let account = world.account();
    let (_, campaign, id) = world.sending(&account).await;
    let body = json!({"status": "cancelled"});
    account.v1("PUT", &format!("campaigns/{campaign}"), &body).await.success(200);
    assert!(world.drained(&account, &campaign).await <= 2 * AFTER_PAUSE);
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Cancelled);
    world.settle().await;
    let sent = usize::try_from(world.sent()).unwrap();
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", sent), ("none", 140 - sent)].into());
}

#[tokio::test]
async fn a_campaign_that_is_cancelled_and_deleted_leaves_its_lanes_to_others() {
    let world = World::new().await;
    let account = world.account();
    let (reached, campaign, id) = world.sending(&account).await;
    let body = json!({"status": "cancelled"});
    account.v1("PUT", &format!("campaigns/{campaign}"), &body).await.success(200);
    account.v1("DELETE", &format!("campaigns/{campaign}"), &Value::Null).await.success(200);
    let id = ExecutionId::parse(&id).unwrap();
    let execution = world.system.app.store.execution(ACCOUNT, &id).await.unwrap();
    let status = execution.map(|execution| execution.status);
    assert!(status.is_none_or(ExecutionStatus::is_over), "{status:?}");
    let before = world.simulator.sends();
    let next = account.outreach_campaign(&json!({"name": "Next"})).await;
    let id = account.execute(&next, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.sent_times_since(&before, &reached), [(1, 140)].into());
}

#[tokio::test]
async fn a_lane_rests_while_its_account_is_suspended() {
    let world = World::hurrying().await;
    let (account, app) = (world.account(), &world.system.app);
    let reached = world.reached(&account, 1, 12).await;
    let bot = BotKey { account: ACCOUNT, bot: BotId(reached[0].bot.id) };
    app.store.close_gate(bot, app.clock.now_ms() + 30_000).await.unwrap();
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    let is_running = async || world.execution(ACCOUNT, &id).await.status == ExecutionStatus::Running;
    world.until("it is planned", is_running).await;
    app.set_account_status(ACCOUNT, AccountStatus::Suspended).await.unwrap();
    let until = app.clock.now() + 600;
    world.in_time("ten minutes pass", async || app.clock.now() > until).await;
    assert_eq!(world.sent(), 0);
    app.set_account_status(ACCOUNT, AccountStatus::Active).await.unwrap();
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 12)].into());
}
