//! How much an account may keep, and what stays true when calls meet.

use serde_json::{Value, json};
use shared::domain::outreach::{DOCUMENT_BYTES_MAX, Holding, Template};
use shared::ids::TemplateId;
use shared::store::{HeldWrite, HoldingChange};

use super::people::segment;
use crate::world::{Account, World};

/// An account that keeps so many of something, of so many bytes.
async fn holds(world: &World, account: &Account, (holding, count, bytes): (Holding, u64, u64)) {
    let held = HoldingChange {
        count: i64::try_from(count).unwrap(),
        bytes: i64::try_from(bytes).unwrap(),
        ..HoldingChange::made(holding, 0)
    };
    let document = json!({"name": "Kept", "content": "x"}).as_object().cloned().unwrap();
    let id = TemplateId::of(&format!("{}{count}x{bytes}", holding.name()));
    let template = Template { id, document, version: 1, created: 0, updated: 0 };
    let store = &world.system.app.store;
    assert_eq!(store.create_template(account.id, &template, held).await.unwrap(), HeldWrite::Written);
}

fn body_of(noun: &str) -> Value {
    match noun {
        "campaigns" => json!({"name": "x", "type": "message"}),
        "segments" => json!({"name": "x"}),
        "webhooks" => json!({"url": "https://h.example/", "events": ["campaign.paused"]}),
        _ => json!({"name": "x", "content": "x"}),
    }
}

#[tokio::test]
async fn an_account_keeps_no_more_than_it_may_and_makes_room_by_deleting() {
    let world = World::new().await;
    let account = world.account();
    for holding in Holding::ALL {
        let (noun, body) = (holding.name(), body_of(holding.name()));
        holds(&world, &account, (holding, holding.count_max() - 1, 0)).await;
        let last = account.v1("POST", noun, &body).await.success(201);
        let refused = account.v1("POST", noun, &body).await;
        assert_eq!(refused.failure(), (400, "VALIDATION_ERROR".to_owned()), "{noun}");
        assert_eq!(refused.faulty_fields(), [noun]);
        let path = format!("{noun}/{}", last["id"].as_str().unwrap());
        account.v1("PUT", &path, &json!({"name": "y"})).await.success(200);
        account.v1("DELETE", &path, &Value::Null).await.success(200);
        account.v1("POST", noun, &body).await.success(201);
        assert_eq!(account.v1("POST", noun, &body).await.code, 400, "{noun}");
    }
    let full = account.v1("GET", "campaigns", &Value::Null).await.success(200);
    let clone = format!("campaigns/{}/clone", full["campaigns"][0]["id"].as_str().unwrap());
    assert_eq!(account.v1("POST", &clone, &Value::Null).await.faulty_fields(), ["campaigns"]);
}

#[tokio::test]
async fn what_an_account_keeps_is_bounded_in_bytes_and_can_always_get_less() {
    let world = World::new().await;
    let account = world.account();
    // Of a webhook nothing is kept but what is known of it, which is less than may be kept.
    for holding in Holding::ALL.into_iter().filter(|holding| *holding != Holding::Webhooks) {
        let (noun, mut body) = (holding.name(), body_of(holding.name()));
        body["note"] = json!("x".repeat(100));
        let made = account.v1("POST", noun, &body).await.success(201);
        holds(&world, &account, (holding, 1, holding.bytes_max() - 300)).await;
        let path = format!("{noun}/{}", made["id"].as_str().unwrap());
        let longer = account.v1("PUT", &path, &json!({"note": "x".repeat(400)})).await;
        assert_eq!((longer.code, longer.faulty_fields()), (400, vec![noun.to_owned()]), "{}", longer.text);
        account.v1("PUT", &path, &json!({"note": null})).await.success(200);
        account.v1("PUT", &path, &json!({"note": "x".repeat(150)})).await.success(200);
    }
}

