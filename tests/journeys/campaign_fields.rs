//! What the further fields of a campaign do.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_postback_by_post_carries_its_query_as_a_form_and_is_logged_the_same() {
    let world = World::new().await;
    let template = format!("{}&empty=&literal=a+b", world.template("wait"));
    let scene = world.setting().set("pb_wait", template).set("pb_method", "POST").set_up().await;
    let anna = world.person("Anna");
    scene.start(anna, "c-1_x");
    world.settle().await;
    let received = world.simulator.postbacks();
    let [postback] = received.as_slice() else { panic!("{received:?}") };
    assert_eq!(
        (postback.method.as_str(), postback.path.as_str(), postback.query.as_str()),
        ("POST", "/wait", "")
    );
    assert!(postback.body.starts_with("click=c-1_x&status=wait&campaign="), "{}", postback.body);
    assert!(postback.body.ends_with("&empty=&literal=a+b"), "{}", postback.body);
    let header = |name: &str| {
        let found = postback.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    assert_eq!(header("content-type"), "application/x-www-form-urlencoded");
    let id = header("gatepost-id");
    assert!(postback.body.contains(&format!("&id={id}&")), "{}", postback.body);
    let shown = format!("{}/simulator/receiver/wait?{}", world.system.base_url(), postback.body);
    let log = scene.log().await;
    assert_eq!((&log[0]["id"], &log[0]["url"]), (&json!(id), &json!(shown)));
}

#[tokio::test]
async fn the_invite_link_stands_in_the_welcome() {
    let world = World::new().await;
    let setting = world.setting().set("welcome", "[Join]({invite}) *{title}*: {invite}");
    let scene = setting.set("invite_link", "https://t.me/+AbC_d-1").set_up().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    assert_eq!(world.messages(anna), ["Join My Channel: https://t.me/+AbC_d-1"]);
}
