//! What may be done in which state, and who wins.

use futures::future::join_all;
use serde_json::{Value, json};
use shared::domain::outreach::OutreachStatus;

use crate::world::{Account, World};

/// A campaign in this state, by the ways a client has.
async fn campaign_in(account: &Account, status: OutreachStatus) -> Option<String> {
    let id = account.outreach_campaign(&json!({})).await;
    let steps: &[&str] = match status {
        OutreachStatus::Draft => &[],
        OutreachStatus::Active => &["active"],
        OutreachStatus::Paused => &["active", "paused"],
        OutreachStatus::Cancelled => &["cancelled"],
        // No client's call leads there.
        OutreachStatus::Completed => return None,
    };
    for step in steps {
        account.v1("PUT", &format!("campaigns/{id}"), &json!({"status": step})).await.success(200);
    }
    Some(id)
}

const NO: &str = "409 INVALID_STATUS_TRANSITION";
const KEPT: &str = "409 CAMPAIGN_NOT_DELETABLE";

/// Rows are calls; columns draft, active, paused, cancelled: the state after it, or the refusal.
fn table() -> Vec<(&'static str, &'static str, Value, [&'static str; 4])> {
    let put = |body: Value| ("PUT", "", body);
    let rows = [
        (put(json!({"description": "Other"})), ["draft", "active", "paused", NO]),
        (put(json!({"goals": {"revenue": 1}})), ["draft", "active", "paused", NO]),
        (put(json!({"messages": [{"content": "Other"}]})), ["draft", "active", "paused", NO]),
        (put(json!({"targetAudience": {"bots": [1]}})), ["draft", "active", "paused", NO]),
        (put(json!({"status": "active"})), ["active", "active", "active", NO]),
        (put(json!({"status": "paused"})), [NO, "paused", "paused", NO]),
        (put(json!({"status": "cancelled"})), ["cancelled", "cancelled", "cancelled", "cancelled"]),
        (put(json!({"status": "draft"})), ["draft", "draft", "draft", NO]),
        (put(json!({"status": "completed"})), [NO, NO, NO, NO]),
        (("POST", "/pause", Value::Null), [NO, "paused", NO, NO]),
        (("POST", "/resume", Value::Null), [NO, NO, "active", NO]),
        (("DELETE", "", Value::Null), ["gone", KEPT, KEPT, "gone"]),
        (("POST", "/clone", Value::Null), ["draft", "active", "paused", "cancelled"]),
    ];
    rows.into_iter().map(|((method, path, body), row)| (method, path, body, row)).collect()
}

#[tokio::test]
async fn every_call_in_every_state_is_answered_as_the_table_says() {
    let world = World::new().await;
    let account = world.account();
    let columns =
        [OutreachStatus::Draft, OutreachStatus::Active, OutreachStatus::Paused, OutreachStatus::Cancelled];
    for (method, path, body, row) in table() {
        for (status, expected) in columns.into_iter().zip(row) {
            let id = campaign_in(&account, status).await.unwrap();
            let reply = account.v1(method, &format!("campaigns/{id}{path}"), &body).await;
            let after = account.v1("GET", &format!("campaigns/{id}"), &Value::Null).await;
            let seen = match reply.code {
                409 => format!("409 {}", reply.failure().1),
                _ if after.code == 404 => "gone".to_owned(),
                _ => {
                    assert!(matches!(reply.code, 200 | 201), "{}", reply.text);
                    after.success(200)["status"].as_str().unwrap().to_owned()
                }
            };
            assert_eq!(seen, expected, "{method} {path} {body} in {}", status.name());
            if reply.code == 409 {
                assert_eq!(reply.json()["details"]["from"], status.name(), "{}", reply.text);
                assert!(reply.json()["details"]["allowed"].is_array(), "{}", reply.text);
            }
        }
    }
}

#[tokio::test]
async fn of_racing_transitions_one_wins_and_the_others_get_409() {
    let world = World::new().await;
    let account = world.account();
    let id = campaign_in(&account, OutreachStatus::Active).await.unwrap();
    let path = format!("campaigns/{id}/pause");
    let replies = join_all((0..6).map(|_| account.v1("POST", &path, &Value::Null))).await;
    let mut codes: Vec<_> = replies.iter().map(|reply| reply.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [200, 409, 409, 409, 409, 409]);
    let campaign = account.v1("GET", &format!("campaigns/{id}"), &Value::Null).await.success(200);
    assert_eq!((&campaign["status"], &campaign["version"]), (&json!("paused"), &json!(3)));
}

#[tokio::test]
async fn a_change_that_names_an_old_version_is_refused() {
    let world = World::new().await;
    let account = world.account();
    let id = account.outreach_campaign(&json!({})).await;
    let put = async |body: Value| account.v1("PUT", &format!("campaigns/{id}"), &body).await;
    assert_eq!(put(json!({"name": "Second", "version": 1})).await.success(200)["version"], 2);
    let late = put(json!({"name": "Third", "version": 1})).await;
    assert_eq!(late.failure(), (409, "VERSION_CONFLICT".to_owned()));
    assert_eq!(put(json!({"name": "Third"})).await.success(200)["name"], "Third");
}

#[tokio::test]
async fn a_campaign_without_messages_is_not_activated() {
    let world = World::new().await;
    let account = world.account();
    let id = account.outreach_campaign(&json!({"messages": []})).await;
    let reply = account.v1("PUT", &format!("campaigns/{id}"), &json!({"status": "active"})).await;
    assert_eq!(reply.failure(), (422, "NO_CONTENT".to_owned()));
}

#[tokio::test]
async fn an_expired_campaign_is_not_resumed() {
    let world = World::new().await;
    let account = world.account();
    let id = campaign_in(&account, OutreachStatus::Paused).await.unwrap();
    let end = json!({"endDate": "2024-01-01T00:00:00Z"});
    account.v1("PUT", &format!("campaigns/{id}"), &end).await.success(200);
    for (method, path, body) in [("POST", "/resume", Value::Null), ("PUT", "", json!({"status": "active"}))] {
        let reply = account.v1(method, &format!("campaigns/{id}{path}"), &body).await;
        assert_eq!(reply.failure(), (409, "CAMPAIGN_EXPIRED".to_owned()));
    }
}