#[tokio::test]
async fn no_document_grows_beyond_what_is_kept_of_one() {
    let world = World::new().await;
    let account = world.account();
    for noun in ["campaigns", "segments", "templates"] {
        let made = account.v1("POST", noun, &body_of(noun)).await.success(201);
        let path = format!("{noun}/{}", made["id"].as_str().unwrap());
        let piece = "x".repeat(usize::try_from(DOCUMENT_BYTES_MAX).unwrap() / 2);
        account.v1("PUT", &path, &json!({"first": piece})).await.success(200);
        let refused = account.v1("PUT", &path, &json!({"second": piece})).await;
        assert_eq!((refused.code, refused.faulty_fields()), (400, vec!["body".to_owned()]), "{noun}");
        account.v1("PUT", &path, &json!({"first": null, "second": piece})).await.success(200);
        account.v1("GET", &path, &Value::Null).await.success(200);
    }
}

#[tokio::test]
async fn a_page_that_would_be_too_long_for_an_answer_asks_for_a_smaller_one() {
    let world = World::new().await;
    let account = world.account();
    let mut body = body_of("templates");
    body["note"] = json!("x".repeat(250_000));
    for _ in 0..25 {
        account.v1("POST", "templates", &body).await.success(201);
    }
    account.v1("GET", "templates", &Value::Null).await.success(200);
    let refused = account.v1("GET", "templates?limit=25", &Value::Null).await;
    assert_eq!((refused.code, refused.faulty_fields()), (400, vec!["limit".to_owned()]));
}

#[tokio::test]
async fn two_changes_at_once_do_not_make_segments_leave_each_other_out() {
    let world = World::new().await;
    let account = world.account();
    for _ in 0..5 {
        let (one, other) =
            (segment(&account, "One", &[], &[]).await, segment(&account, "Other", &[], &[]).await);
        let exclude = async |id: &str, excluded: &str| {
            account.v1("PUT", &format!("segments/{id}"), &json!({"exclude": [excluded]})).await.code
        };
        let (first, second) = tokio::join!(exclude(&one, &other), exclude(&other, &one));
        let mut codes = [first, second];
        codes.sort_unstable();
        assert_eq!(codes, [200, 400]);
    }
}

#[tokio::test]
async fn a_segment_is_not_deleted_while_something_begins_to_name_it() {
    let world = World::new().await;
    let account = world.account();
    for round in 0..6 {
        let (named, other) =
            (segment(&account, "Named", &[], &[]).await, segment(&account, "Other", &[], &[]).await);
        let campaign = account.outreach_campaign(&json!({})).await;
        let (path, change) = match round % 2 {
            0 => (format!("segments/{other}"), json!({"exclude": [named]})),
            _ => (format!("campaigns/{campaign}"), json!({"targetAudience": {"segments": [named]}})),
        };
        let named = format!("segments/{named}");
        let (deleted, changed) =
            tokio::join!(account.v1("DELETE", &named, &Value::Null), account.v1("PUT", &path, &change));
        match (deleted.code, changed.code) {
            (409, 200) => drop(account.v1("GET", &named, &Value::Null).await.success(200)),
            // A campaign may name a segment that is not there; a segment may not.
            (200, 400) => assert_eq!(round % 2, 0),
            (200, 200) => assert_eq!(round % 2, 1),
            codes => panic!("{codes:?} {} {}", deleted.text, changed.text),
        }
    }
}

#[test]
fn the_documents_tell_how_much_is_kept() {
    let words = |number: u64| match number / 1_000 {
        0 => number.to_string(),
        thousands => format!("{thousands},{:03}", number % 1_000),
    };
    for file in ["README.md", "openapi/campaigns-api.yaml"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
        let text = std::fs::read_to_string(path).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        for holding in Holding::ALL {
            let kept = format!("{} {}", words(holding.count_max()), holding.name());
            assert!(text.contains(&kept), "{file}: {kept}");
            assert!(text.contains(&format!("{} MB", holding.bytes_max() >> 20)), "{file}: {kept}");
        }
        assert!(text.contains(&format!("{} KB of any one", DOCUMENT_BYTES_MAX >> 10)), "{file}");
    }
}
