//! Calls that a client repeats under one `Idempotency-Key`.

use futures::future::join_all;
use local::faults::Death;
use serde_json::{Value, json};
use shared::app::{CALL_LEASE_MS, CallOnce};
use shared::clock::Clock;
use shared::store::KeptAnswer;

use super::{path_of, working_routes};
use crate::world::{Account, Reply, World};

fn sale() -> Value {
    json!({"name": "Sale", "type": "message", "messages": [{"content": "Hello"}]})
}

async fn campaigns(account: &Account) -> Value {
    let list = account.v1("GET", "campaigns", &Value::Null).await.success(200);
    list["pagination"]["total"].clone()
}

async fn world_at(clock: &Clock) -> World {
    World::with(|options| options.clock = clock.clone()).await
}

#[tokio::test]
async fn ten_at_once_under_one_key_make_one_campaign() {
    let world = World::new().await;
    let account = world.account();
    let body = sale();
    let calls = (0..10).map(|_| account.v1_under("order-1", "POST", "campaigns", &body));
    let replies = join_all(calls).await;
    let first: Vec<_> = replies.iter().filter(|reply| reply.code == 201 && !reply.replayed).collect();
    assert_eq!(first.len(), 1, "{replies:?}");
    for reply in replies.iter().filter(|reply| reply.code != 201) {
        assert_eq!(reply.failure(), (409, "IDEMPOTENCY_CONFLICT".to_owned()));
        assert_eq!((reply.retry_after, &reply.json()["retryable"]), (Some(1), &json!(true)));
    }
    let again = account.v1_under("order-1", "POST", "campaigns", &body).await;
    assert_eq!((again.code, again.replayed, &again.text), (201, true, &first[0].text));
    assert_eq!(campaigns(&account).await, 1);
}

#[tokio::test]
async fn every_post_repeats_its_answer_and_refuses_a_malformed_key() {
    let world = World::new().await;
    let account = world.account();
    for route in working_routes() {
        let path = path_of(route, "none123");
        let first = account.v1_under(&path, route.method, &path, &json!({})).await;
        let second = account.v1_under(&path, route.method, &path, &json!({})).await;
        let is_post = route.method == "POST";
        assert_eq!((first.replayed, second.replayed), (false, is_post), "{}", route.binary);
        assert_eq!((first.code, first.text), (second.code, second.text), "{}", route.binary);
        for key in ["", &"x".repeat(256), "tab\tbed", "naïve"] {
            let reply = account.v1_under(key, route.method, &path, &json!({})).await;
            let refused =
                reply.text.contains("Idempotency-Key: must have 1 to 255 printable ASCII characters");
            assert_eq!((reply.code == 400 && refused), is_post, "{} {key:?}: {}", route.binary, reply.text);
        }
    }
}

#[tokio::test]
async fn another_call_under_the_same_key_is_a_conflict_and_another_account_is_none() {
    let world = World::new().await;
    let (account, stranger) = (world.account(), world.another_account().await);
    let made = account.v1_under("k", "POST", "campaigns", &sale()).await.success(201);
    let mut other = sale();
    other["name"] = json!("Other");
    let clone = format!("campaigns/{}/clone", made["id"].as_str().unwrap());
    for (path, body) in [("campaigns", &other), ("campaigns?x=1", &sale()), (&clone, &sale())] {
        let reply = account.v1_under("k", "POST", path, body).await;
        assert_eq!(reply.failure(), (409, "IDEMPOTENCY_CONFLICT".to_owned()), "{path} {body}");
        assert_eq!((reply.retry_after, &reply.json()["retryable"]), (None, &json!(false)));
    }
    assert_eq!(campaigns(&account).await, 1);
    assert!(!stranger.v1_under("k", "POST", "campaigns", &other).await.replayed);
    assert_eq!(campaigns(&stranger).await, 1);
}

