use std::time::Duration;

use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared::app::StepSize;
use shared::domain::fact_clock::FactClock;
use shared::domain::outreach::{BotPart, Execution, ExecutionStatus, Recipient};
use shared::domain::person::Person;
use shared::ids::{AccountId, BotId, BotKey, ExecutionId, UserId};
use shared::queue::PlanTask;
use shared::store::{
    CONTACT_SHARDS, Chunk, ChunkState, ExecutionChange, PlannedShard, ShardStep, contact_shard,
};

use super::{Account, ConnectedBot, SENT, World};

/// The first of the people that [`World::contacts`] makes.
pub const FIRST_CONTACT: i64 = 7_000_000_000;

/// Between looks at an execution.
const LOOK_AT_EXECUTION: Duration = Duration::from_millis(50);

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
            self.record_starters(BotKey { account: account.id, bot: BotId(bot.id) }, &people).await;
            reached.push(Reached { bot, people });
        }
        reached
    }

    /// A bot, and so many people who started it, all of whom are planned with one shard, so that a chunk has many.
    pub async fn reached_in_one_shard(&self, account: &Account, people: usize) -> Reached {
        let mut reached = self.reached(account, 1, 0).await.remove(0);
        let mut starters = self.simulator.create_starters(reached.bot.tg, 128 * people).unwrap();
        starters.retain(|user| contact_shard(UserId(*user)) == 0);
        starters.truncate(people);
        assert_eq!(starters.len(), people);
        self.record_starters(BotKey { account: account.id, bot: BotId(reached.bot.id) }, &starters).await;
        reached.people = starters;
        reached
    }

    async fn record_starters(&self, bot: BotKey, people: &[i64]) {
        let record = |user: i64| async move {
            let person = Person { user: UserId(user), first_name: format!("P{user}"), ..Person::default() };
            let clock = FactClock { date: 10, update: 1 };
            self.system.app.store.record_contact(bot, &person, clock).await.unwrap();
        };
        stream::iter(people.iter().copied().map(record)).buffer_unordered(16).collect::<Vec<_>>().await;
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

    /// Plans every shard of an execution, without the queue.
    pub async fn plan_shards(&self, account: AccountId, id: &ExecutionId) {
        let (app, size) = (&self.system.app, StepSize::default());
        let shard = async |shard| while app.plan_step(account, id, shard, size).await.unwrap() {};
        stream::iter(0..CONTACT_SHARDS).map(shard).buffer_unordered(8).collect::<Vec<_>>().await;
    }

    /// Plans an execution to its end, without the queue.
    pub async fn plan_wholly(&self, account: AccountId, id: &ExecutionId) {
        self.plan_shards(account, id).await;
        let last = PlanTask::ShardV1 { account, execution: id.clone(), shard: 0 };
        assert!(!self.plan(&last).await);
    }

    /// Lets so much time pass, and has planned what begins by then, however busy the machine is.
    pub async fn pass_to_planning(&self, ms: i64) {
        self.system.app.clock.advance_ms(ms);
        self.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
        self.planned().await;
    }

    /// Waits until everything is planned that is to be, however busy the machine is.
    pub async fn planned(&self) {
        self.settle_within(Duration::from_secs(120)).await;
    }

    /// An execution as it is.
    pub async fn execution(&self, account: AccountId, id: &str) -> Execution {
        let id = ExecutionId::parse(id).unwrap();
        self.system.app.store.execution(account, &id).await.unwrap().unwrap()
    }

    /// Waits until an execution is over.
    pub async fn ended(&self, account: AccountId, execution: &str) {
        let is_over = async || {
            tokio::time::sleep(LOOK_AT_EXECUTION).await;
            self.execution(account, execution).await.status.is_over()
        };
        self.until_within(SENT, "the execution is over", is_over).await;
    }

    /// Has a scheduled execution look planned: of so many chunks of a hundred people who get ten messages each, and got
    /// none so far.
    pub async fn crowd(&self, account: AccountId, id: &str, chunks: u64) {
        let mut execution = self.execution(account, id).await;
        let recipient = |user| Recipient {
            user: UserId(user),
            segment: None,
            variations: vec![0; 10],
            reached: Vec::new(),
        };
        let chunks: Vec<_> = (0..chunks)
            .map(|number| Chunk {
                bot: BotId(1),
                shard: 0,
                number,
                state: ChunkState::Pending,
                count: 100,
                recipients: Recipient::spell_all(
                    &(0..100)
                        .map(|place| recipient(FIRST_CONTACT + number.cast_signed() * 100 + place))
                        .collect::<Vec<_>>(),
                ),
                ledger: None,
            })
            .collect();
        let after = PlannedShard { step: 1, ..PlannedShard::default() };
        let store = &self.system.app.store;
        let step = ShardStep { shard: 0, after: &after, chunks: &chunks };
        assert!(store.write_shard_step(account, &execution.id, step).await.unwrap());
        let from = execution.status;
        execution.move_to(ExecutionStatus::Planning, 1);
        let change = ExecutionChange::Moved { from, execution: &execution, due: None, now_ms: 1 };
        assert!(store.change_execution(account, change).await.unwrap());
        let count = chunks.len() as u64;
        execution.bots = vec![BotPart { bot: BotId(1), recipients: count * 100, chunks: count }];
        execution.move_to(ExecutionStatus::Completed, 1);
        let change = ExecutionChange::Planned(&execution);
        assert!(store.change_execution(account, change).await.unwrap());
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
