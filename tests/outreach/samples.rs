//! What a preview shows of the messages themselves.

use serde_json::{Value, json};
use shared::domain::fact_clock::FactClock;
use shared::domain::person::Person;
use shared::ids::{AccountId, BotId, BotKey, UserId};

use super::people::say;
use crate::world::{Account, FIRST_CONTACT, World};

const ACCOUNT: AccountId = AccountId(1);

/// Has a bot see somebody under a first name.
async fn seen(world: &World, bot: u64, number: i64, first_name: &str, date: i64) {
    let person = Person {
        user: UserId(FIRST_CONTACT + number),
        first_name: first_name.to_owned(),
        ..Person::default()
    };
    let bot = BotKey { account: ACCOUNT, bot: BotId(bot) };
    world.system.app.store.record_contact(bot, &person, FactClock { date, update: 1 }).await.unwrap();
}

/// What a preview of a campaign shows, by the id of the person.
async fn samples(account: &Account, campaign: &Value, order: &Value) -> Vec<Value> {
    let id = account.outreach_campaign(campaign).await;
    let preview = account.v1("POST", &format!("campaigns/{id}/execute"), order).await.success(200);
    let mut samples = preview["samples"].as_array().unwrap().clone();
    for sample in &mut samples {
        sample["subscriber"] = sample["subscriber"]["id"].take();
    }
    samples.sort_by_key(|sample| sample["subscriber"].as_str().map(str::to_owned));
    samples
}

#[tokio::test]
async fn a_preview_shows_what_people_would_get_or_what_keeps_it_from_them() {
    let world = World::new().await;
    let account = world.account();
    for (number, name) in [(0, "Anna <3"), (1, ""), (2, "Ben")] {
        seen(&world, 1, number, name, 10).await;
        say(&account, FIRST_CONTACT + number, &json!({"attributes": {"city": "Rome & Paris"}})).await;
    }
    // Ben spoke to another bot since, which knows him by another name.
    seen(&world, 2, 2, "Benjamin", 20).await;
    let campaign = json!({"messages": [
        {"content": "*Hi* {{firstName}}", "buttons": [{"text": "{{city}}", "url": "https://example.com/?c={{city}}"}]},
        {"content": "Bye"},
    ]});
    let shown = samples(&account, &campaign, &json!({"preview": true})).await;
    let lines: Vec<_> = shown.iter().map(Value::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"messages":[{"buttons":[[{"text":"Rome & Paris","url":"https://example.com/?c=Rome%20%26%20Paris"}]],"media":null,"text":"<b>Hi</b> Anna &lt;3"},{"buttons":[],"media":null,"text":"Bye"}],"subscriber":"7000000000"}
    {"error":{"code":"TEMPLATE_RENDER_ERROR","field":"firstName"},"subscriber":"7000000001"}
    {"messages":[{"buttons":[[{"text":"Rome & Paris","url":"https://example.com/?c=Rome%20%26%20Paris"}]],"media":null,"text":"<b>Hi</b> Benjamin"},{"buttons":[],"media":null,"text":"Bye"}],"subscriber":"7000000002"}
    "#);
}

#[tokio::test]
async fn a_preview_shows_three_of_those_who_would_be_reached_and_nobody_else() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..30).await;
    for number in [3, 4] {
        say(&account, FIRST_CONTACT + number, &json!({"attributes": {"location": "US"}})).await;
    }
    let users = |shown: &[Value]| shown.iter().map(|sample| sample["subscriber"].clone()).collect::<Vec<_>>();
    let two = json!({"targetAudience": {"filters": {"location": ["US"]}}});
    let shown = samples(&account, &two, &json!({"preview": true})).await;
    assert_eq!(users(&shown), [3, 4].map(|number| json!((FIRST_CONTACT + number).to_string())));
    assert_eq!(samples(&account, &json!({}), &json!({"preview": true})).await.len(), 3);
    let testers = json!({"testers": [(FIRST_CONTACT + 9).to_string(), "5"]});
    account.v1("PUT", "testers", &testers).await.success(200);
    let shown = samples(&account, &two, &json!({"preview": true, "testMode": true})).await;
    assert_eq!(users(&shown), [json!((FIRST_CONTACT + 9).to_string())]);
}

#[tokio::test]
async fn a_preview_shows_the_variation_that_somebody_will_get() {
    let world = World::new().await;
    let account = world.account();
    world.contacts(ACCOUNT, 1, 0..3).await;
    let message = json!({"content": "Base", "variations": [{"content": "Other", "weight": 50}]});
    let campaign = account.outreach_campaign(&json!({"messages": [message]})).await;
    let path = format!("campaigns/{campaign}/execute");
    let preview = account.v1("POST", &path, &json!({"preview": true})).await.success(200);
    let id = account.execute(&campaign, &json!({})).await;
    world.settle().await;
    let execution = world.execution(ACCOUNT, &id).await;
    for (_, recipient) in world.recipients(ACCOUNT, &execution).await {
        let expected = ["Base", "Other"][recipient.variations[0]];
        let samples = preview["samples"].as_array().unwrap();
        let is_theirs = |sample: &&Value| sample["subscriber"]["id"] == recipient.user.to_string();
        let sample = samples.iter().find(is_theirs).unwrap();
        assert_eq!(sample["messages"][0]["text"], expected);
    }
}
