//! Tracked links: who clicks is sent on and counted.

use std::collections::BTreeSet;

use futures::future::join_all;
use local::faults::Death;
use serde_json::{Value, json};
use shared::ids::AccountId;

use crate::world::{Account, Followed, Reached, TELEPHONE, World};

const ACCOUNT: AccountId = AccountId(1);

/// A campaign with a link in its text and one behind a button, sent to so many people of one bot.
async fn sent(world: &World, account: &Account, people: usize) -> (String, Reached) {
    let reached = world.reached(account, 1, people).await.remove(0);
    let message = json!({
        "id": "msg1",
        "content": "Hi {{firstName}}, see https://shop.example/?u={{firstName}} or [us](https://t.me/cats)",
        "buttons": [[{"text": "Sale", "url": "https://shop.example/sale"}]],
    });
    let campaign = account.outreach_campaign(&json!({"messages": [message]})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    (campaign, reached)
}

async fn statistics(account: &Account, campaign: &str) -> Value {
    account.v1("GET", &format!("campaigns/{campaign}/statistics"), &Value::Null).await.success(200)
}

/// How many people a rule on a campaign holds for.
async fn matching(account: &Account, field: &str, campaign: &str) -> Value {
    let rule = json!({"field": field, "op": "eq", "value": campaign});
    let segment = json!({"name": "Some", "rules": [rule]});
    account.v1("POST", "segments/preview", &segment).await.success(200)["count"].clone()
}

fn is_sent_to(followed: &Followed, target: &str) {
    assert_eq!(
        (followed.code, followed.target.as_str(), followed.cache_control.as_str()),
        (302, target, "no-store")
    );
}

#[tokio::test]
async fn who_clicks_is_sent_on_and_counted_once_however_often_and_on_whatever_they_click() {
    let world = World::new().await;
    let account = world.account();
    let (campaign, reached) = sent(&world, &account, 3).await;
    let user = reached.people[0];
    let message = world.simulator.messages_to(user).pop().unwrap();
    assert_eq!(message.text, format!("Hi P{user}, see https://shop.example/?u=P{user} or us"));
    let links = world.links_sent_to(user);
    assert!(links[0].starts_with(&format!("{}/r/", world.system.base_url())), "{links:?}");
    assert!(links[0].len() < world.system.base_url().len() + 80, "{links:?}");
    assert_eq!(links[1], "https://t.me/cats", "Telegram opens its own links itself");
    let all: BTreeSet<_> = reached.people.iter().flat_map(|user| world.links_sent_to(*user)).collect();
    assert_eq!(all.len(), 7, "one token for each person and link");

    for _ in 0..2 {
        is_sent_to(&world.click(&links[0]).await, &format!("https://shop.example/?u=P{user}"));
    }
    is_sent_to(&world.click(&links[2]).await, "https://shop.example/sale");
    world.click(&world.links_sent_to(reached.people[1])[2]).await;

    let data = statistics(&account, &campaign).await;
    let (overview, performance) = (&data["overview"], &data["performance"]);
    assert_eq!((&overview["clicked"], &overview["read"]), (&json!(2), &json!(2)));
    assert_eq!(performance["clickRate"], json!(66.7));
    assert_eq!((&data["timeline"][0]["sent"], &data["timeline"][0]["clicked"]), (&json!(3), &json!(2)));
    assert_eq!(
        data["links"],
        json!([
            {"messageId": "msg1", "variationId": null, "url": "https://shop.example/?u={{firstName}}", "period": "all", "clicks": 2, "people": 1},
            {"messageId": "msg1", "variationId": null, "url": "https://shop.example/sale", "period": "all", "clicks": 2, "people": 2},
        ])
    );
    let hour = account.v1("GET", &format!("campaigns/{campaign}/statistics?period=1h"), &Value::Null).await;
    assert_eq!(hour.success(200)["overview"]["clicked"], json!(2));
    for (field, count) in [("clicked", 2), ("ignored", 1), ("received", 3)] {
        assert_eq!(matching(&account, field, &campaign).await, json!(count), "{field}");
    }
}

#[tokio::test]
async fn figures_are_told_by_variation() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 40).await.remove(0);
    let variation = json!({"id": "var1", "content": "[B](https://shop.example/)", "weight": 50});
    let message = json!({"id": "msg1", "content": "[A](https://shop.example/)", "variations": [variation]});
    let campaign = account.outreach_campaign(&json!({"messages": [message]})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    let mut got = [0, 0];
    for user in &reached.people {
        let is_varied = world.simulator.messages_to(*user)[0].text == "B";
        got[usize::from(is_varied)] += 1;
        if is_varied {
            world.click(&world.links_sent_to(*user)[0]).await;
        }
    }
    let data = statistics(&account, &campaign).await;
    let rate = |clicked: f64| json!({"deliveryRate": 100.0, "readRate": clicked, "clickRate": clicked, "conversionRate": 0.0});
    let figures = |variation: Value, sent: i64, clicked: i64, performance: Value| {
        json!({"messageId": "msg1", "variationId": variation, "period": "all", "sent": sent, "delivered": sent,
            "failed": 0, "read": clicked, "clicked": clicked, "converted": 0, "performance": performance})
    };
    let expected =
        [figures(Value::Null, got[0], 0, rate(0.0)), figures(json!("var1"), got[1], got[1], rate(100.0))];
    assert_eq!(data["variations"], json!(expected));
    assert!(got[0] > 0 && got[1] > 0, "{got:?}");
    let urls: Vec<_> = data["links"].as_array().unwrap().iter().map(|link| &link["variationId"]).collect();
    assert_eq!(urls, [&Value::Null, &json!("var1")]);
}

