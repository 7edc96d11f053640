//! Segments: made, changed, previewed, and not deleted while something needs them.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::calendar;
use shared::ids::OutreachCampaignId;
use shared::store::KeptCount;

use super::people::{meet, say, segment};
use crate::world::{Account, World};

async fn names(account: &Account, query: &str) -> (String, Value) {
    let data = account.v1("GET", &format!("segments?{query}"), &Value::Null).await.success(200);
    let segments = data["segments"].as_array().unwrap().iter();
    let names: Vec<_> = segments.map(|segment| segment["name"].as_str().unwrap().to_owned()).collect();
    (names.join(" "), data["pagination"].clone())
}

#[tokio::test]
async fn a_segment_is_kept_with_all_that_was_said_of_it() {
    let world = World::new().await;
    let (account, now) = (world.account(), world.system.app.clock.now());
    let body = json!({"name": "Premium", "colour": "red", "version": 7, "id": "seg1", "rules": [
        {"field": "premium", "op": "eq", "value": true}
    ]});
    let made = account.v1("POST", "segments", &body).await.success(201);
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("seg") && id.len() == 19, "{id}");
    let made_at = made["createdAt"].as_str().and_then(calendar::parse_iso_time).unwrap();
    assert!((now..now + 30).contains(&made_at));
    let shown = json!({
        "id": id, "name": "Premium", "match": "all", "rules": body["rules"], "exclude": [], "colour": "red",
        "version": 1, "createdAt": made["createdAt"], "updatedAt": made["updatedAt"],
    });
    assert_eq!(made, shown);
    assert_eq!(account.v1("GET", &format!("segments/{id}"), &Value::Null).await.success(200), shown);

    let change = json!({"match": "any", "colour": null, "version": 1});
    let changed = account.v1("PUT", &format!("segments/{id}"), &change).await.success(200);
    assert_eq!(json!([changed["match"], changed["name"], changed["version"]]), json!(["any", "Premium", 2]));
    assert_eq!(changed["colour"], Value::Null);
    let late = account.v1("PUT", &format!("segments/{id}"), &change).await;
    assert_eq!(late.failure(), (409, "VERSION_CONFLICT".to_owned()));

    let gone = account.v1("DELETE", &format!("segments/{id}"), &Value::Null).await;
    assert_eq!(gone.success(200), json!({"message": "Segment deleted successfully"}));
    for method in ["GET", "PUT", "DELETE"] {
        let reply = account.v1(method, &format!("segments/{id}"), &json!({})).await;
        assert_eq!(reply.failure(), (404, "SEGMENT_NOT_FOUND".to_owned()), "{method}");
    }
}

#[tokio::test]
async fn segments_are_listed_by_page_name_and_order() {
    let world = World::new().await;
    let account = world.account();
    for name in ["beta", "Alpha", "gamma"] {
        segment(&account, name, &[], &[]).await;
    }
    assert_eq!(names(&account, "sort=name").await.0, "Alpha beta gamma");
    assert_eq!(names(&account, "sort=-name&limit=2").await.0, "gamma beta");
    assert_eq!(names(&account, "search=MM").await.0, "gamma");
    let (second, pagination) = names(&account, "sort=name&limit=2&page=2").await;
    assert_eq!(
        (second.as_str(), pagination),
        ("gamma", json!({"page": 2, "limit": 2, "total": 3, "pages": 2}))
    );
    let reply = account.v1("GET", "segments?sort=budget", &Value::Null).await;
    assert_eq!((reply.failure().0, reply.faulty_fields()), (400, vec!["sort".to_owned()]));
}

