//! What became of each message to each recipient, as a list and as a file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::ids::AccountId;
use telegram_simulator::{Faults, Refusal};

use super::people::segment;
use crate::world::{Account, Reply, World};

const ACCOUNT: AccountId = AccountId(1);

async fn page(account: &Account, execution: &str, query: &str) -> Reply {
    account.v1("GET", &format!("executions/{execution}/deliveries{query}"), &Value::Null).await
}

/// All deliveries that a question chooses, page by page.
async fn all(account: &Account, execution: &str, question: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let data = page(account, execution, &format!("?{question}{cursor}")).await.success(200);
        found.extend(data["deliveries"].as_array().unwrap().iter().cloned());
        let Some(next) = data["pagination"]["next"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

fn recipients(deliveries: &[Value]) -> BTreeSet<i64> {
    let of = |delivery: &Value| delivery["recipient"].as_str().unwrap().parse().unwrap();
    deliveries.iter().map(of).collect()
}

#[tokio::test]
async fn each_delivery_is_told_once_with_its_message_variation_and_segment() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 2, 12).await;
    let everybody = segment(&account, "All", &[], &[]).await;
    let messages = json!([
        {"id": "hello", "content": "Hello", "variations": [{"id": "warm", "content": "Dear", "weight": 50}]},
        {"id": "offer", "content": "Buy"},
    ]);
    let audience = json!({"segments": [everybody]});
    let campaign =
        account.outreach_campaign(&json!({"messages": messages, "targetAudience": audience})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;

    let told = all(&account, &id, "limit=7").await;
    assert_eq!(told.len(), 48, "two messages to 24 people");
    let people: BTreeSet<_> = reached.iter().flat_map(|reached| reached.people.iter().copied()).collect();
    assert_eq!(recipients(&told), people);
    let mut texts: BTreeMap<((String, String), String), u32> = BTreeMap::new();
    for delivery in &told {
        assert_eq!((&delivery["outcome"], &delivery["error"]), (&json!("sent"), &Value::Null));
        assert_eq!(delivery["segment"], json!(everybody));
        let user = delivery["recipient"].as_str().unwrap().parse().unwrap();
        let of_telegram = delivery["telegramMessageId"].as_i64().unwrap();
        let got = world.simulator.messages_to(user);
        let got = got.iter().find(|message| message.message_id == of_telegram).unwrap();
        let named = (delivery["message"].to_string(), delivery["variation"].to_string());
        *texts.entry((named, got.text.clone())).or_default() += 1;
    }
    let kind = |((message, variation), text): &(_, _)| format!("{message} {variation} {text}");
    let kinds: Vec<_> = texts.keys().map(kind).collect();
    assert_eq!(kinds, [r#""hello" "warm" Dear"#, r#""hello" null Hello"#, r#""offer" null Buy"#]);
    assert_eq!(all(&account, &id, "limit=100&bot=2").await.len(), 24);
}

#[tokio::test]
async fn deliveries_are_chosen_by_outcome_and_by_code() {
    let world = World::new().await;
    let account = world.account();
    world.reached(&account, 1, 24).await;
    let refusal = Refusal { code: 403, share: 0.2, ..Refusal::default() };
    world.simulator.set_faults(Faults { seed: 3, refuse: vec![refusal], ..Faults::default() });
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    let count = async |question: &str| all(&account, &id, &format!("limit=9&{question}")).await.len();
    let failed = count("outcome=failed").await;
    assert!((1..24).contains(&failed));
    assert_eq!(count("error=USER_BLOCKED").await, failed);
    assert_eq!(count("outcome=failed&error=KICKED").await, 0);
    assert_eq!(count("outcome=sent").await, 24 - failed);
    assert_eq!(count("outcome=unknown").await + count("outcome=pending").await, 0);
    let blocked = all(&account, &id, "outcome=failed").await;
    assert!(blocked.iter().all(|told| told["telegramMessageId"].is_null()));
}

#[tokio::test]
async fn before_anything_is_sent_everybody_is_pending_and_before_planning_there_is_nobody() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..9).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let order = json!({"scheduledAt": "2099-01-01T00:00:00Z"});
    let waiting = account.execute(&campaign, &order).await;
    assert_eq!(all(&account, &waiting, "").await, Vec::<Value>::new());
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.settle().await;
    assert_eq!(all(&account, &id, "outcome=pending").await.len(), 9);
    assert_eq!(all(&account, &id, "outcome=sent").await.len(), 0);
}

#[tokio::test]
async fn a_page_without_a_filter_reads_no_more_than_it_needs() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..1).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let order = json!({"scheduledAt": "2099-01-01T00:00:00Z"});
    let id = account.execute(&campaign, &order).await;
    world.crowd(ACCOUNT, &id, 90).await;
    let before = world.faults.rows_read_by("executions-deliveries");
    page(&account, &id, "?limit=100").await.success(200);
    assert!(world.faults.rows_read_by("executions-deliveries") - before < 40);
    assert_eq!(all(&account, &id, "limit=100&error=KICKED").await.len(), 0);
}

