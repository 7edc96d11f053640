//! Taking back what was sent.

use std::time::Duration;

use serde_json::{Value, json};
use shared::ids::AccountId;
use telegram_simulator::{Faults, Refusal};

use crate::world::{Account, Reached, SENT, World};

const ACCOUNT: AccountId = AccountId(1);

async fn delete(account: &Account, campaign: &str) -> Value {
    let path = format!("campaigns/{campaign}/messages/delete");
    account.v1("POST", &path, &Value::Null).await.success(202)
}

async fn deleted(world: &World, account: &Account, campaign: &str) -> Value {
    let is_done = async || {
        tokio::time::sleep(Duration::from_millis(200)).await;
        delete(account, campaign).await["status"] == "done"
    };
    world.until_within(SENT, "the messages are deleted", is_done).await;
    delete(account, campaign).await
}

impl World {
    /// How many messages of its bot some people still have.
    fn still_there(&self, reached: &Reached) -> usize {
        reached.people.iter().map(|user| self.simulator.messages_to(*user).len()).sum()
    }
}

#[tokio::test]
async fn everything_that_a_campaign_sent_is_deleted_once_and_nothing_else() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 2, 5).await;
    let message = json!({"messages": [{"content": "One"}, {"content": "Two"}]});
    let campaign = account.outreach_campaign(&message).await;
    let other = account.outreach_campaign(&json!({})).await;
    for campaign in [&campaign, &other] {
        let id = account.execute(campaign, &json!({})).await;
        world.ended(ACCOUNT, &id).await;
    }
    let none = json!({"status": "done", "messages": 0, "deleted": 0, "kept": 0});
    let draft = account.outreach_campaign(&json!({})).await;
    assert_eq!(delete(&account, &draft).await, none);
    let begun = delete(&account, &campaign).await;
    assert_eq!((&begun["status"], &begun["messages"]), (&json!("deleting"), &json!(20)));
    let all = json!({"status": "done", "messages": 20, "deleted": 20, "kept": 0});
    assert_eq!(deleted(&world, &account, &campaign).await, all);
    assert_eq!(reached.iter().map(|reached| world.still_there(reached)).sum::<usize>(), 10);
    assert_eq!(delete(&account, &campaign).await, all, "asking again deletes nothing");
}

#[tokio::test]
async fn silence_is_waited_for_and_what_telegram_keeps_is_told() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 6).await.remove(0);
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    let methods = vec!["deleteMessage".to_owned()];
    let flood =
        Refusal { code: 429, retry_after: Some(1), next: 1, methods: methods.clone(), ..Refusal::default() };
    let old = Refusal {
        code: 400,
        description: "Bad Request: message can't be deleted for everyone".to_owned(),
        share: 1.0,
        chat: Some(reached.people[0]),
        methods,
        ..Refusal::default()
    };
    world.simulator.set_faults(Faults { refuse: vec![flood, old], ..Faults::default() });
    let told = deleted(&world, &account, &campaign).await;
    assert_eq!(told, json!({"status": "done", "messages": 6, "deleted": 5, "kept": 1}));
    assert_eq!(world.still_there(&reached), 1);
}

#[tokio::test]
async fn nothing_is_deleted_while_it_is_being_sent_or_after_two_days() {
    let (world, clock) = World::ahead().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.settle().await;
    let path = format!("campaigns/{campaign}/messages/delete");
    let underway = account.v1("POST", &path, &Value::Null).await;
    assert_eq!(underway.failure(), (409, "EXECUTION_IN_PROGRESS".to_owned()));
    account.v1("PUT", &format!("campaigns/{campaign}"), &json!({"status": "cancelled"})).await.success(200);
    assert!(world.execution(ACCOUNT, &id).await.status.is_over());
    clock.advance_ms(48 * 3_600_000);
    assert_eq!(delete(&account, &campaign).await["status"], "done");
}