#[tokio::test]
async fn what_is_wrong_with_a_segment_is_told_by_its_field() {
    let world = World::new().await;
    let account = world.account();
    let other = segment(&account, "Other", &[], &[]).await;
    for (body, code, field) in [
        (json!({}), 400, "name"),
        (json!({"name": "x", "match": "some"}), 400, "match"),
        (json!({"name": "x", "rules": [{"field": "premium"}]}), 400, "rules[0].op"),
        (
            json!({"name": "x", "rules": [{"field": "premium", "op": "eq", "value": 3}]}),
            400,
            "rules[0].value",
        ),
        (json!({"name": "x", "rules": [{"field": "shoe", "op": "eq", "value": 3}]}), 422, "rules[0].field"),
        (json!({"name": "x", "rules": [{"field": "premium", "op": "like", "value": 3}]}), 422, "rules[0].op"),
        (
            json!({"name": "x", "rules": [{"field": "leadStatus", "op": "eq", "value": "won"}]}),
            400,
            "rules[0].value",
        ),
        (json!({"name": "x", "exclude": ["seg0"]}), 400, "exclude[0]"),
        (json!({"name": "x", "exclude": "seg0"}), 400, "exclude"),
    ] {
        let mut unsaved = body.clone();
        unsaved["name"] = unsaved["name"].take();
        let reply = account.v1("POST", "segments", &body).await;
        assert_eq!((reply.code, reply.faulty_fields()), (code, vec![field.to_owned()]), "{}", reply.text);
        if field != "name" {
            let reply = account.v1("POST", "segments/preview", &unsaved).await;
            assert_eq!((reply.code, reply.faulty_fields()), (code, vec![field.to_owned()]), "{}", reply.text);
        }
    }
    let outer = segment(&account, "Outer", &[], &[&other]).await;
    let reply = account.v1("PUT", &format!("segments/{other}"), &json!({"exclude": [outer]})).await;
    assert_eq!((reply.code, reply.faulty_fields()), (400, vec!["exclude[0]".to_owned()]), "{}", reply.text);
    assert_eq!(names(&account, "sort=name").await.0, "Other Outer", "nothing else was written");
}

#[tokio::test]
async fn a_segment_stays_while_something_that_is_not_over_names_it() {
    let world = World::new().await;
    let account = world.account();
    let inner = segment(&account, "Inner", &[], &[]).await;
    let outer = segment(&account, "Outer", &[], &[&inner]).await;
    let campaign = account.outreach_campaign(&json!({"targetAudience": {"segments": [inner]}})).await;
    let delete = async |id: &str| account.v1("DELETE", &format!("segments/{id}"), &Value::Null).await;
    let refused = delete(&inner).await;
    assert_eq!(refused.failure(), (409, "SEGMENT_IN_USE".to_owned()));
    assert_eq!(refused.json()["details"], json!({"campaigns": [campaign], "segments": [outer]}));
    delete(&outer).await.success(200);
    assert_eq!(delete(&inner).await.json()["details"], json!({"campaigns": [campaign], "segments": []}));
    let cancelled = json!({"status": "cancelled"});
    account.v1("PUT", &format!("campaigns/{campaign}"), &cancelled).await.success(200);
    delete(&inner).await.success(200);
    let shown = account.v1("GET", &format!("campaigns/{campaign}"), &Value::Null).await.success(200);
    assert_eq!(shown["targetAudience"], json!({"segments": [inner], "totalCount": 0}));
}

#[tokio::test]
async fn a_preview_counts_who_is_in_a_segment_and_shows_some() {
    let world = World::new().await;
    let account = world.account();
    meet(&world, &account, 1, 7_000_000_000..7_000_000_030).await;
    for user in 7_000_000_000..7_000_000_024 {
        let location = if user % 2 == 0 { "US" } else { "CA" };
        say(&account, user, &json!({"attributes": {"location": location}, "tags": ["asked"]})).await;
    }
    say(&account, 7_000_000_002, &json!({"addTags": ["vip"]})).await;
    let vips = segment(&account, "Vips", &[("tags", "contains", json!("vip"))], &[]).await;
    let us = segment(&account, "US", &[("attributes.location", "eq", json!("US"))], &[&vips]).await;
    let preview = account.v1("POST", &format!("segments/{us}/preview"), &Value::Null).await.success(200);
    assert_eq!(
        json!([preview["count"], preview["reachable"], preview["excluded"], preview["exact"]]),
        json!([11, 11, {"attributeMissing": 6}, true])
    );
    let sample = preview["sample"].as_array().unwrap();
    let fits =
        |person: &Value| person["attributes"]["location"] == "US" && person["tags"] == json!(["asked"]);
    assert!(sample.len() == 10 && sample.iter().all(fits), "{sample:?}");
    let body =
        json!({"rules": [{"field": "attributes.location", "op": "eq", "value": "US"}], "exclude": [vips]});
    let unsaved = account.v1("POST", "segments/preview", &body).await.success(200);
    assert_eq!(unsaved, preview, "the same rules, the same people");
    assert_eq!(names(&account, "").await.1["total"], 2, "nothing was kept");
}

