use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared::app::StepSize;
use shared::domain::fact_clock::FactClock;
use shared::domain::outreach::{Execution, Recipient};
use shared::domain::person::Person;
use shared::ids::{AccountId, BotId, BotKey, ExecutionId, UserId};
use shared::queue::PlanTask;
use shared::store::CONTACT_SHARDS;

use super::{Account, ConnectedBot, World};

/// The first of the people that [`World::contacts`] makes.
pub const FIRST_CONTACT: i64 = 7_000_000_000;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// A connected bot, and who started it long ago.
pub struct Reached {
    pub bot: ConnectedBot,
    pub people: Vec<i64>,
}

impl World {
    /// So many bots that Telegram knows, and so many people on Telegram who started each.
    pub async fn reached(&self, account: &Account, bots: usize, people: usize) -> Vec<Reached> {
        let mut reached = Vec::new();
        for number in 0..bots {
            let bot = self.connect_bot(account, &format!("outreach{number}_bot")).await;
            let people = self.simulator.create_starters(bot.tg, people).unwrap();
            let key = BotKey { account: account.id, bot: BotId(bot.id) };
            let record = |user: i64| async move {
                let person =
                    Person { user: UserId(user), first_name: format!("P{user}"), ..Person::default() };
                let clock = FactClock { date: 10, update: 1 };
                self.system.app.store.record_contact(key, &person, clock).await.unwrap();
            };
            stream::iter(people.iter().copied().map(record)).buffer_unordered(16).collect::<Vec<_>>().await;
            reached.push(Reached { bot, people });
        }
        reached
    }

    /// So many people, each of whom started one of so many bots. The bots keep silent for a day, so that nothing is sent.
    pub async fn contacts(&self, account: AccountId, bots: u64, people: std::ops::Range<i64>) {
        let until_ms = self.system.app.clock.now_ms() + DAY_MS;
        for bot in 1..=bots {
            let bot = BotKey { account, bot: BotId(bot) };
            self.system.app.store.close_gate(bot, until_ms).await.unwrap();
        }
        let record = |number: i64| async move {
            let bot = BotKey { account, bot: BotId(number.unsigned_abs() % bots + 1) };
            let person = Person { user: UserId(FIRST_CONTACT + number), ..Person::default() };
            let clock = FactClock { date: 10, update: 1 };
            self.system.app.store.record_contact(bot, &person, clock).await.unwrap();
        };
        stream::iter(people.map(record)).buffer_unordered(16).collect::<Vec<_>>().await;
    }

    /// Has broadcast-planner carry out one task; whether it is to be received again.
    pub async fn plan(&self, task: &PlanTask) -> bool {
        let record = json!({"messageId": "1", "receiptHandle": "1", "body": task.spelled().unwrap(),
            "attributes": {}, "messageAttributes": {}});
        let event = json!({"Records": [record]});
        let answer = self.system.cloud.invoke("broadcast-planner", event).await.unwrap();
        !answer["batchItemFailures"].as_array().unwrap().is_empty()
    }

    /// Plans an execution to its end, without the queue.
    pub async fn plan_wholly(&self, account: AccountId, id: &ExecutionId) {
        let (app, size) = (&self.system.app, StepSize::default());
        let shard = async |shard| while app.plan_step(account, id, shard, size).await.unwrap() {};
        stream::iter(0..CONTACT_SHARDS).map(shard).buffer_unordered(8).collect::<Vec<_>>().await;
        let last = PlanTask::ShardV1 { account, execution: id.clone(), shard: 0 };
        assert!(!self.plan(&last).await);
    }

    /// An execution as it is.
    pub async fn execution(&self, account: AccountId, id: &str) -> Execution {
        self.system.app.outreach_execution(account, &ExecutionId::parse(id).unwrap()).await.unwrap()
    }

    /// Waits until an execution is over.
    pub async fn ended(&self, account: AccountId, execution: &str) {
        self.until("the execution is over", async || {
            self.execution(account, execution).await.status.is_over()
        })
        .await;
    }

    /// Everybody in the chunks of an execution, in no order, after a look at each chunk.
    pub async fn recipients(&self, account: AccountId, execution: &Execution) -> Vec<(BotId, Recipient)> {
        let mut found = Vec::new();
        for part in &execution.bots {
            let chunks = self.system.app.store.chunks(account, &execution.id, part.bot).await.unwrap();
            assert_eq!(u64::try_from(chunks.len()).unwrap(), part.chunks);
            for chunk in chunks {
                let recipients = Recipient::read_all(&chunk.recipients).unwrap();
                assert!(chunk.bot == part.bot && (1..=100).contains(&recipients.len()));
                assert_eq!(u64::try_from(recipients.len()).unwrap(), chunk.count);
                found.extend(recipients.into_iter().map(|recipient| (chunk.bot, recipient)));
            }
        }
        found
    }
}

impl Account {
    /// Executes a campaign, and answers the execution's id.
    pub async fn execute(&self, campaign: &str, order: &Value) -> String {
        let reply = self.v1("POST", &format!("campaigns/{campaign}/execute"), order).await;
        reply.success(202)["executionId"].as_str().unwrap().to_owned()
    }

    /// Has a campaign to a segment go on, whose next time is planned then; and gives it up.
    pub async fn resume_what_recurs(&self) {
        let rule = json!({"field": "conversions", "op": "gte", "value": 0});
        let segment = json!({"name": "All", "match": "all", "rules": [rule]});
        let segment = self.v1("POST", "segments", &segment).await.success(201)["id"].take();
        let id = self.outreach_campaign(&json!({"targetAudience": {"segments": [segment]}})).await;
        let path = format!("campaigns/{id}");
        let daily = json!({"recurrence": {"every": "day", "time": "09:00"}});
        for (method, path, body) in [
            ("PUT", path.clone(), json!({"status": "active"})),
            ("PUT", path.clone(), json!({"status": "paused", "strategy": daily})),
            ("POST", format!("{path}/resume"), Value::Null),
            ("PUT", path, json!({"status": "cancelled"})),
        ] {
            self.v1(method, &path, &body).await.success(200);
        }
    }

    /// A campaign as it is shown by itself.
    pub async fn shown(&self, campaign: &str) -> Value {
        self.v1("GET", &format!("campaigns/{campaign}"), &Value::Null).await.success(200)
    }
}
