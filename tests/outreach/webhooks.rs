//! Webhooks of an account: what they are, what they are signed with, and what a test of one tells.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::outreach::WebhookEvent;
use shared::secret::SigningSecret;
use telegram_simulator::ReceiverAnswer;

use crate::world::{Account, World, header, is_signed_by};

/// Longer than a replaced secret signs, in milliseconds.
const DAY_MS: i64 = 86_400_000;

impl World {
    /// A webhook to the simulator's receiver that is told of everything; its id and its secret.
    async fn webhook(&self, account: &Account) -> (String, Value) {
        let events = WebhookEvent::ALL.map(WebhookEvent::name);
        let url = format!("{}/simulator/receiver/hook", self.system.base_url());
        let made = account.v1("POST", "webhooks", &json!({"url": url, "events": events})).await.success(201);
        (made["id"].as_str().unwrap().to_owned(), made["secret"].clone())
    }
}

impl Account {
    async fn test(&self, webhook: &str) -> Value {
        self.v1("POST", &format!("webhooks/{webhook}/test"), &Value::Null).await.success(200)
    }
}

#[tokio::test]
async fn a_webhook_is_made_shown_listed_changed_and_deleted() {
    let world = World::with(|options| options.clock = Clock::manual(1_790_000_000_000)).await;
    let account = world.account();
    let body =
        json!({"url": "https://hooks.example/x", "events": ["campaign.started", "campaign.completed"]});
    let made = account.v1("POST", "webhooks", &body).await;
    let data = made.success(201);
    let (id, secret) = (data["id"].as_str().unwrap(), data["secret"].as_str().unwrap());
    insta::assert_snapshot!(made.text.replace(id, "hook…").replace(secret, "whsec_…"), @r#"{"success":true,"data":{"id":"hook…","url":"https://hooks.example/x","events":["campaign.started","campaign.completed"],"active":true,"description":"","secret":"whsec_…","disabledReason":null,"failureCount":0,"lastDelivery":null,"version":1,"createdAt":"2026-09-21T14:13:20Z","updatedAt":"2026-09-21T14:13:20Z"}}"#);
    assert!(SigningSecret::parse(secret).is_some());
    let path = format!("webhooks/{id}");
    let shown = account.v1("GET", &path, &Value::Null).await;
    assert!(!shown.text.contains("whsec_") && !shown.text.contains("secret"), "{}", shown.text);
    let listed = account.v1("GET", "webhooks", &Value::Null).await.success(200);
    assert_eq!((&listed["webhooks"][0], &listed["pagination"]["total"]), (&shown.success(200), &json!(1)));
    let change = json!({"active": false, "description": "Mine"});
    let changed = account.v1("PUT", &path, &change).await.success(200);
    assert_eq!(
        json!([changed["active"], changed["description"], changed["version"]]),
        json!([false, "Mine", 2])
    );
    assert_eq!(changed["events"], json!(["campaign.started", "campaign.completed"]));
    assert_eq!(account.v1("PUT", &path, &change).await.success(200), changed, "a change of nothing is none");
    account.v1("DELETE", &path, &Value::Null).await.success(200);
    for (method, path) in
        [("GET", &path), ("PUT", &path), ("DELETE", &path), ("POST", &format!("{path}/test"))]
    {
        let reply = account.v1(method, path, &Value::Null).await;
        assert_eq!(reply.failure(), (404, "WEBHOOK_NOT_FOUND".to_owned()), "{method}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_webhook_is_told_by_its_field() {
    let world = World::new().await;
    let account = world.account();
    for (body, fields) in [
        (json!({}), vec!["url", "events"]),
        (json!({"url": "ftp://h.example", "events": ["campaign.lost"]}), vec!["url", "events"]),
        (json!({"url": "https://h.example", "events": ["campaign.paused"], "active": "yes"}), vec!["active"]),
    ] {
        let reply = account.v1("POST", "webhooks", &body).await;
        assert_eq!(
            (reply.failure().0, reply.faulty_fields()),
            (400, fields.into_iter().map(str::to_owned).collect())
        );
    }
}

#[tokio::test]
async fn a_secret_is_shown_once_and_no_repeat_of_the_call_shows_it() {
    let world = World::new().await;
    let account = world.account();
    let body = json!({"url": "https://h.example", "events": ["campaign.paused"]});
    let first = account.v1_under("k1", "POST", "webhooks", &body).await.success(201);
    let again = account.v1_under("k1", "POST", "webhooks", &body).await.success(201);
    assert!(first["secret"].is_string() && again["secret"].is_null());
    assert_eq!(first["id"], again["id"]);
    let path = format!("webhooks/{}/rotate-secret", first["id"].as_str().unwrap());
    let rotated = account.v1_under("k2", "POST", &path, &Value::Null).await.success(200);
    let again = account.v1_under("k2", "POST", &path, &Value::Null).await.success(200);
    assert!(rotated["secret"].is_string() && again["secret"].is_null());
    assert_ne!(rotated["secret"], first["secret"]);
    for secret in [&first["secret"], &rotated["secret"]] {
        let kept = world.naming(secret.as_str().unwrap().trim_start_matches("whsec_")).await;
        assert!(kept.is_empty(), "it is sealed: {kept:#?}");
    }
}

#[tokio::test]
async fn a_test_is_signed_and_for_a_day_after_a_rotation_by_both_secrets() {
    let clock = Clock::manual(Clock::System.now_ms() - 3 * DAY_MS);
    let world = World::with(|options| options.clock = clock).await;
    let account = world.account();
    let (id, first) = world.webhook(&account).await;
    let tested = account.test(&id).await;
    assert_eq!((&tested["delivered"], &tested["statusCode"]), (&json!(true), &json!(200)));
    let received = world.simulator.postbacks().pop().unwrap();
    assert!(is_signed_by(&received, &first));
    assert_eq!(header(&received, "content-type"), "application/json");
    let event: Value = serde_json::from_str(&received.body).unwrap();
    assert_eq!(event["id"], header(&received, "webhook-id"));
    assert_eq!((&event["type"], &event["data"]), (&json!("webhook.test"), &json!({"webhookId": id})));
    let path = format!("webhooks/{id}/rotate-secret");
    let second = account.v1("POST", &path, &Value::Null).await.success(200)["secret"].clone();
    account.test(&id).await;
    let received = world.simulator.postbacks().pop().unwrap();
    assert!(is_signed_by(&received, &first) && is_signed_by(&received, &second));
    account.outreach_campaign(&json!({})).await;
    world.settle().await;
    let received = world.simulator.postbacks().pop().unwrap();
    assert!(received.body.contains("campaign.created"), "{}", received.body);
    assert!(is_signed_by(&received, &first) && is_signed_by(&received, &second), "events are as tests are");
    world.system.app.clock.advance_ms(DAY_MS);
    account.test(&id).await;
    let received = world.simulator.postbacks().pop().unwrap();
    assert!(!is_signed_by(&received, &first) && is_signed_by(&received, &second));
}

#[tokio::test]
async fn a_test_tells_what_the_receiver_said_or_why_nothing_was_sent() {
    let world = World::new().await;
    let account = world.account();
    let (id, _) = world.webhook(&account).await;
    world.simulator.set_receiver(ReceiverAnswer { status: 500, delay_ms: 0 });
    let tested = account.test(&id).await;
    assert_eq!(
        (&tested["delivered"], &tested["statusCode"], &tested["error"]),
        (&json!(false), &json!(500), &Value::Null)
    );
    let url = json!({"url": "http://127.0.0.1:1/"});
    account.v1("PUT", &format!("webhooks/{id}"), &url).await.success(200);
    let tested = account.test(&id).await;
    assert_eq!((&tested["statusCode"], &tested["error"]), (&Value::Null, &json!("connect")));
}

#[tokio::test]
async fn a_webhook_is_signed_as_it_is_sent() {
    let world = World::new().await;
    let account = world.account();
    let (id, old) = world.webhook(&account).await;
    let path = format!("webhooks/{id}/rotate-secret");
    let new = account.v1("POST", &path, &Value::Null).await.success(200)["secret"].clone();
    account.test(&id).await;
    let received = world.simulator.postbacks();
    assert_eq!(received.len(), 1);
    // What crossed the wire, for the reference libraries.
    let (other, json) = (SigningSecret::generate().unwrap().reveal(), json!({"type": "webhook.test"}));
    let sample =
        json!({"requests": received, "signers": [new, old], "strangers": [other], "kinds": 1, "json": json});
    let folder = crate::house::root().join("target/signatures");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("webhooks.json"), sample.to_string()).unwrap();
}