#[tokio::test]
async fn parameters_that_are_none_are_refused_by_name() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.settle().await;
    for (query, field) in [
        ("outcome=read", "outcome"),
        ("error=user_blocked", "error"),
        ("bot=x", "bot"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
    ] {
        let reply = page(&account, &id, &format!("?{query}")).await;
        assert_eq!(reply.failure(), (400, "VALIDATION_ERROR".to_owned()), "{query}");
        assert_eq!(reply.faulty_fields(), [field]);
    }
    let next = page(&account, &id, "?limit=1").await.success(200)["pagination"]["next"].clone();
    let next = next.as_str().unwrap();
    for query in ["cursor=x", "cursor=1.2.3~0~y", &format!("outcome=sent&cursor={next}")] {
        let reply = page(&account, &id, &format!("?limit=1&{query}")).await;
        assert_eq!(reply.failure(), (400, "INVALID_CURSOR".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_campaigns_deliveries_are_a_file_with_its_latest_execution_first() {
    let (world, clock) = World::ahead().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 2).await;
    let (first, second) = (reached[0].people[0], reached[0].people[1]);
    let testers = json!({"testers": [first.to_string()]});
    account.v1("PUT", "testers", &testers).await.success(200);
    let campaign = account.outreach_campaign(&json!({})).await;
    let message = account.shown(&campaign).await["messages"][0]["id"].as_str().unwrap().to_owned();
    let test = account.execute(&campaign, &json!({"testMode": true})).await;
    world.ended(ACCOUNT, &test).await;
    let header = "execution,test,bot,recipient,segment,message,variation,outcome,error,telegram_message_id";
    let file = account.deliveries_file(&campaign, "").await;
    assert_eq!((file.code, file.content_type.as_str()), (200, "text/csv; charset=utf-8"));
    assert_eq!(file.text.lines().count(), 2, "{}", file.text);
    assert!(
        file.text.lines().nth(1).unwrap().starts_with(&format!("{test},true,1,{first},,{message},,sent,,"))
    );

    clock.advance_ms(1_000);
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    let file = account.deliveries_file(&campaign, "").await.text;
    let mut lines = file.lines();
    assert_eq!(lines.next(), Some(header));
    let named: Vec<_> = lines.map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!((named.first(), named.last()), (Some(&id.as_str()), Some(&test.as_str())));
    assert!(file.contains(&format!("{id},false,1,{second},")));
    let one = account.deliveries_file(&campaign, &format!("?execution={test}")).await.text;
    assert_eq!(one.lines().count(), 2);
    let absent = account.deliveries_file(&campaign, "?execution=exec0").await;
    assert_eq!(absent.failure(), (404, "EXECUTION_NOT_FOUND".to_owned()));
    let malformed = account.deliveries_file(&campaign, "?execution=x").await;
    assert_eq!(malformed.faulty_fields(), ["execution"]);
}

#[tokio::test]
async fn a_long_file_is_read_where_the_answer_says() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..1).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let order = json!({"scheduledAt": "2099-01-01T00:00:00Z"});
    let id = account.execute(&campaign, &order).await;
    world.crowd(ACCOUNT, &id, 50).await;
    let reply = account.deliveries_file(&campaign, "").await;
    assert_eq!((reply.code, reply.text.as_str()), (302, ""));
    let file = account.follow(&reply).await;
    assert_eq!(file.lines().count(), 50_001);
    let recipients: BTreeSet<_> = file.lines().skip(1).filter_map(|line| line.split(',').nth(3)).collect();
    assert_eq!(recipients.len(), 5_000);
}
