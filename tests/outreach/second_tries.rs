//! Who is sent to once more.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::outreach::{ExecutionStatus, Ledger};
use shared::ids::{AccountId, BotId, BotKey, ExecutionId};
use shared::store::{LedgerFate, LedgerWrite, OutreachOutcome};
use telegram_simulator::{Faults, Refusal};

use crate::world::{Account, Reached, Reply, World};

const ACCOUNT: AccountId = AccountId(1);

async fn retry(account: &Account, execution: &str, body: &Value) -> Reply {
    account.v1("POST", &format!("executions/{execution}/retry-failed"), body).await
}

impl World {
    /// Refuses a share of messages, by code.
    fn refuse_shares(&self, shares: &[(u16, f64)]) {
        let refuse =
            shares.iter().map(|(code, share)| Refusal { code: *code, share: *share, ..Refusal::default() });
        self.simulator.set_faults(Faults { seed: 5, refuse: refuse.collect(), ..Faults::default() });
    }

    /// How often each recipient got a message, by what came of the first try.
    fn sent_to(&self, reached: &Reached) -> BTreeMap<i64, u64> {
        let sends = self.simulator.sends();
        let times = |user: &i64| (*user, sends.get(&(reached.bot.tg, *user)).copied().unwrap_or_default());
        reached.people.iter().map(times).collect()
    }
}

/// The recipients of an execution by outcome and code.
async fn outcomes(account: &Account, execution: &str) -> BTreeMap<String, Vec<i64>> {
    let (mut found, mut cursor) = (BTreeMap::<_, Vec<_>>::new(), String::new());
    loop {
        let path = format!("executions/{execution}/deliveries?limit=100{cursor}");
        let data = account.v1("GET", &path, &Value::Null).await.success(200);
        for told in data["deliveries"].as_array().unwrap() {
            let kind = told["error"].as_str().unwrap_or("sent").to_owned();
            found.entry(kind).or_default().push(told["recipient"].as_str().unwrap().parse().unwrap());
        }
        let Some(next) = data["pagination"]["next"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn who_failed_for_a_reason_that_may_pass_gets_it_and_nobody_gets_it_twice() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 30).await.remove(0);
    world.refuse_shares(&[(409, 0.2), (403, 0.1)]);
    let campaign = account.outreach_campaign(&json!({})).await;
    let first = account.execute(&campaign, &json!({"priority": "low"})).await;
    world.ended(ACCOUNT, &first).await;
    let before = outcomes(&account, &first).await;
    let failed = &before["TELEGRAM_ERROR"];
    assert!(!failed.is_empty() && !before["USER_BLOCKED"].is_empty());

    world.refuse_shares(&[]);
    let begun = retry(&account, &first, &json!({})).await.success(202);
    assert_eq!(begun["audience"]["reachable"], json!(failed.len()));
    assert_eq!(account.shown(&campaign).await["status"], "active");
    let second = begun["executionId"].as_str().unwrap();
    world.ended(ACCOUNT, second).await;
    let mut got = outcomes(&account, second).await;
    assert_eq!(got.len(), 1);
    let sorted = |mut users: Vec<i64>| {
        users.sort_unstable();
        users
    };
    assert_eq!(sorted(got.remove("sent").unwrap()), sorted(failed.clone()));
    for (user, times) in world.sent_to(&reached) {
        let expected = u64::from(!before["USER_BLOCKED"].contains(&user));
        assert_eq!(times, expected, "{user}");
    }
    assert_eq!(account.shown(&campaign).await["status"], "completed");
    let execution = world.execution(ACCOUNT, second).await;
    assert_eq!(execution.recipients(), u64::try_from(failed.len()).unwrap());
    assert_eq!(execution.priority.name(), "low");

    let again = retry(&account, second, &json!({})).await;
    assert_eq!(again.failure(), (422, "EMPTY_AUDIENCE".to_owned()), "nobody is left");
    let earlier = retry(&account, &first, &json!({})).await;
    assert_eq!(earlier.failure(), (409, "EXECUTION_SUPERSEDED".to_owned()));
}

#[tokio::test]
async fn of_two_messages_only_the_one_that_failed_is_sent_again() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 15).await.remove(0);
    world.refuse_shares(&[(409, 0.3)]);
    let messages = json!([{"content": "One"}, {"content": "Two"}]);
    let campaign = account.outreach_campaign(&json!({"messages": messages})).await;
    let first = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &first).await;
    world.refuse_shares(&[]);
    let begun = retry(&account, &first, &json!({})).await.success(202);
    world.ended(ACCOUNT, begun["executionId"].as_str().unwrap()).await;
    for user in &reached.people {
        let mut texts: Vec<_> =
            world.simulator.messages_to(*user).into_iter().map(|message| message.text).collect();
        texts.sort_unstable();
        assert_eq!(texts, ["One", "Two"], "{user}");
    }
    let second = outcomes(&account, begun["executionId"].as_str().unwrap()).await;
    assert!(second.contains_key("ALREADY_REACHED") && second.contains_key("sent"));
}