#[tokio::test]
async fn programs_are_sent_on_and_count_as_nobody() {
    let world = World::new().await;
    let account = world.account();
    let (campaign, reached) = sent(&world, &account, 1).await;
    let link = &world.links_sent_to(reached.people[0])[2];
    for (method, headers) in [
        ("GET", vec![("user-agent", "TelegramBot (like TwitterBot)")]),
        ("GET", vec![("user-agent", "WhatsApp/2.23.20.0")]),
        ("GET", vec![("user-agent", "")]),
        ("GET", vec![("user-agent", TELEPHONE), ("sec-purpose", "prefetch;prerender")]),
        ("GET", vec![("user-agent", TELEPHONE), ("purpose", "prefetch")]),
        ("HEAD", vec![("user-agent", TELEPHONE)]),
    ] {
        is_sent_to(&world.follow(method, link, &headers).await, "https://shop.example/sale");
        let data = statistics(&account, &campaign).await;
        assert_eq!(data["overview"]["clicked"], json!(0), "{method} {headers:?}");
        assert_eq!(data["links"][1]["clicks"], json!(0), "{method} {headers:?}");
    }
    let posted = world.follow("POST", link, &[("user-agent", TELEPHONE)]).await;
    assert_eq!((posted.code, posted.target.as_str()), (404, ""));
    assert_eq!(statistics(&account, &campaign).await["overview"]["clicked"], json!(0));
}

#[tokio::test]
async fn what_is_no_link_of_ours_leads_nowhere() {
    let world = World::new().await;
    let account = world.account();
    let (_, reached) = sent(&world, &account, 1).await;
    let link = &world.links_sent_to(reached.people[0])[2];
    let (base, token) = link.split_once("/r/").unwrap();
    // The first letters say whose it is.
    let of_another = format!("AAAAAg{}", &token[6..]);
    for bad in [&token[1..], &of_another, &token[..token.len() - 1], "x", &"A".repeat(5_000), "%00", "..%2f"]
    {
        let followed = world.click(&format!("{base}/r/{bad}")).await;
        assert_eq!(followed.code, 404, "{bad}");
        assert_eq!((followed.target.as_str(), followed.cache_control.as_str()), ("", "no-store"), "{bad}");
        assert_eq!(followed.text, "There is nothing behind this link.");
    }
}

#[tokio::test]
async fn links_stay_as_they_are_where_the_campaign_wants_that() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 1).await.remove(0);
    let message = json!({"content": "https://shop.example/", "buttons": [{"text": "Go", "url": "https://shop.example/{{firstName}}"}]});
    let campaign = account.outreach_campaign(&json!({"messages": [message], "trackLinks": false})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    let user = reached.people[0];
    assert_eq!(world.links_sent_to(user), [format!("https://shop.example/P{user}")]);
    assert_eq!(statistics(&account, &campaign).await["links"], json!([]));
    let wrong = json!({"name": "Sale", "type": "message", "trackLinks": "no"});
    let reply = account.v1("POST", "campaigns", &wrong).await;
    assert_eq!(
        (reply.failure(), reply.faulty_fields()),
        ((400, "VALIDATION_ERROR".to_owned()), vec!["trackLinks".to_owned()])
    );
}