#[tokio::test]
async fn a_refusal_is_repeated_too_and_a_call_without_a_key_is_a_call_of_its_own() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(account.id, 1, 0..1).await;
    let id = account.outreach_campaign(&json!({})).await;
    let path = format!("campaigns/{id}/pause");
    let refused = account.v1_under("k", "POST", &path, &Value::Null).await;
    assert_eq!(refused.code, 409);
    account.v1("PUT", &format!("campaigns/{id}"), &json!({"status": "active"})).await.success(200);
    let again = account.v1_under("k", "POST", &path, &Value::Null).await;
    assert_eq!((again.code, again.replayed, again.text), (409, true, refused.text));
    account.v1("POST", &path, &Value::Null).await.success(200);
}

#[tokio::test]
async fn an_answer_is_repeated_for_a_day() {
    let clock = Clock::manual(Clock::System.now_ms());
    let world = world_at(&clock).await;
    let account = world.account();
    account.v1_under("k", "POST", "campaigns", &sale()).await.success(201);
    clock.advance_ms(86_399_000);
    assert!(account.v1_under("k", "POST", "campaigns", &sale()).await.replayed);
    clock.advance_ms(1_000);
    let mut other = sale();
    other["name"] = json!("Other");
    assert!(!account.v1_under("k", "POST", "campaigns", &other).await.replayed);
    assert_eq!(campaigns(&account).await, 2);
}

#[tokio::test]
async fn a_call_whose_function_died_is_carried_out_after_a_minute() {
    let clock = Clock::manual(Clock::System.now_ms());
    let world = world_at(&clock).await;
    let account = world.account();
    // The key is checked, the call is claimed, and storage is gone.
    world.faults.kill("campaigns-create", Death { calls: 2, lost_answer: false });
    let died = account.v1_under("k", "POST", "campaigns", &sale()).await;
    assert_eq!(died.failure(), (503, "TEMPORARILY_UNAVAILABLE".to_owned()));
    assert!(world.faults.revive("campaigns-create"));
    clock.advance_ms(CALL_LEASE_MS - 1);
    let early = account.v1_under("k", "POST", "campaigns", &sale()).await;
    assert_eq!((early.failure().0, &early.json()["retryable"]), (409, &json!(true)));
    clock.advance_ms(1);
    let late = account.v1_under("k", "POST", "campaigns", &sale()).await;
    assert_eq!((late.code, late.replayed), (201, false));
    assert_eq!(campaigns(&account).await, 1);
}

#[tokio::test]
async fn a_claim_whose_answer_is_lost_is_found_again_by_who_made_it() {
    let world = World::new().await;
    let account = world.account();
    world.faults.lose_answer_to("dynamodb:PutItem");
    let made = account.v1_under("k", "POST", "campaigns", &sale()).await;
    assert_eq!((made.code, made.replayed), (201, false), "{}", made.text);
    assert!(account.v1_under("k", "POST", "campaigns", &sale()).await.replayed);
    assert_eq!(campaigns(&account).await, 1);
}

#[tokio::test]
async fn an_answer_that_may_change_or_is_too_long_is_not_kept() {
    let world = World::new().await;
    let (account, app) = (world.account(), &world.system.app);
    for (key, answer) in
        [("outage", None), ("long", Some(KeptAnswer { status: 200, body: "x".repeat(400_000) }))]
    {
        for _ in 0..2 {
            let begun = app.begin_call(account.id, key, "request").await.unwrap();
            let CallOnce::First(call) = begun else { panic!("{begun:?}") };
            app.settle_call(&call, answer.clone()).await;
        }
    }
}

#[tokio::test]
async fn a_suspended_account_is_refused_and_is_answered_anew_when_it_is_not() {
    let world = World::new().await;
    let account = world.another_account().await;
    let set = async |status| world.system.app.set_account_status(account.id, status).await.unwrap();
    set(shared::store::AccountStatus::Suspended).await;
    assert_eq!(account.v1_under("k", "POST", "campaigns", &sale()).await.code, 403);
    set(shared::store::AccountStatus::Active).await;
    let reply: Reply = account.v1_under("k", "POST", "campaigns", &sale()).await;
    assert_eq!((reply.code, reply.replayed), (201, false));
}
