//! Presets of trackers.

use serde_json::{Value, json};

use crate::world::{Account, World};

const EVENTS: [&str; 5] = ["pb_wait", "pb_hold", "pb_approve", "pb_cancel", "pb_trash"];

/// The five templates that a call set.
fn templates(data: &Value) -> Vec<String> {
    EVENTS.map(|event| data[event].as_str().unwrap().to_owned()).into()
}

async fn set_globals(account: &Account, change: &Value) -> Value {
    assert_eq!(account.post_form("/api/profile/postbacks.json", change).await.text, r#"{"status":"ok"}"#);
    account.get("/api/profile/info.json").await.data()
}

#[tokio::test]
async fn the_list_says_what_to_enter_and_what_comes_of_it() {
    let world = World::new().await;
    let account = world.account();
    let list = account.get("/api/trackers/list.json").await.data();
    let trackers = list.as_array().unwrap();
    let ids: Vec<_> = trackers.iter().map(|tracker| tracker["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["keitaro", "binom", "voluum", "redtrack", "altercpa"]);
    insta::assert_snapshot!(trackers[1].to_string(), @r#"{"click":"{clickid}","enter":[{"about":"The tracker's host name, with a port if it needs one.","name":"domain","required":1}],"id":"binom","name":"Binom","pb_approve":"https://{domain}/click.php?cnv_id={click}&cnv_status={status}","pb_cancel":"https://{domain}/click.php?cnv_id={click}&cnv_status={status}","pb_hold":"https://{domain}/click.php?cnv_id={click}&cnv_status={status}","pb_trash":"https://{domain}/click.php?cnv_id={click}&cnv_status={status}","pb_wait":"https://{domain}/click.php?cnv_id={click}&cnv_status={status}","setup":"Nothing; conversion statuses are wait, hold, approve, cancel and trash. If the Postback URL in the settings of your Binom has another path than /click.php, enter it in the five pb_*."}"#);
    for tracker in trackers {
        let mut change = json!({"preset": tracker["id"], "domain": "trk.example"});
        if tracker["enter"].as_array().unwrap().len() > 1 {
            change["token"] = json!("t0ken");
        }
        let filled =
            |template: String| template.replace("{domain}", "trk.example").replace("{token}", "t0ken");
        let expected: Vec<_> = templates(tracker).into_iter().map(filled).collect();
        assert_eq!(templates(&set_globals(&account, &change).await), expected, "{}", tracker["id"]);
    }
}

#[tokio::test]
async fn a_template_beside_a_preset_counts_instead() {
    let world = World::new().await;
    let own = json!("https://own.example/");
    let change = json!({"preset": "voluum", "domain": "trk.example:8443", "pb_hold": own, "pb_wait": ""});
    let data = set_globals(&world.account(), &change).await;
    assert_eq!((&data["pb_hold"], &data["pb_wait"]), (&own, &json!("")));
    assert_eq!(data["pb_trash"], "https://trk.example:8443/postback?cid={click}&et={status}&txid={id}");
}

#[tokio::test]
async fn a_campaign_takes_a_preset_when_it_is_made_and_when_it_is_edited() {
    let world = World::new().await;
    let setting = world.setting().without_templates().set("preset", "binom").set("domain", "b.example");
    let scene = setting.set_up().await;
    let wait = async || scene.detail().await.data()["pb_wait"].clone();
    assert_eq!(wait().await, "https://b.example/click.php?cnv_id={click}&cnv_status={status}");
    let edit = json!({"id": 1, "preset": "redtrack", "domain": "r.example", "pb_trash": ""});
    assert_eq!(scene.account.post_json("/api/camp/edit.json", &edit).await.json()["status"], "ok");
    assert_eq!(wait().await, "https://r.example/postback?clickid={click}&type={status}&rdtk_event_id={id}");
    assert_eq!(scene.detail().await.data()["pb_trash"], "");
}

#[tokio::test]
async fn a_preset_makes_a_campaign_that_posts_send_what_the_tracker_takes() {
    let world = World::new().await;
    let setting = world.setting().without_templates().set("pb_wait", "https://own.example/");
    let body = "click={click}";
    let scene = setting.set("pb_method", "POST").set("pb_body", body).set_up().await;
    let edit = async |parameters: Value| {
        let reply = scene.account.post_json("/api/camp/edit.json", &parameters).await.json();
        assert_eq!(reply["status"], "ok", "{reply}");
        let data = scene.detail().await.data();
        (data["pb_method"].clone(), data["pb_body"].clone())
    };
    let preset = json!({"id": 1, "preset": "binom", "domain": "b.example"});
    let with = |name: &str, value: &str| {
        let mut named = preset.clone();
        named[name] = json!(value);
        named
    };
    assert_eq!(edit(json!({"id": 1, "welcome": "Hi"})).await, (json!("POST"), json!(body)));
    assert_eq!(edit(preset.clone()).await, (json!("GET"), json!("")));
    assert_eq!(edit(with("pb_method", "POST")).await, (json!("POST"), json!("")));
    assert_eq!(edit(with("pb_body", body)).await, (json!("GET"), json!(body)));
}

#[tokio::test]
async fn a_preset_makes_the_global_templates_a_get_unless_the_call_says_otherwise() {
    let world = World::new().await;
    let account = world.account();
    let said = async |change: Value| {
        let data = set_globals(&account, &change).await;
        [&data["pb_method"], &data["pb_format"], &data["pb_body"]].map(Value::clone)
    };
    let with = |name: &str, value: &str| {
        let mut named = json!({"preset": "binom", "domain": "b.example"});
        named[name] = json!(value);
        named
    };
    let get = [json!("GET"), json!("form"), json!("")];
    let unsaid = [Value::Null, Value::Null, json!("")];
    assert_eq!(said(json!({"pb_wait": "https://own.example/"})).await, unsaid);
    assert_eq!(said(with("pb_hold", "")).await, get);
    assert_eq!(
        said(json!({"pb_wait": "https://own.example/"})).await,
        get,
        "it stays until it is said again"
    );
    assert_eq!(said(with("pb_method", "POST")).await, [json!("POST"), json!("form"), json!("")]);
    assert_eq!(said(with("pb_body", "a=b")).await, [json!("GET"), json!("form"), json!("a=b")]);
    let json = json!({"pb_method": "POST", "pb_format": "json", "pb_body": "{\"c\": {click}}"});
    assert_eq!(said(json).await, [json!("POST"), json!("json"), json!("{\"c\": {click}}")]);
    let no_json = json!({"pb_method": "POST", "pb_format": "json", "pb_body": "{", "pb_wait": ""});
    let reply = account.post_json("/api/profile/postbacks.json", &no_json).await.json();
    assert_eq!((&reply["error"], &reply["param"]), (&json!("param"), &json!("pb_body")));
    assert_ne!(account.get("/api/profile/info.json").await.data()["pb_wait"], "", "nothing was changed");
    assert_eq!(said(with("pb_method", "")).await, unsaid);
}

#[tokio::test]
async fn what_does_not_fit_a_preset_is_param_and_changes_nothing() {
    let world = World::new().await;
    let account = world.account();
    for (change, blamed) in [
        (json!({"preset": "binom", "domain": "https://trk.example"}), "domain"),
        (json!({"preset": "binom", "domain": "trk.example/click.php"}), "domain"),
        (json!({"preset": "binom", "domain": "127.0.0.1"}), "domain"),
        (json!({"preset": "binom", "domain": ""}), "domain"),
        (json!({"preset": "binom", "domain": "trk.example", "token": "x"}), "token"),
        (json!({"preset": "altercpa", "domain": "trk.example"}), "token"),
        (json!({"preset": "keitaro", "domain": "trk.example", "token": "a/b"}), "token"),
    ] {
        let reply = account.post_json("/api/profile/postbacks.json", &change).await.json();
        assert_eq!((&reply["error"], &reply["param"]), (&json!("param"), &json!(blamed)), "{change}");
    }
    let data = account.get("/api/profile/info.json").await.data();
    assert_eq!(templates(&data), vec![String::new(); 5]);
}
