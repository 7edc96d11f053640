//! What an execution sends.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::domain::outreach::{ExecutionStatus, Ledger, Outcome};
use shared::ids::AccountId;
use telegram_simulator::{Faults, Refusal};

use crate::world::{Account, Reached, World};

const ACCOUNT: AccountId = AccountId(1);

async fn progress(account: &Account, campaign: &str) -> Value {
    account.v1("GET", &format!("campaigns/{campaign}/progress"), &Value::Null).await.success(200)
}

impl World {
    /// What became of everybody, from the ledgers: how many of each kind, and the ids of the messages.
    pub async fn outcomes(&self, execution: &str) -> BTreeMap<&'static str, usize> {
        let execution = self.execution(ACCOUNT, execution).await;
        let mut counts = BTreeMap::new();
        for part in &execution.bots {
            for chunk in self.system.app.store.chunks(ACCOUNT, &execution.id, part.bot).await.unwrap() {
                let ledger: Ledger = chunk.ledger.unwrap_or_default().parse().unwrap();
                for outcome in ledger.outcomes() {
                    let kind = match outcome {
                        Some(Outcome::Delivered(_)) => "delivered",
                        Some(Outcome::Failed(error)) => error.code(),
                        Some(Outcome::Skipped(reason)) => reason.name(),
                        Some(Outcome::Unknown) => "unknown",
                        None => "none",
                    };
                    *counts.entry(kind).or_default() += 1;
                }
            }
        }
        counts
    }

    /// How many people got so many messages each.
    pub fn sent_times(&self, reached: &[Reached]) -> BTreeMap<u64, usize> {
        let sends = self.simulator.sends();
        let mut times = BTreeMap::new();
        for Reached { bot, people } in reached {
            for user in people {
                *times.entry(sends.get(&(bot.tg, *user)).copied().unwrap_or_default()).or_default() += 1;
            }
        }
        times
    }
}

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
    assert_eq!(world.outcomes(&id).await, [("delivered", 120)].into());
    let user = reached[1].people[7];
    let message = world.simulator.messages_to(user).pop().unwrap();
    assert_eq!(message.text, format!("Hello P{user}"));
    let progress = progress(&account, &campaign).await;
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
    let outcomes = world.outcomes(&id).await;
    let (delivered, blocked) = (outcomes["delivered"], outcomes["USER_BLOCKED"]);
    assert_eq!(delivered + blocked, 100, "{outcomes:?}");
    assert!(blocked > 0);
    assert_eq!(world.sent_times(&reached), [(0, blocked), (1, delivered)].into());
    let tally = progress(&account, &campaign).await["progress"].clone();
    assert_eq!((&tally["successful"], &tally["failed"]), (&json!(delivered), &json!(blocked)));
}
