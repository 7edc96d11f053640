//! Campaigns whose content comes from an endpoint of the account's own.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::outreach::ExecutionStatus;
use shared::ids::AccountId;

use crate::world::{Account, Endpoint, Says, World, header, is_signed_by};

const ACCOUNT: AccountId = AccountId(1);

/// What an endpoint says by the text for each of those it is asked about.
pub fn texts(asked: &Value, text: impl Fn(&Value) -> Value) -> Says {
    let recipients = asked["data"]["recipients"].as_array().unwrap().iter().map(|person| {
        let mut entry = text(person);
        entry["id"] = person["id"].clone();
        entry
    });
    Says::Json(200, json!({"recipients": recipients.collect::<Vec<_>>()}))
}

/// Greets everybody by their name.
pub fn greet(asked: &Value) -> Says {
    texts(asked, |person| json!({"content": format!("Hi {}", person["firstName"].as_str().unwrap())}))
}

impl Account {
    /// A campaign that asks this endpoint, and has no message of its own; the account signs from now on.
    pub async fn custom_campaign(&self, endpoint: &Endpoint) -> String {
        self.custom_with(endpoint, json!([])).await
    }

    async fn custom_with(&self, endpoint: &Endpoint, messages: Value) -> String {
        self.post_json("/api/profile/signing.json", &json!({"action": "create"})).await;
        let custom = json!({"endpoint": endpoint.url()});
        self.outreach_campaign(&json!({"type": "custom", "custom": custom, "messages": messages})).await
    }

    async fn pause_reason(&self, campaign: &str) -> String {
        let shown = self.shown(campaign).await;
        assert_eq!(shown["status"], "paused", "{shown}");
        shown["pauseReason"].as_str().unwrap().to_owned()
    }
}

impl World {
    /// The campaign is halted, and nothing goes on.
    async fn halted(&self, account: &Account, campaign: &str) {
        self.in_time("the campaign is paused", async || account.shown(campaign).await["status"] == "paused")
            .await;
    }
}

#[tokio::test]
async fn everybody_gets_what_the_endpoint_has_for_them() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 2, 60).await;
    let endpoint = Endpoint::start(|asked, _| {
        texts(asked, |person| {
            let id: i64 = person["id"].as_str().unwrap().parse().unwrap();
            match id % 5 {
                0 => json!({"skip": true}),
                _ => json!({"content": format!("For {id} https://shop.example/{id} {{{{firstName}}}}")}),
            }
        })
    })
    .await;
    let secret = account.change_signing("create").await;
    let campaign = account.custom_campaign(&endpoint).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("NO_CONTENT", 24), ("delivered", 96)].into());
    for user in reached.iter().flat_map(|reached| &reached.people) {
        let messages = world.simulator.messages_to(*user);
        match user % 5 {
            0 => assert!(messages.is_empty()),
            _ => {
                let [message] = messages.as_slice() else { panic!("{messages:?}") };
                assert!(message.text.starts_with(&format!("For {user} ")), "{}", message.text);
                assert!(message.text.ends_with("{{firstName}}"), "braces are the endpoint's own affair");
            }
        }
    }
    let asked = endpoint.asked();
    assert!(asked.iter().all(|request| is_signed_by(request, &secret)));
    let ids: BTreeSet<_> = asked.iter().map(|request| header(request, "webhook-id")).collect();
    assert_eq!(ids.len(), asked.len(), "each chunk is asked about once");
    let body: Value = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(
        (&body["type"], &body["id"]),
        (&json!("content.requested"), &json!(header(&asked[0], "webhook-id")))
    );
    let data = &body["data"];
    assert_eq!(
        (&data["campaignId"], &data["executionId"], &data["test"]),
        (&json!(campaign), &json!(id), &json!(false))
    );
    let person = &data["recipients"][0];
    assert_eq!(person["firstName"], json!(format!("P{}", person["id"].as_str().unwrap())));
    let path = format!("campaigns/{campaign}/statistics?metrics=custom,links");
    let statistics = account.v1("GET", &path, &Value::Null).await.success(200);
    let figures = json!({"chunksAnswered": asked.len(), "requestsFailed": 0});
    assert_eq!(statistics["results"]["custom"], figures);
    assert_eq!(world.naming("ANSWER#").await, Vec::<String>::new(), "what was sent is kept no longer");
    let user = reached[0].people.iter().find(|user| **user % 5 != 0).unwrap();
    let link = world.links_sent_to(*user).pop().unwrap();
    assert!(link.contains("/r/"), "{link}");
    assert_eq!(world.click(&link).await.target, format!("https://shop.example/{user}"));
}

