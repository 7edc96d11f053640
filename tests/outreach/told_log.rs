//! How what webhooks are told gets there: again, in order, once the receiver answers; and what the log says of it.

use serde_json::{Value, json};
use telegram_simulator::ReceiverAnswer;

use crate::world::{Account, World};

impl Account {
    async fn webhook(&self, id: &str) -> Value {
        self.v1("GET", &format!("webhooks/{id}"), &Value::Null).await.success(200)
    }

    /// A page of what a webhook was told.
    pub async fn told(&self, id: &str, query: &str) -> Value {
        self.v1("GET", &format!("webhooks/{id}/deliveries{query}"), &Value::Null).await.success(200)
    }
}

fn events(page: &Value) -> Vec<&str> {
    let deliveries = page["deliveries"].as_array().unwrap().iter();
    deliveries.map(|delivery| delivery["event"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_fails_is_tried_again_and_the_later_events_of_a_campaign_wait_for_a_minute() {
    let world = World::hurrying().await;
    let account = world.account();
    let hook = world.hook(&account).await;
    world.simulator.set_receiver(ReceiverAnswer { status: 500, delay_ms: 0 });
    let campaign = account.outreach_campaign(&json!({})).await;
    let cancelled = json!({"status": "cancelled"});
    account.v1("PUT", &format!("campaigns/{campaign}"), &cancelled).await.success(200);
    world.hears(1).await;
    world.in_time("the first was tried twice", async || world.heard().len() >= 2).await;
    assert_eq!(world.heard_types(), ["campaign.created"; 2], "the second waits");
    assert_eq!(world.heard()[0]["id"], world.heard()[1]["id"]);
    world
        .in_time("the second went ahead", async || world.heard_types().contains(&"campaign.cancelled".into()))
        .await;
    assert_eq!(world.heard_types()[..3], ["campaign.created", "campaign.created", "campaign.cancelled"]);
    let shown = account.webhook(&hook).await;
    assert!(shown["failureCount"].as_u64().unwrap() >= 3, "{shown}");
    assert_eq!(
        (&shown["lastDelivery"]["delivered"], &shown["lastDelivery"]["statusCode"]),
        (&json!(false), &json!(500))
    );
    world.simulator.set_receiver(ReceiverAnswer::default());
    let all_told =
        async || account.told(&hook, "?status=delivered").await["deliveries"].as_array().unwrap().len() == 2;
    world.in_time("both are told", all_told).await;
    assert_eq!(account.webhook(&hook).await["failureCount"], 0);
    let page = account.told(&hook, "").await;
    assert_eq!(events(&page), ["campaign.cancelled", "campaign.created"], "the latest first");
    let first = &page["deliveries"][1];
    let codes: Vec<_> =
        first["attempts"].as_array().unwrap().iter().map(|it| it["statusCode"].clone()).collect();
    assert_eq!((codes[..2].to_vec(), codes.last()), (vec![json!(500); 2], Some(&json!(200))));
    assert_eq!((&first["nextAttemptAt"], &first["status"]), (&Value::Null, &json!("delivered")));
    assert_eq!(first["eventId"], world.heard()[0]["id"]);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_told_no_more_and_says_why() {
    let world = World::hurrying().await;
    let account = world.account();
    let hook = world.hook(&account).await;
    world.simulator.set_receiver(ReceiverAnswer { status: 410, delay_ms: 0 });
    account.outreach_campaign(&json!({})).await;
    world.settle().await;
    let shown = account.webhook(&hook).await;
    assert_eq!(
        (&shown["active"], &shown["disabledReason"]),
        (&json!(false), &json!("the receiver answered 410 Gone"))
    );
    account.outreach_campaign(&json!({})).await;
    world.settle().await;
    assert_eq!(world.heard().len(), 1);
    let delivery = account.told(&hook, "").await["deliveries"][0].clone();
    assert_eq!(delivery["status"], "failed");
    let path = format!("webhooks/{hook}/deliveries/{}/redeliver", delivery["id"].as_str().unwrap());
    let refused = account.v1("POST", &path, &Value::Null).await.failure();
    assert_eq!(refused, (409, "NOT_REDELIVERABLE".to_owned()));
    world.simulator.set_receiver(ReceiverAnswer::default());
    let active = json!({"active": true});
    let shown = account.v1("PUT", &format!("webhooks/{hook}"), &active).await.success(200);
    assert_eq!(shown["disabledReason"], Value::Null);
    let asked = account.v1("POST", &path, &Value::Null).await.success(202);
    assert_eq!((&asked["status"], &asked["eventId"]), (&json!("pending"), &delivery["eventId"]));
    let again = account.v1("POST", &path, &Value::Null).await;
    world.settle().await;
    assert!(matches!(again.code, 202 | 409), "{}", again.text);
    assert_eq!(account.told(&hook, "").await["deliveries"][0]["status"], "delivered");
    let heard = world.heard();
    assert!(heard.len() >= 2 && heard.iter().all(|event| *event == heard[0]), "the same id and words");
}

#[tokio::test]
async fn the_log_is_read_in_pages_and_by_status() {
    let world = World::new().await;
    let account = world.account();
    let (hook, other) = (world.hook(&account).await, world.hook(&account).await);
    for _ in 0..5 {
        account.outreach_campaign(&json!({})).await;
    }
    world.settle().await;
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = account.told(&hook, &format!("?limit=2&status=delivered{cursor}")).await;
        found.extend(page["deliveries"].as_array().unwrap().iter().map(|it| it["id"].to_string()));
        let Some(next) = page["pagination"]["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
        let elsewhere = format!("webhooks/{other}/deliveries?status=delivered{cursor}");
        let refused = account.v1("GET", &elsewhere, &Value::Null).await.failure();
        assert_eq!(refused, (400, "INVALID_CURSOR".to_owned()));
    }
    assert_eq!(found.len(), 5);
    assert!(found.is_sorted_by(|one, next| one > next), "{found:?}");
    assert_eq!(account.told(&hook, "?status=failed").await["deliveries"], json!([]));
    let faulty = account.v1("GET", &format!("webhooks/{hook}/deliveries?status=lost"), &Value::Null).await;
    assert_eq!((faulty.failure().0, faulty.faulty_fields()), (400, vec!["status".to_owned()]));
    let unknown = format!("webhooks/{hook}/deliveries/dlv1/redeliver");
    let refused = account.v1("POST", &unknown, &Value::Null).await.failure();
    assert_eq!(refused, (404, "DELIVERY_NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn who_wants_nothing_of_it_or_is_inactive_is_not_told() {
    let world = World::new().await;
    let (account, stranger) = (world.account(), world.another_account().await);
    let hook = world.hook(&account).await;
    world.hook(&stranger).await;
    account
        .v1("PUT", &format!("webhooks/{hook}"), &json!({"events": ["campaign.paused"]}))
        .await
        .success(200);
    account.outreach_campaign(&json!({})).await;
    world.settle().await;
    assert!(world.heard().is_empty());
    let change = json!({"events": ["campaign.created"], "active": false});
    account.v1("PUT", &format!("webhooks/{hook}"), &change).await.success(200);
    account.outreach_campaign(&json!({})).await;
    world.settle().await;
    assert!(world.heard().is_empty());
    account.v1("PUT", &format!("webhooks/{hook}"), &json!({"active": true})).await.success(200);
    account.outreach_campaign(&json!({})).await;
    world.settle().await;
    assert_eq!(world.heard().len(), 1);
}

#[tokio::test]
async fn what_fails_for_longer_than_a_minute_is_told_by_the_queue_of_retries() {
    let world = World::hurrying().await;
    let account = world.account();
    let hook = world.hook(&account).await;
    world.simulator.set_receiver(ReceiverAnswer { status: 503, delay_ms: 0 });
    account.outreach_campaign(&json!({})).await;
    world.in_time("it was tried four times", async || world.heard().len() >= 4).await;
    world.simulator.set_receiver(ReceiverAnswer::default());
    let is_told =
        async || account.told(&hook, "?status=delivered").await["deliveries"].as_array().unwrap().len() == 1;
    world.in_time("it is told", is_told).await;
    let heard = world.heard();
    assert!(heard.iter().all(|event| *event == heard[0]), "{heard:?}");
}