#[tokio::test]
async fn people_are_counted_once_to_activate_and_not_again_for_what_is_over() {
    let clock = Clock::manual(1_790_000_100_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let account = world.account();
    meet(&world, &account, 1, 7_000_000_000..7_000_000_040).await;
    let id = account.outreach_campaign(&json!({"startDate": "2099-01-01T00:00:00Z"})).await;
    let path = format!("campaigns/{id}");
    let set = async |status: &str| account.v1("PUT", &path, &json!({"status": status})).await.success(200);
    let read = |before: u64| world.faults.rows_read_by("campaigns-update") - before;
    let before = read(0);
    assert_eq!(set("active").await["targetAudience"]["totalCount"], 40);
    assert!((40..80).contains(&read(before)), "one walk: {}", read(before));
    set("cancelled").await;
    let listed = async || {
        let before = world.faults.rows_read_by("campaigns-list");
        let list = account.v1("GET", "campaigns", &Value::Null).await.success(200);
        assert_eq!(list["campaigns"][0]["targetAudience"]["totalCount"], 40);
        world.faults.rows_read_by("campaigns-list") - before
    };
    listed().await;
    clock.advance_ms(90_000);
    assert!(listed().await < 40, "no walk");
}

#[tokio::test]
async fn campaigns_show_how_many_people_they_would_reach() {
    let world = World::new().await;
    let account = world.account();
    meet(&world, &account, 1, 7_000_000_000..7_000_000_005).await;
    let id = account.outreach_campaign(&json!({})).await;
    let of_bot = account.outreach_campaign(&json!({"targetAudience": {"bots": [2], "totalCount": 9}})).await;
    let shown = async |id: &str| {
        let campaign = account.v1("GET", &format!("campaigns/{id}"), &Value::Null).await.success(200);
        campaign["targetAudience"].clone()
    };
    assert_eq!(shown(&id).await, json!({"totalCount": 5}));
    assert_eq!(shown(&of_bot).await, json!({"bots": [2], "totalCount": 0}));
    meet(&world, &account, 2, 7_000_000_003..7_000_000_008).await;
    assert_eq!(shown(&id).await["totalCount"], 5, "kept for a minute");
    let queries = world.faults.rows_read_by("campaigns-get");
    shown(&id).await;
    assert_eq!(world.faults.rows_read_by("campaigns-get"), queries, "no walk");
    account.v1("PUT", &format!("campaigns/{id}"), &json!({"budget": 5})).await.success(200);
    let list = account.v1("GET", "campaigns?sort=budget", &Value::Null).await.success(200);
    let totals = |index: usize| list["campaigns"][index]["targetAudience"]["totalCount"].clone();
    assert_eq!([totals(0), totals(1)], [0, 8], "another version is counted anew");
    let (kept, soon) = (OutreachCampaignId::parse(&id).unwrap(), world.system.app.clock.now() + 60);
    let scaled = KeptCount { version: 2, reachable: 700, exact: false };
    world.system.app.store.keep_audience_counts(account.id, &[(&kept, scaled)], soon).await.unwrap();
    assert_eq!(shown(&id).await, json!({"totalCount": 700, "totalCountExact": false}));
}