#[tokio::test]
async fn who_is_not_named_gets_what_the_campaign_says() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 3).await;
    let first = reached[0].people[0];
    let endpoint = Endpoint::start(move |asked, _| {
        let recipients = asked["data"]["recipients"].as_array().unwrap();
        match recipients.iter().any(|person| person["id"] == json!(first.to_string())) {
            true => Says::Json(200, json!({"recipients": [{"id": first, "content": "Own"}]})),
            false => Says::Json(204, Value::Null),
        }
    })
    .await;
    let messages = json!([{"content": "Hello {{firstName}}"}]);
    let campaign = account.custom_with(&endpoint, messages).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    let said = |user: i64| world.simulator.messages_to(user).pop().map(|message| message.text);
    for user in &reached[0].people {
        let others = format!("Hello P{user}");
        let expected = if *user == first { "Own" } else { others.as_str() };
        assert_eq!(said(*user).as_deref(), Some(expected));
    }
    assert!(endpoint.asked().len() <= 3);
}

#[tokio::test]
async fn a_campaign_that_cannot_be_asked_for_does_not_begin() {
    let world = World::new().await;
    let account = world.account();
    world.reached(&account, 1, 1).await;
    let variations = json!([{"content": "x", "variations": [{"content": "y", "weight": 50}]}]);
    for (changes, fields) in [
        (json!({"messages": []}), vec!["custom.endpoint", "custom"]),
        (
            json!({"messages": [{"content": "a"}, {"content": "b"}]}),
            vec!["custom.endpoint", "messages", "custom"],
        ),
        (
            json!({"custom": {"endpoint": "https://h.example"}, "messages": variations,
                   "workflow": {"triggers": ["lead.approve"]}}),
            vec!["messages[0].variations", "workflow.triggers", "custom"],
        ),
    ] {
        let mut body = changes.clone();
        body["type"] = json!("custom");
        let campaign = account.outreach_campaign(&body).await;
        let reply = account.v1("POST", &format!("campaigns/{campaign}/execute"), &json!({})).await;
        assert_eq!(reply.failure().0, 400, "{changes}");
        assert_eq!(reply.faulty_fields(), fields, "{changes}");
    }
    let body = json!({"name": "x", "type": "custom", "custom": {"endpoint": "ftp://h.example"}});
    let reply = account.v1("POST", "campaigns", &body).await;
    assert_eq!(reply.faulty_fields(), ["custom.endpoint"]);
}

#[tokio::test]
async fn an_endpoint_that_fails_is_asked_again_and_after_five_times_the_campaign_pauses() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 3).await;
    let endpoint = Endpoint::start(|asked, before| match before {
        0 => Says::Json(500, Value::Null),
        1 => Says::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec()),
        2 => Says::Raw(Vec::new()),
        3..=8 => Says::Json(503, Value::Null),
        _ => greet(asked),
    })
    .await;
    let campaign = account.custom_campaign(&endpoint).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.halted(&account, &campaign).await;
    let reason = account.pause_reason(&campaign).await;
    assert_eq!(reason, "the endpoint does not say what to send: it answered 503");
    let ids: BTreeSet<_> =
        endpoint.asked().iter().map(|request| header(request, "webhook-id").to_owned()).collect();
    assert!(endpoint.asked().len() >= 5 && ids.len() <= 3, "{ids:?}");
    assert_eq!(world.sent_times(&reached), [(0, 3)].into());
    account.go(&campaign, "resume").await;
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 3)].into());
    assert_eq!(world.sent_times(&reached), [(1, 3)].into());
    let path = format!("campaigns/{campaign}/statistics?metrics=custom");
    let figures = account.v1("GET", &path, &Value::Null).await.success(200)["results"]["custom"].clone();
    assert!(figures["requestsFailed"].as_u64().unwrap() >= 5, "{figures}");
}

