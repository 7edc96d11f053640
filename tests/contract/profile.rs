//! The account itself.

use serde_json::json;

use crate::world::World;

const OK: &str = r#"{"status":"ok"}"#;

#[tokio::test]
async fn info_shows_the_account_with_an_unlimited_tariff_that_never_ends() {
    let world = World::new().await;
    let reply = world.account().get("/api/profile/info.json").await;
    insta::assert_snapshot!(reply.text, @r#"{"status":"ok","data":{"id":1,"name":"first account","login":"first account","lang":"en","tariff":0,"tariff_name":"Self-hosted","tariff_campaigns":-1,"paid_until":"0000-00-00 00:00:00","campaigns":0,"pb_wait":"","pb_hold":"","pb_approve":"","pb_cancel":"","pb_trash":"","notify":{"tariff":0,"leads":0,"chat":null},"signing":0,"pb_disabled":[],"pb_method":null,"pb_format":null,"pb_body":""}}"#);
}

#[tokio::test]
async fn info_counts_campaigns_and_shows_the_limit() {
    let world = World::new().await;
    let account = world.stored_account(json!({"campaign_limit": 3})).await;
    world.setting().of(&account).set_up().await;
    let data = account.get("/api/profile/info.json").await.data();
    assert_eq!((&data["campaigns"], &data["tariff_campaigns"]), (&json!(1), &json!(3)));
}

#[tokio::test]
async fn a_new_key_stops_the_old_one_at_once() {
    let world = World::new().await;
    let account = world.account();
    let key = account.post_json("/api/profile/apikey.json", &json!({})).await.data()["key"].clone();
    assert_eq!(account.get("/api/profile/info.json").await.error(), "key");
    let path = format!("/api/profile/info.json?id={}", key.as_str().unwrap());
    assert_eq!(account.get(&path).await.error(), "key", "a wrong header is not made good by the query");
    let renewed = account.with_key(key.as_str().unwrap());
    assert_eq!(renewed.get("/api/profile/info.json").await.data()["id"], 1);
}

#[tokio::test]
async fn of_two_new_keys_at_once_one_opens_the_account() {
    let world = World::new().await;
    let account = world.account();
    let nothing = json!({});
    let renew = || account.post_json("/api/profile/apikey.json", &nothing);
    let replies = tokio::join!(renew(), renew());
    let mut opened = 0;
    let mut given = 0;
    for reply in [replies.0.json(), replies.1.json()] {
        match reply["data"]["key"].as_str() {
            Some(key) => {
                given += 1;
                let answer = account.with_key(key).get("/api/profile/info.json").await.json();
                opened += usize::from(answer["status"] == "ok");
            }
            None => assert_eq!(reply["error"], "key"),
        }
    }
    assert_eq!((given, opened), (1, 1), "a key that is given opens the account");
}

#[tokio::test]
async fn postbacks_changes_what_is_named_and_an_empty_one_clears() {
    let world = World::new().await;
    let account = world.account();
    let set = json!({"pb_wait": "https://t.example/w", "pb_trash": "https://t.example/t"});
    assert_eq!(account.post_form("/api/profile/postbacks.json", &set).await.text, OK);
    let change = json!({"pb_wait": "", "pb_hold": "https://t.example/h?c={click}"});
    assert_eq!(account.post_json("/api/profile/postbacks.json", &change).await.text, OK);
    assert_eq!(account.post_json("/api/profile/postbacks.json", &json!({})).await.text, OK);
    let data = account.get("/api/profile/info.json").await.data();
    let templates =
        ["wait", "hold", "approve", "cancel", "trash"].map(|event| data[format!("pb_{event}")].clone());
    assert_eq!(
        templates,
        ["", "https://t.example/h?c={click}", "", "", "https://t.example/t"].map(|text| json!(text))
    );
}

#[tokio::test]
async fn one_bad_template_changes_none() {
    let world = World::new().await;
    let account = world.account();
    let change = json!({"pb_wait": "https://t.example/w", "pb_trash": "nowhere"});
    assert_eq!(account.post_json("/api/profile/postbacks.json", &change).await.error(), "param");
    assert_eq!(account.get("/api/profile/info.json").await.data()["pb_wait"], "");
}

#[tokio::test]
async fn notify_changes_what_is_named() {
    let world = World::new().await;
    let account = world.account();
    assert_eq!(
        account.post_form("/api/profile/notify.json", &json!({"leads": 1, "chat": 77})).await.text,
        OK
    );
    assert_eq!(account.post_form("/api/profile/notify.json", &json!({"chat": 78})).await.text, OK);
    let notify = async || account.get("/api/profile/info.json").await.data()["notify"].clone();
    assert_eq!(notify().await, json!({"tariff": 0, "leads": 1, "chat": 78}));
    for (cleared, leads) in [(json!({"chat": ""}), 1), (json!({"chat": "", "leads": 0}), 0)] {
        assert_eq!(account.post_form("/api/profile/notify.json", &json!({"chat": 79})).await.text, OK);
        assert_eq!(account.post_form("/api/profile/notify.json", &cleared).await.text, OK);
        assert_eq!(notify().await, json!({"tariff": 0, "leads": leads, "chat": null}));
    }
}
