//! Pages, filters and orders.

use serde_json::{Value, json};

use crate::world::{Account, World};

async fn names(account: &Account, query: &str) -> Vec<String> {
    let data = account.v1("GET", &format!("campaigns?{query}"), &Value::Null).await.success(200);
    let campaigns = data["campaigns"].as_array().unwrap();
    campaigns.iter().map(|campaign| campaign["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_are_as_many_as_the_limit_makes_them() {
    let world = World::new().await;
    let account = world.account();
    for number in 1..=45 {
        account.outreach_campaign(&json!({"name": format!("Campaign {number:02}")})).await;
    }
    let page = async |query: &str| {
        let data = account.v1("GET", &format!("campaigns?{query}"), &Value::Null).await.success(200);
        (data["campaigns"].as_array().unwrap().len(), data["pagination"].clone())
    };
    assert_eq!(page("").await, (20, json!({"page": 1, "limit": 20, "total": 45, "pages": 3})));
    assert_eq!(page("page=3").await, (5, json!({"page": 3, "limit": 20, "total": 45, "pages": 3})));
    assert_eq!(page("page=4").await, (0, json!({"page": 4, "limit": 20, "total": 45, "pages": 3})));
    assert_eq!(page("limit=45").await.1["pages"], 1);
    assert_eq!(page("limit=44").await.1["pages"], 2);
    let mut all = Vec::new();
    for number in 1..=5 {
        all.extend(names(&account, &format!("sort=name&limit=10&page={number}")).await);
    }
    assert!(all.iter().cloned().eq((1..=45).map(|number| format!("Campaign {number:02}"))), "{all:?}");
}

#[tokio::test]
async fn filters_and_orders_are_those_of_the_document() {
    let world = World::new().await;
    let account = world.account();
    for (name, more) in [
        ("beta", json!({"type": "invitation", "budget": 5, "endDate": "2030-01-01T00:00:00Z"})),
        ("Alpha", json!({"description": "summer SALE", "budget": 10.5, "startDate": "2029-01-01T00:00:00Z"})),
        ("gamma", json!({"budget": 100, "startDate": "2028-01-01T00:00:00Z"})),
    ] {
        let mut campaign = more.clone();
        campaign["name"] = json!(name);
        account.outreach_campaign(&campaign).await;
    }
    let of = async |query: &str| names(&account, query).await.join(" ");
    assert_eq!(of("sort=name").await, "Alpha beta gamma");
    assert_eq!(of("sort=-name").await, "gamma beta Alpha");
    assert_eq!(of("sort=budget").await, "beta Alpha gamma");
    assert_eq!(of("sort=-startDate").await, "Alpha gamma beta");
    assert_eq!(of("type=invitation").await, "beta");
    assert_eq!(of("search=sale").await, "Alpha");
    assert_eq!(of("search=MMA").await, "gamma");
    assert_eq!(of("status=active").await, "");
    assert_eq!(of("status=draft&type=message&search=a&sort=name").await, "Alpha gamma");
}

#[tokio::test]
async fn what_a_list_cannot_be_asked_is_a_fault_of_that_parameter() {
    let world = World::new().await;
    let account = world.account();
    for (query, field) in [
        ("page=0", "page"),
        ("page=x", "page"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("status=archived", "status"),
        ("type=spam", "type"),
        ("sort=colour", "sort"),
        ("sort=--name", "sort"),
    ] {
        let reply = account.v1("GET", &format!("campaigns?{query}"), &Value::Null).await;
        assert_eq!(reply.failure(), (400, "VALIDATION_ERROR".to_owned()), "{query}");
        assert_eq!(reply.faulty_fields(), [field], "{query}");
    }
}

#[tokio::test]
async fn the_latest_comes_first_among_those_of_one_second_too() {
    let (world, clock) = World::ahead().await;
    let account = world.account();
    let mut expected = Vec::new();
    for number in 0..12 {
        clock.advance_ms(1);
        let name = format!("Campaign {number}");
        account.outreach_campaign(&json!({"name": name})).await;
        expected.insert(0, name);
    }
    assert_eq!(names(&account, "").await, expected);
    expected.reverse();
    assert_eq!(names(&account, "sort=createdAt").await, expected);
}