#[tokio::test]
async fn a_link_that_was_edited_away_leads_where_it_did_and_a_test_counts_nobody() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 1).await.remove(0);
    let user = reached.people[0];
    account.v1("PUT", "testers", &json!({"testers": [user.to_string()]})).await.success(200);
    let campaign = account.outreach_campaign(&json!({})).await;
    let mut links = Vec::new();
    for page in ["one", "two"] {
        let message = json!({"id": "msg1", "content": format!("[Go](https://shop.example/{page})")});
        let change = json!({"messages": [message]});
        account.v1("PUT", &format!("campaigns/{campaign}"), &change).await.success(200);
        let test = account.execute(&campaign, &json!({"testMode": true})).await;
        world.ended(ACCOUNT, &test).await;
        links.extend(world.links_sent_to(user));
    }
    is_sent_to(&world.click(&links[0]).await, "https://shop.example/one");
    is_sent_to(&world.click(&links[1]).await, "https://shop.example/two");
    let data = statistics(&account, &campaign).await;
    assert_eq!((&data["overview"]["clicked"], &data["links"][0]["clicks"]), (&json!(0), &json!(0)));
    assert_eq!(matching(&account, "clicked", &campaign).await, json!(0));
}

#[tokio::test]
async fn clicks_at_the_same_moment_count_each_person_once() {
    let world = World::new().await;
    let account = world.account();
    let (campaign, reached) = sent(&world, &account, 12).await;
    let links =
        reached.people.iter().flat_map(|user| [0, 2].map(|at| world.links_sent_to(*user)[at].clone()));
    let links: Vec<_> = links.flat_map(|link| [link.clone(), link]).collect();
    let clicks = join_all(links.iter().map(|link| world.click(link))).await;
    assert!(clicks.iter().all(|followed| followed.code == 302));
    let data = statistics(&account, &campaign).await;
    assert_eq!(data["overview"]["clicked"], json!(12));
    assert_eq!(data["variations"][0]["clicked"], json!(12));
    for link in data["links"].as_array().unwrap() {
        assert_eq!((&link["people"], &link["clicks"]), (&json!(12), &json!(24)));
    }
}

#[tokio::test]
async fn a_click_whose_function_dies_at_any_call_counts_nobody_twice_and_nobody_less() {
    let world = World::new().await;
    let account = world.account();
    let (campaign, reached) = sent(&world, &account, 12).await;
    let deaths = (0..6).flat_map(|calls| [false, true].map(|lost_answer| Death { calls, lost_answer }));
    let mut died = 0;
    for (user, death) in reached.people.iter().zip(deaths) {
        let link = &world.links_sent_to(*user)[2];
        world.faults.kill("link-redirect", death);
        let code = world.click(link).await.code;
        died += usize::from(world.faults.revive("link-redirect"));
        assert!(matches!(code, 302 | 503), "{death:?}: {code}");
        is_sent_to(&world.click(link).await, "https://shop.example/sale");
    }
    assert!(died >= 4, "{died}");
    let data = statistics(&account, &campaign).await;
    assert_eq!((&data["overview"]["clicked"], &data["variations"][0]["clicked"]), (&json!(12), &json!(12)));
    assert_eq!(data["links"][1]["people"], json!(12));
}

#[tokio::test]
async fn who_was_erased_is_sent_on_and_not_known_again() {
    let world = World::hurrying().await;
    let account = world.account();
    let (campaign, reached) = sent(&world, &account, 2).await;
    let user = reached.people[0];
    let links = world.links_sent_to(user);
    world.click(&links[2]).await;
    account.v1("DELETE", &format!("subscribers/{user}"), &Value::Null).await.success(202);
    world.pass(901, 1).await;
    is_sent_to(&world.click(&links[0]).await, "https://shop.example/?u=");
    let found = world.naming(&user.to_string()).await;
    assert!(found.is_empty(), "{found:#?}");
    let overview = statistics(&account, &campaign).await["overview"].clone();
    assert_eq!(overview["clicked"], json!(1), "what was counted stays");
}

#[tokio::test]
async fn an_outage_sends_on_whom_it_can() {
    let world = World::new().await;
    let account = world.account();
    let (campaign, reached) = sent(&world, &account, 2).await;
    let [first, second] = [0, 1].map(|at| world.links_sent_to(reached.people[at])[2].clone());
    world.faults.go_down();
    let refused = world.click(&first).await;
    assert_eq!((refused.code, refused.cache_control.as_str()), (503, "no-store"));
    world.faults.come_back();
    is_sent_to(&world.click(&first).await, "https://shop.example/sale");
    world.faults.go_down();
    is_sent_to(&world.click(&second).await, "https://shop.example/sale");
    world.faults.come_back();
    assert_eq!(statistics(&account, &campaign).await["overview"]["clicked"], json!(1));
}
