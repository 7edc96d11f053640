//! What webhooks are told: each event from what causes it, in order, and none before it can be seen.

use serde_json::{Value, json};
use shared::domain::outreach::{ExecutionStatus, WebhookEvent};
use shared::ids::AccountId;
use telegram_simulator::{Faults, Refusal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::world::{Account, World};

const ACCOUNT: AccountId = AccountId(1);

impl World {
    /// A webhook to the simulator's receiver that is told of everything; its id.
    pub async fn hook(&self, account: &Account) -> String {
        self.hook_to(account, &format!("{}/simulator/receiver/hook", self.system.base_url())).await
    }

    /// A webhook that is told of everything; its id.
    pub async fn hook_to(&self, account: &Account, url: &str) -> String {
        let events = WebhookEvent::ALL.map(WebhookEvent::name);
        let made = account.v1("POST", "webhooks", &json!({"url": url, "events": events})).await.success(201);
        made["id"].as_str().unwrap().to_owned()
    }

    /// What the webhook heard, in the order of arrival.
    pub fn heard(&self) -> Vec<Value> {
        let received = self.simulator.postbacks().into_iter().filter(|received| received.path == "/hook");
        received.map(|received| serde_json::from_str(&received.body).unwrap()).collect()
    }

    /// The types alone.
    pub fn heard_types(&self) -> Vec<String> {
        self.heard().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until the webhook heard so much.
    pub async fn hears(&self, count: usize) -> Vec<Value> {
        self.until(&format!("{count} events are heard"), async || self.heard().len() >= count).await;
        self.heard()
    }

    /// What it heard of this type, as lines.
    fn heard_data(&self, name: &str) -> String {
        let heard = self.heard().into_iter().filter(|event| event["type"] == name);
        heard.map(|event| event["data"].to_string()).collect::<Vec<_>>().join("\n")
    }
}

/// The numbers of a campaign's events as they arrived.
fn sequences(heard: &[Value], campaign: &str) -> Vec<u64> {
    let of = heard.iter().filter(|event| event["data"]["campaignId"] == campaign);
    of.filter_map(|event| event["data"]["sequence"].as_u64()).collect()
}

fn counted(count: usize) -> Vec<u64> {
    (1..).take(count).collect()
}

#[tokio::test]
async fn the_life_of_a_campaign_is_told_in_order() {
    let world = World::hurrying().await;
    let account = world.account();
    world.reached(&account, 2, 30).await;
    world.hook(&account).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended_in_time(ACCOUNT, &id).await;
    world.settle().await;
    let heard = world.heard();
    let types = world.heard_types();
    assert_eq!(types[..2], ["campaign.created", "campaign.started"]);
    assert_eq!(types.last().unwrap(), "campaign.completed");
    assert_eq!(sequences(&heard, &campaign), counted(heard.len()));
    let progress: Vec<_> = heard.iter().filter(|event| event["type"] == "campaign.progress").collect();
    let tenths: Vec<_> = progress.iter().map(|it| it["data"]["percentage"].as_u64().unwrap()).collect();
    assert!(
        tenths.is_sorted_by(|one, next| one < next) && tenths.iter().all(|it| it % 10 == 0),
        "{tenths:?}"
    );
    assert_eq!(tenths.last(), Some(&100), "before the end");
    assert_eq!(progress.last().unwrap()["data"]["successful"], 60);
    let last = format!("\"sequence\":{},", heard.len());
    let plain = |text: String| {
        text.replace(&campaign, "camp…").replace(&id, "exec…").replace(&last, "\"sequence\":…,")
    };
    let essence =
        ["campaign.created", "campaign.started", "campaign.completed"].map(|it| world.heard_data(it));
    insta::assert_snapshot!(plain(essence.join("\n")), @r#"
    {"campaignId":"camp…","sequence":1,"status":"draft"}
    {"campaignId":"camp…","executionId":"exec…","sequence":2,"status":"active"}
    {"campaignId":"camp…","executionId":"exec…","sequence":…,"status":"completed"}
    "#);
    let last = plain(progress.last().unwrap()["data"].to_string());
    let last = last.replace(&format!("\"sequence\":{}", heard.len() - 1), "\"sequence\":…");
    insta::assert_snapshot!(last, @r#"{"campaignId":"camp…","executionId":"exec…","failed":0,"percentage":100,"sequence":…,"skipped":0,"successful":60,"total":60,"unknown":0}"#);
    let ids: std::collections::BTreeSet<_> = heard.iter().map(|event| event["id"].to_string()).collect();
    assert_eq!(ids.len(), heard.len(), "each once");
}

#[tokio::test]
async fn what_is_done_with_a_campaign_is_told() {
    let world = World::hurrying().await;
    let account = world.account();
    world.reached(&account, 1, 1).await;
    world.hook(&account).await;
    let campaign = account.outreach_campaign(&json!({})).await;
    let path = format!("campaigns/{campaign}");
    let later = shared::domain::calendar::iso_time(world.system.app.clock.now() + 86_400);
    account.v1("POST", &format!("{path}/execute"), &json!({"scheduledAt": later})).await.success(202);
    for (method, path, body) in [
        ("POST", format!("{path}/pause"), json!({})),
        ("PUT", path.clone(), json!({"description": "Edits are not told"})),
        ("POST", format!("{path}/resume"), json!({})),
        ("PUT", path.clone(), json!({"status": "cancelled"})),
    ] {
        account.v1(method, &path, &body).await.success(200);
    }
    account.v1("POST", &format!("{path}/clone"), &json!({})).await.success(201);
    account.v1("DELETE", &path, &Value::Null).await.success(200);
    world.settle().await;
    let heard = world.heard();
    let own: Vec<_> = heard.iter().filter(|event| event["data"]["campaignId"] == *campaign).collect();
    let types: Vec<_> = own.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["campaign.created", "campaign.paused", "campaign.resumed", "campaign.cancelled"]);
    assert_eq!(heard.len(), 5, "and the copy is made: {heard:?}");
    assert_eq!(sequences(&heard, &campaign), counted(4));
    let id = own[1]["data"]["executionId"].as_str().unwrap();
    let essence =
        ["campaign.paused", "campaign.resumed", "campaign.cancelled"].map(|it| world.heard_data(it));
    insta::assert_snapshot!(essence.join("\n").replace(&campaign, "camp…").replace(id, "exec…"), @r#"
    {"campaignId":"camp…","executionId":"exec…","sequence":2,"status":"paused"}
    {"campaignId":"camp…","executionId":"exec…","sequence":3,"status":"active"}
    {"campaignId":"camp…","executionId":"exec…","sequence":4,"status":"cancelled"}
    "#);
}

#[tokio::test]
async fn an_execution_that_cannot_go_on_is_told_before_the_pause_that_follows() {
    let world = World::new().await;
    let account = world.account();
    world.reached(&account, 1, 20).await;
    world.hook(&account).await;
    let description = "Bad Request: can't parse entities: Unsupported start tag".to_owned();
    let methods = vec!["sendMessage".to_owned()];
    let refusal = Refusal { code: 400, description, share: 1.0, methods, ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    world.settle().await;
    let heard = world.heard();
    assert_eq!(sequences(&heard, &campaign), counted(heard.len()));
    let types = world.heard_types();
    assert_eq!(types[types.len() - 2..], ["campaign.failed", "campaign.paused"], "{types:?}");
    let failed = world.heard_data("campaign.failed").replace(&campaign, "camp…").replace(&id, "exec…");
    let failed = failed.replace(&format!("\"sequence\":{}", types.len() - 1), "\"sequence\":…");
    insta::assert_snapshot!(failed, @r#"{"campaignId":"camp…","executionId":"exec…","reason":"Telegram refuses the content: Bad Request: can't parse entities: Unsupported start tag","sequence":…,"status":"paused"}"#);
}

#[tokio::test]
async fn the_winner_of_a_test_of_variations_is_told() {
    let world = World::hurrying().await;
    let account = world.account();
    world.reached(&account, 1, 40).await;
    world.hook(&account).await;
    let variation = json!({"id": "var1", "content": "Other", "weight": 50});
    let message = json!({"id": "msg1", "content": "Base", "variations": [variation]});
    let test = json!({"testPercentage": 50, "waitMinutes": 30});
    let campaign = account.outreach_campaign(&json!({"messages": [message], "abTest": test})).await;
    let id = account.execute(&campaign, &json!({})).await;
    let tests = async || world.execution(ACCOUNT, &id).await.status == ExecutionStatus::Testing;
    world.in_time("it is tested", tests).await;
    world.system.app.clock.advance_ms(31 * 60_000);
    world.ended_in_time(ACCOUNT, &id).await;
    world.settle().await;
    let heard = world.heard();
    assert_eq!(sequences(&heard, &campaign), counted(heard.len()));
    let winners: Vec<_> = heard.iter().filter(|event| event["type"] == "abtest.winner").collect();
    assert_eq!(winners.len(), 1);
    let data = &winners[0]["data"];
    assert_eq!((&data["campaignId"], &data["executionId"]), (&json!(campaign), &json!(id)));
    let [test] = data["tests"].as_array().unwrap().as_slice() else { panic!("{data}") };
    assert_eq!((&test["messageId"], &test["winner"]), (&json!("msg1"), &json!("msg1")), "nobody clicked");
    assert_eq!(json!([test["arms"][0]["id"], test["arms"][1]["id"]]), json!(["msg1", "var1"]));
    let (types, tenths) = (world.heard_types(), |event: &Value| event["data"]["percentage"].as_u64());
    let at = types.iter().position(|name| name == "abtest.winner").unwrap();
    assert!(heard[..at].iter().filter_map(tenths).all(|tenths| tenths < 100), "{types:?}");
    assert_eq!(heard.iter().filter_map(tenths).max(), Some(100));
    assert_eq!(types.last().unwrap(), "campaign.completed");
}

#[tokio::test]
async fn what_people_do_is_told_and_forgotten_with_them() {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    let account = &scene.account;
    let (hook, doomed) = (world.hook(account).await, world.hook(account).await);
    let (anna, bert) = (world.person("Anna"), world.person("Bert"));
    scene.start(anna, "click");
    scene.start(bert, "click-2");
    world.settle().await;
    assert!(world.heard().is_empty(), "a start is not told");
    world.simulator.send_text(anna, scene.bot.tg, "/stop").unwrap();
    world.settle().await;
    world.simulator.block(bert, scene.bot.tg).unwrap();
    world.settle().await;
    let report = json!({"clickId": "click", "value": "19.90", "currency": "EUR", "transactionId": "t1"});
    let made = account.v1("POST", "conversions", &report).await.success(201);
    account.v1("POST", "conversions", &report).await;
    world.settle().await;
    let mut types = world.heard_types();
    types.dedup();
    assert_eq!(types, ["contact.unsubscribed", "contact.blocked", "conversion.created"], "each to both");
    assert_eq!(world.heard().len(), 6);
    let names = ["contact.unsubscribed", "contact.blocked", "conversion.created"];
    let essence = names.map(|it| world.heard_data(it).lines().next().unwrap().to_owned()).join("\n");
    let id = made["id"].as_str().unwrap();
    let plain =
        essence.replace(&anna.to_string(), "ANNA").replace(&bert.to_string(), "BERT").replace(id, "conv…");
    insta::assert_snapshot!(plain, @r#"
    {"botId":1,"subscriberId":"ANNA"}
    {"botId":1,"subscriberId":"BERT"}
    {"campaignId":null,"conversionId":"conv…","currency":"EUR","executionId":null,"subscriberId":"ANNA","transactionId":"t1","value":19.9}
    "#);

    account.v1("DELETE", &format!("webhooks/{doomed}"), &Value::Null).await.success(200);
    for user in [anna, bert] {
        account.v1("DELETE", &format!("subscribers/{user}"), &Value::Null).await.success(202);
    }
    world.pass(901, 1).await;
    for user in [anna, bert] {
        let found = world.naming(&user.to_string()).await;
        assert!(found.is_empty(), "{found:#?}");
    }
    let log = account.v1("GET", &format!("webhooks/{hook}/deliveries"), &Value::Null).await.success(200);
    assert_eq!(log["deliveries"], json!([]));
}

/// Answers requests with 200 after it asked, for each, how the campaign that it tells of stands; what was told, and that.
async fn ask_on_receipt(listener: TcpListener, account: Account) -> Vec<(Value, Value)> {
    let mut seen: Vec<(Value, Value)> = Vec::new();
    while seen.last().is_none_or(|(event, _)| event["type"] != "campaign.completed") {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        let body = loop {
            let mut bytes = [0; 4096];
            let read = socket.read(&mut bytes).await.unwrap();
            request.extend_from_slice(&bytes[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
            if let Ok(event) = serde_json::from_str::<Value>(&body) {
                break event;
            }
        };
        let path = format!("campaigns/{}", body["data"]["campaignId"].as_str().unwrap());
        let shown = account.v1("GET", &path, &Value::Null).await.success(200);
        let progress = account.v1("GET", &format!("{path}/progress"), &Value::Null).await.json();
        seen.push((body, json!({"campaign": shown, "progress": progress["data"]["progress"]})));
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        socket.write_all(answer).await.unwrap();
    }
    seen
}

#[tokio::test]
async fn whoever_is_told_and_asks_sees_it() {
    let world = World::new().await;
    let account = world.account();
    world.reached(&account, 1, 10).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.hook_to(&account, &format!("http://{}/", listener.local_addr().unwrap())).await;
    let asking = tokio::spawn(ask_on_receipt(listener, world.account()));
    let campaign = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    let seen = asking.await.unwrap();
    for (event, shown) in &seen {
        let (data, status) = (&event["data"], shown["campaign"]["status"].as_str().unwrap());
        match event["type"].as_str().unwrap() {
            "campaign.created" => {}
            "campaign.started" => assert!(matches!(status, "active" | "completed"), "{status}"),
            "campaign.progress" => {
                let known = shown["progress"]["successful"].as_u64().unwrap();
                assert!(known >= data["successful"].as_u64().unwrap(), "{event} {shown}");
            }
            "campaign.completed" => assert_eq!(status, "completed"),
            other => panic!("{other}"),
        }
    }
    let types: Vec<_> = seen.iter().map(|(event, _)| event["type"].as_str().unwrap()).collect();
    assert_eq!(types[..2], ["campaign.created", "campaign.started"]);
    assert!(types.contains(&"campaign.progress"), "{types:?}");
}
