//! What became of those whom executions reach: by the ledgers, by the figures, and by what Telegram saw.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::domain::outreach::{LaneTally, Ledger, Outcome, SkipReason};
use shared::ids::{AccountId, OutreachCampaignId};

use super::{Account, Reached, World};

/// What the simulator counted so far, by (bot, person).
pub type Sends = BTreeMap<(i64, i64), u64>;

impl World {
    /// What became of everybody, from the ledgers: how many of each kind.
    pub async fn outcomes(&self, account: AccountId, execution: &str) -> BTreeMap<&'static str, usize> {
        let execution = self.execution(account, execution).await;
        let mut counts = BTreeMap::new();
        for part in &execution.bots {
            for chunk in self.system.app.store.chunks(account, &execution.id, part.bot).await.unwrap() {
                let messages = usize::try_from(chunk.count * execution.messages).unwrap();
                let ledger = chunk.ledger.map_or(Ledger::new(messages), |text| text.parse().unwrap());
                let outcomes: Vec<_> = ledger.outcomes().collect();
                assert_eq!(outcomes.len(), messages);
                outcomes.into_iter().for_each(|outcome| *counts.entry(name(outcome)).or_default() += 1);
            }
        }
        counts
    }

    /// How many people got so many messages each since then.
    pub fn sent_times_since(&self, before: &Sends, reached: &[Reached]) -> BTreeMap<u64, usize> {
        let sends = self.simulator.sends();
        let count = |sends: &Sends, key| sends.get(&key).copied().unwrap_or_default();
        let mut times = BTreeMap::new();
        for Reached { bot, people } in reached {
            for user in people {
                let key = (bot.tg, *user);
                *times.entry(count(&sends, key) - count(before, key)).or_default() += 1;
            }
        }
        times
    }

    /// How many people got so many messages each.
    pub fn sent_times(&self, reached: &[Reached]) -> BTreeMap<u64, usize> {
        self.sent_times_since(&Sends::new(), reached)
    }

    /// Checks that what was counted of the only execution of a campaign is what the ledgers say, everywhere it was counted.
    pub async fn figures_agree(&self, account: AccountId, campaign: &str, execution: &str) {
        let outcomes = self.outcomes(account, execution).await;
        let execution = self.execution(account, execution).await;
        let (store, id) = (&self.system.app.store, OutreachCampaignId::parse(campaign).unwrap());
        let mut tally = LaneTally::default();
        store.lanes(account, &execution.id).await.unwrap().iter().for_each(|(_, lane)| tally.merge(lane));
        let of = |name: &str| u64::try_from(outcomes.get(name).copied().unwrap_or_default()).unwrap();
        let (delivered, unknown, all) = (of("delivered"), of("unknown"), outcomes.values().sum::<usize>());
        let is_failure =
            |name: &&&str| !OTHERS.contains(*name) && SkipReason::names().all(|skip| skip != **name);
        let failed: u64 = outcomes.keys().filter(is_failure).map(|name| of(name)).sum();
        assert_eq!(
            (tally.successful, tally.failed, tally.unknown),
            (delivered, failed, unknown),
            "{outcomes:?}"
        );
        let skipped: u64 = SkipReason::names().map(of).sum();
        assert_eq!(tally.skipped, skipped, "{outcomes:?}");
        for (error, count) in &tally.errors {
            let name = if error.code() == "UNKNOWN_OUTCOME" { "unknown" } else { error.code() };
            assert_eq!(*count, of(name), "{name}: {outcomes:?}");
        }
        let total = store.outreach_counters(account, &id).await.unwrap();
        assert_eq!((total.sent, total.delivered), (delivered + failed, delivered));
        if of("none") == 0 {
            assert_eq!(total.tasks, total.tasks_done + total.tasks_failed);
        }
        let app = &self.system.app;
        let days = app.outreach_statistics(account, &id, shared::app::OutreachPeriod::All).await.unwrap();
        let by_day = days.timeline.iter().map(|(_, day)| (day.sent, day.delivered));
        let by_day = by_day.fold((0, 0), |sum, day| (sum.0 + day.0, sum.1 + day.1));
        assert_eq!(by_day, (total.sent, total.delivered));
        assert_eq!(u64::try_from(all).unwrap(), execution.messages_in_all());
    }
}

impl Account {
    /// How far a campaign is.
    pub async fn progress(&self, campaign: &str) -> Value {
        self.v1("GET", &format!("campaigns/{campaign}/progress"), &Value::Null).await.success(200)
    }

    /// Pauses or resumes a campaign.
    pub async fn go(&self, campaign: &str, verb: &str) {
        self.v1("POST", &format!("campaigns/{campaign}/{verb}"), &Value::Null).await.success(200);
    }
}

/// What is neither an error nor a reason to skip somebody.
const OTHERS: [&str; 3] = ["delivered", "unknown", "none"];

fn name(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Delivered(_)) => "delivered",
        Some(Outcome::Failed(error)) => error.code(),
        Some(Outcome::Skipped(reason)) => reason.name(),
        Some(Outcome::Unknown) => "unknown",
        None => "none",
    }
}