#[tokio::test]
async fn who_is_unknown_is_sent_to_again_if_that_is_asked_for() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 12).await.remove(0);
    let faults = Faults { time_out_next: 3, time_out_after_ms: 1, ..Faults::default() };
    world.simulator.set_faults(faults);
    let campaign = account.outreach_campaign(&json!({})).await;
    let first = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &first).await;
    let unknown = outcomes(&account, &first).await["UNKNOWN_OUTCOME"].clone();
    assert_eq!(unknown.len(), 3);
    let kept = retry(&account, &first, &json!({})).await;
    assert_eq!(kept.failure(), (422, "EMPTY_AUDIENCE".to_owned()));
    let wrong = retry(&account, &first, &json!({"onAmbiguous": "maybe"})).await;
    assert_eq!((wrong.failure().0, wrong.faulty_fields()), (400, vec!["onAmbiguous".to_owned()]));
    let begun = retry(&account, &first, &json!({"onAmbiguous": "resend"})).await.success(202);
    world.ended(ACCOUNT, begun["executionId"].as_str().unwrap()).await;
    for (user, times) in world.sent_to(&reached) {
        assert_eq!(times, if unknown.contains(&user) { 2 } else { 1 }, "{user}");
    }
}

#[tokio::test]
async fn a_second_try_is_allowed_where_an_execution_is_and_after_the_end() {
    let world = World::new().await;
    let account = world.account();
    world.reached(&account, 1, 10).await;
    world.refuse_shares(&[(409, 1.0)]);
    let campaign = account.outreach_campaign(&json!({})).await;
    let first = account.execute(&campaign, &json!({"targetPercentage": 99})).await;
    world.ended(ACCOUNT, &first).await;
    account.v1("POST", &format!("campaigns/{campaign}/pause"), &Value::Null).await.success(200);
    let paused = retry(&account, &first, &json!({})).await;
    assert_eq!(paused.failure(), (409, "INVALID_STATUS_TRANSITION".to_owned()));
    account.v1("POST", &format!("campaigns/{campaign}/resume"), &Value::Null).await.success(200);
    world
        .system
        .app
        .store
        .close_gate(BotKey { account: ACCOUNT, bot: BotId(1) }, i64::MAX / 2)
        .await
        .unwrap();
    retry(&account, &first, &json!({})).await.success(202);
    let underway = retry(&account, &first, &json!({})).await;
    assert_eq!(underway.failure(), (409, "EXECUTION_IN_PROGRESS".to_owned()));
    account.v1("PUT", &format!("campaigns/{campaign}"), &json!({"status": "cancelled"})).await.success(200);
    let cancelled = retry(&account, &first, &json!({})).await;
    assert_eq!(cancelled.failure(), (409, "INVALID_STATUS_TRANSITION".to_owned()));
}

/// What a sender leaves that dies while it sends to the first of a bot's chunks.
async fn die_at_the_first_chunk(world: &World, bot: BotKey, execution: &str) {
    let (store, id) = (&world.system.app.store, ExecutionId::parse(execution).unwrap());
    let (_, chunk) = store.next_chunk(bot, &id, None).await.unwrap().unwrap();
    let mut ledger = Ledger::new(usize::try_from(chunk.count).unwrap());
    ledger.begin(&ledger.next_group());
    let fence = store.lane(bot).await.unwrap().fence;
    let campaign = world.execution(ACCOUNT, execution).await.campaign;
    let outcome =
        OutreachOutcome { campaign, execution: id.clone(), bot: bot.bot, ..OutreachOutcome::default() };
    let write = LedgerWrite {
        bot,
        fence,
        execution: &id,
        chunk: &chunk,
        ledger: &ledger,
        outcome: &outcome,
        sent_ms: 1,
        begins_in: None,
    };
    assert_eq!(store.write_ledger(write).await.unwrap(), LedgerFate::Written);
}

#[tokio::test]
async fn after_a_crash_who_may_have_got_it_gets_it_once_more_where_the_campaign_wants_it() {
    for (word, expected) in [("skip", "UNKNOWN_OUTCOME"), ("resend", "sent")] {
        let clock = Clock::shifted(-600_000);
        let world = World::with(|options| options.clock = clock.clone()).await;
        let account = world.account();
        let reached = world.reached(&account, 1, 6).await.remove(0);
        let bot = BotKey { account: ACCOUNT, bot: BotId(reached.bot.id) };
        world.system.app.store.close_gate(bot, clock.now_ms() + 30_000).await.unwrap();
        let campaign = account.outreach_campaign(&json!({"onAmbiguous": word})).await;
        let id = account.execute(&campaign, &json!({})).await;
        world
            .until("the lane waits", async || {
                world.execution(ACCOUNT, &id).await.status == ExecutionStatus::Running
                    && world.system.app.store.lane(bot).await.unwrap().lease_until_ms
                        > clock.now_ms() + 20_000
            })
            .await;
        die_at_the_first_chunk(&world, bot, &id).await;
        clock.advance_ms(31_000);
        world.ended(ACCOUNT, &id).await;
        let told = outcomes(&account, &id).await;
        assert!(told.contains_key(expected), "{word}: {told:?}");
        assert_eq!(told.contains_key("UNKNOWN_OUTCOME"), word == "skip");
        assert!(world.sent_to(&reached).values().all(|times| *times <= 1));
    }
}
