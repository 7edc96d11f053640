//! Quiet hours: who may be written to is, the others wait, and nobody is lost.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::calendar;
use shared::domain::outreach::ExecutionStatus;
use shared::ids::{AccountId, BotId, BotKey};

use crate::world::{Account, Reached, World};

const ACCOUNT: AccountId = AccountId(1);

const HOUR_MS: i64 = 3_600_000;

/// A world in which it is this time.
pub async fn world_at(time: &str) -> World {
    let shift_ms = calendar::parse_iso_time(time).unwrap() * 1000 - Clock::System.now_ms();
    World::with(|options| options.clock = Clock::shifted(shift_ms)).await
}

async fn lives_in(account: &Account, user: i64, zone: &str) {
    let body = json!({"attributes": {"timeZone": zone}});
    account.v1("PUT", &format!("subscribers/{user}"), &body).await.success(200);
}

impl World {
    /// Waits until so many of a bot's people got a message, and the lane has nothing to do; nobody got two.
    async fn reached_in_all(&self, reached: &Reached, count: u64) {
        let sends = || -> Vec<_> {
            let sends = self.simulator.sends();
            reached.people.iter().filter_map(|user| sends.get(&(reached.bot.tg, *user)).copied()).collect()
        };
        let bot = BotKey { account: ACCOUNT, bot: BotId(reached.bot.id) };
        self.until(&format!("{count} have a message"), async || {
            sends().iter().sum::<u64>() >= count && self.system.app.store.lane(bot).await.unwrap().idle
        })
        .await;
        assert_eq!(u64::try_from(sends().len()).unwrap(), count);
        assert!(sends().iter().all(|times| *times == 1));
    }
}

#[tokio::test]
async fn who_may_be_written_to_is_and_the_others_get_theirs_when_their_night_is_over() {
    let world = world_at("2026-07-01T20:30:00Z").await;
    let account = world.account();
    let reached = world.reached(&account, 1, 40).await.remove(0);
    // Half past four in the afternoon, and half past five in the morning.
    for user in &reached.people[0..4] {
        lives_in(&account, *user, "America/New_York").await;
    }
    for user in &reached.people[4..7] {
        lives_in(&account, *user, "Asia/Tokyo").await;
    }
    lives_in(&account, reached.people[7], "Atlantis").await;
    let strategy = json!({"quietHours": {"from": "20:00", "to": "08:00", "timeZone": "UTC"}});
    let campaign = account.outreach_campaign(&json!({"strategy": strategy})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.reached_in_all(&reached, 4).await;
    let execution = world.execution(ACCOUNT, &id).await;
    assert_eq!(execution.status, ExecutionStatus::Running, "the others wait");

    world.pass_time(2 * HOUR_MS).await;
    world.reached_in_all(&reached, 4).await;
    let bot = BotKey { account: ACCOUNT, bot: BotId(reached.bot.id) };
    let taken = world.system.app.store.lane(bot).await.unwrap().fence;
    assert!(taken < 5, "the lane rests instead of looking again and again: {taken}");
    // Eight in Tokyo, where it is an hour before midnight in UTC.
    world.pass_time(HOUR_MS / 2 + 1_000).await;
    world.reached_in_all(&reached, 7).await;
    // One sweep of all these minutes would take longer than it may.
    for _ in 0..9 {
        world.pass_time(HOUR_MS).await;
    }
    world.ended(ACCOUNT, &id).await;
    world.reached_in_all(&reached, 40).await;
    assert_eq!(account.shown(&campaign).await["status"], "completed");
}

#[tokio::test]
async fn another_campaign_goes_by_while_one_waits_and_a_change_of_the_hours_counts() {
    let world = world_at("2026-07-01T23:00:00Z").await;
    let account = world.account();
    let reached = world.reached(&account, 1, 5).await.remove(0);
    let strategy = json!({"quietHours": {"from": "22:00", "to": "08:00"}});
    let quiet = account.outreach_campaign(&json!({"strategy": strategy})).await;
    let waits = account.execute(&quiet, &json!({"priority": "high"})).await;
    world
        .until("it waits", async || {
            let progress = account.v1("GET", &format!("campaigns/{quiet}/progress"), &Value::Null).await;
            progress.success(200)["status"] == "running"
        })
        .await;
    let loud = account.outreach_campaign(&json!({})).await;
    let goes = account.execute(&loud, &json!({"priority": "low"})).await;
    world.ended(ACCOUNT, &goes).await;
    world.reached_in_all(&reached, 5).await;
    assert_eq!(world.execution(ACCOUNT, &waits).await.status, ExecutionStatus::Running);
    let change = json!({"strategy": {"quietHours": null}});
    account.v1("PUT", &format!("campaigns/{quiet}"), &change).await.success(200);
    world.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
    world.ended(ACCOUNT, &waits).await;
    let sends = world.simulator.sends();
    assert!(reached.people.iter().all(|user| sends[&(reached.bot.tg, *user)] == 2));
}
