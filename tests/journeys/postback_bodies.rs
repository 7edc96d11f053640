//! What postbacks by POST carry.

use serde_json::{Value, json};
use telegram_simulator::ReceivedPostback;
use url::form_urlencoded;

use crate::world::{Scene, World};

const CLICK: &str = r#"a"b\c&{lead}"#;

/// The one postback that a start leads to.
async fn sent(world: &World, scene: Scene) -> ReceivedPostback {
    let click: String = form_urlencoded::byte_serialize(CLICK.as_bytes()).collect();
    let link = scene.deep_link(&click).await;
    let (_, payload) = link.split_once("?start=").unwrap();
    world.simulator.start_bot(world.person("Anna"), &scene.bot.username, payload).unwrap();
    world.settle().await;
    let mut received = world.simulator.postbacks();
    assert_eq!(received.len(), 1);
    received.remove(0)
}

fn media_type(postback: &ReceivedPostback) -> &str {
    postback.headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, value)| value)
}

#[tokio::test]
async fn a_body_of_json_reads_whatever_the_click_is() {
    let world = World::new().await;
    let body =
        r#"{"event":{"name":"{status}"},"lead":{lead},"click":"<{click}>","id":"{id}","who":{username}}"#;
    let setting = world.setting().set("pb_method", "POST").set("pb_format", "json").set("pb_body", body);
    let postback = sent(&world, setting.set_up().await).await;
    assert_eq!(media_type(&postback), "application/json");
    assert!(postback.query.contains("status=wait"), "the URL keeps its query");
    let read: Value = serde_json::from_str(&postback.body).unwrap();
    assert_eq!(read["event"]["name"], "wait");
    assert!(read["lead"].is_u64(), "a number in the place of a number: {read}");
    assert_eq!(read["click"], format!("<{CLICK}>"));
    let id = postback.headers.iter().find(|(name, _)| name == "gatepost-id").unwrap();
    assert_eq!((&read["id"], &read["who"]), (&json!(id.1), &json!("")));
}

#[tokio::test]
async fn a_body_of_a_form_is_percent_encoded() {
    let world = World::new().await;
    let setting =
        world.setting().set("pb_method", "POST").set("pb_body", "event={status}&c={click}&x={sub9}");
    let postback = sent(&world, setting.set_up().await).await;
    assert_eq!(media_type(&postback), "application/x-www-form-urlencoded");
    assert_eq!(postback.body, "event=wait&c=a%22b%5Cc%26%7Blead%7D&x={sub9}");
}

#[tokio::test]
async fn a_query_is_sent_as_an_object_of_strings() {
    let world = World::new().await;
    let template =
        format!("{}/simulator/receiver/wait?c={{click}}&s={{status}}&n=1", world.system.base_url());
    let setting = world.setting().set("pb_method", "POST").set("pb_wait", template).set("pb_format", "json");
    let postback = sent(&world, setting.set_up().await).await;
    assert_eq!((media_type(&postback), postback.query.as_str()), ("application/json", ""));
    let read: Value = serde_json::from_str(&postback.body).unwrap();
    assert_eq!(read, json!({"c": CLICK, "s": "wait", "n": "1"}));
}

/// One campaign that posts, told by the account's templates; they say themselves how they are sent.
#[tokio::test]
async fn global_templates_are_sent_as_the_account_says_whatever_the_campaign_that_uses_them_does() {
    let world = World::new().await;
    let own = "own={click}";
    let scene =
        world.setting().without_templates().set("pb_method", "POST").set("pb_body", own).set_up().await;
    let template = format!("{}/simulator/receiver/wait?c={{click}}", world.system.base_url());
    let sent = async |change: Value| {
        scene.account.post_json("/api/profile/postbacks.json", &change).await.data();
        let name = format!("P{}", world.simulator.postbacks().len());
        scene.start(world.person(&name), "c");
        world.settle().await;
        let last = world.simulator.postbacks().pop().unwrap();
        (last.query, last.body)
    };
    let text = |query: &str, body: &str| (query.to_owned(), body.to_owned());
    assert_eq!(sent(json!({"pb_wait": template})).await, text("c=c", "own=c"), "nobody else says it");
    let preset = json!({"preset": "binom", "domain": "b.example", "pb_wait": template});
    assert_eq!(sent(preset).await, text("c=c", ""), "the trackers that there are presets for take a GET");
    assert_eq!(sent(json!({"pb_hold": ""})).await, text("c=c", ""), "it stays");
    let json = json!({"pb_method": "POST", "pb_format": "json"});
    assert_eq!(sent(json).await, text("", r#"{"c":"c"}"#));
    let body = json!({"pb_method": "POST", "pb_body": "global={click}"});
    assert_eq!(sent(body).await, text("c=c", "global=c"));
    assert_eq!(sent(json!({"pb_method": ""})).await, text("c=c", "own=c"));
    sent(json!({"pb_method": "GET"})).await;
    let own = json!({"id": 1, "pb_wait": template});
    scene.account.post_json("/api/camp/edit.json", &own).await.data();
    tokio::time::sleep(std::time::Duration::from_millis(5_100)).await;
    assert_eq!(
        sent(json!({})).await,
        text("c=c", "own=c"),
        "a template of its own is sent as the campaign says"
    );
}