#[tokio::test]
async fn an_endpoint_that_lies_pauses_the_campaign_and_says_where() {
    let world = World::hurrying().await;
    let account = world.account();
    world.reached(&account, 1, 1).await;
    let long = json!({"content": "x".repeat(4_097)});
    let huge = json!({"content": "x", "more": "x".repeat(300_000)});
    let stranger = json!({"recipients": [{"id": 5, "content": "x"}]});
    for (says, words) in [
        ((200, json!("text")), "of its answer it is no JSON object"),
        ((200, long), "of its answer content must show at most 4096 characters"),
        ((200, huge), "its answer has more than 262144 bytes"),
        (
            (200, stranger),
            "of its answer recipients[0].id must be the id of one of those who were asked about",
        ),
        ((302, Value::Null), "it answered 302"),
        ((404, json!({})), "it answered 404"),
    ] {
        let (status, body) = says;
        let endpoint = Endpoint::start(move |_, _| Says::Json(status, body.clone())).await;
        let campaign = account.custom_campaign(&endpoint).await;
        account.execute(&campaign, &json!({})).await;
        world.halted(&account, &campaign).await;
        let reason = account.pause_reason(&campaign).await;
        assert_eq!(reason, format!("the endpoint does not say what to send: {words}"));
        assert_eq!(endpoint.asked().len(), 1, "nonsense is not asked for again");
        account.v1("DELETE", &format!("campaigns/{campaign}"), &Value::Null).await;
    }
}

#[tokio::test]
async fn an_endpoint_that_is_gone_ends_the_execution() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 2).await;
    let endpoint = Endpoint::start(|_, _| Says::Json(410, Value::Null)).await;
    let campaign = account.custom_campaign(&endpoint).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Failed);
    assert!(account.pause_reason(&campaign).await.ends_with("it answered 410 Gone"));
    assert_eq!(world.sent_times(&reached), [(0, 2)].into());
}

#[tokio::test]
async fn an_endpoint_inside_is_not_asked() {
    let world = World::with(|options| options.allow_private_targets = false).await;
    let account = world.account();
    world.reached(&account, 1, 1).await;
    let endpoint = Endpoint::start(|asked, _| greet(asked)).await;
    let campaign = account.custom_campaign(&endpoint).await;
    account.execute(&campaign, &json!({})).await;
    world.until("it is paused", async || account.shown(&campaign).await["status"] == "paused").await;
    assert!(account.pause_reason(&campaign).await.ends_with("its address is not one of the public internet"));
    assert!(endpoint.asked().is_empty());
}

#[tokio::test]
async fn an_endpoint_that_takes_its_time_is_waited_for() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 6).await;
    let endpoint = Endpoint::start(|asked, _| {
        let Says::Json(_, texts) = greet(asked) else { unreachable!() };
        Says::Late(Duration::from_secs(2), texts)
    })
    .await;
    let campaign = account.custom_campaign(&endpoint).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 6)].into());
    assert_eq!(world.sent_times(&reached), [(1, 6)].into());
    let asked = endpoint.asked();
    let ids: BTreeSet<_> = asked.iter().map(|request| header(request, "webhook-id")).collect();
    assert_eq!(ids.len(), asked.len(), "each chunk is asked about once");
}

#[tokio::test]
async fn an_endpoint_that_is_silent_holds_up_no_other_campaign_of_the_bot() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 20).await;
    let endpoint = Endpoint::start(|_, _| Says::Nothing).await;
    let silent = account.custom_campaign(&endpoint).await;
    account.execute(&silent, &json!({"priority": "high"})).await;
    world.until("it is asked", async || !endpoint.asked().is_empty()).await;
    let other = account.outreach_campaign(&json!({})).await;
    let id = account.execute(&other, &json!({"priority": "low"})).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.sent_times(&reached), [(1, 20)].into());
    account.go(&silent, "pause").await;
}

#[tokio::test]
async fn what_the_endpoint_had_for_somebody_who_is_erased_is_not_kept() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 2).await;
    let (erased, other) = (reached[0].people[0], reached[0].people[1]);
    let endpoint = Endpoint::start(|asked, _| {
        texts(asked, |person| json!({"content": format!("Secret of {}", person["id"].as_str().unwrap())}))
    })
    .await;
    let campaign = account.custom_campaign(&endpoint).await;
    // Everybody waits, so that what was answered is kept.
    let minute = world.system.app.clock.now() / 60;
    let time = |minute: i64| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    let hours = json!({"from": time(minute - 60), "to": time(minute + 30), "timeZone": "UTC"});
    let strategy = json!({"strategy": {"quietHours": hours}});
    account.v1("PUT", &format!("campaigns/{campaign}"), &strategy).await.success(200);
    let id = account.execute(&campaign, &json!({})).await;
    let secret = format!("Secret of {erased}");
    world.in_time("it is answered", async || !world.naming(&secret).await.is_empty()).await;
    account.v1("DELETE", &format!("subscribers/{erased}"), &Value::Null).await;
    let is_gone = async || world.naming(&secret).await.is_empty();
    world.in_time("what it had is gone", is_gone).await;
    world.ended_in_time(ACCOUNT, &id).await;
    assert_eq!(world.simulator.messages_to(other).len(), 1, "the others get theirs");
}
