//! Editing, pausing and deleting a campaign.

use serde_json::json;
use shared::clock::Clock;

use crate::world::World;

const OK: &str = r#"{"status":"ok"}"#;

#[tokio::test]
async fn edit_changes_what_is_named_and_nothing_else() {
    let world = World::new().await;
    let scene = world.scene().await;
    let mut expected = scene.detail().await.data();
    let change = json!({"id": 1, "welcome": "New *text*", "unsub_window": "0", "notify_level": 2});
    assert_eq!(scene.account.post_form("/api/camp/edit.json", &change).await.text, OK);
    for (name, value) in
        [("welcome", json!("New *text*")), ("unsub_window", json!(0)), ("notify_level", json!(2))]
    {
        expected[name] = value;
    }
    assert_eq!(scene.detail().await.data(), expected);
    assert_eq!(scene.account.post_json("/api/camp/edit.json", &json!({"id": 1})).await.text, OK);
    assert_eq!(scene.detail().await.data(), expected);
}

#[tokio::test]
async fn one_template_rewrites_all_five() {
    let world = World::new().await;
    let scene = world.scene().await;
    let change = json!({"id": 1, "pb_approve": "https://tracker.example/?c={click}", "pb_hold": ""});
    assert_eq!(scene.account.post_json("/api/camp/edit.json", &change).await.text, OK);
    let data = scene.detail().await.data();
    let templates =
        ["wait", "hold", "approve", "cancel", "trash"].map(|event| data[format!("pb_{event}")].clone());
    assert_eq!(templates, ["", "", "https://tracker.example/?c={click}", "", ""].map(|text| json!(text)));
}

#[tokio::test]
async fn edit_sets_and_clears_the_further_fields() {
    let world = World::new().await;
    let scene = world.scene().await;
    let fields = async || {
        let data = scene.detail().await.data();
        [data["invite_link"].clone(), data["auto_approve"].clone(), data["pb_method"].clone()]
    };
    let set =
        json!({"id": 1, "invite_link": "https://t.me/joinchat/AbC", "auto_approve": 0, "pb_method": "POST"});
    let clear = json!({"id": 1, "invite_link": "", "auto_approve": -1, "pb_method": "GET"});
    for (change, expected) in [
        (set, [json!("https://t.me/joinchat/AbC"), json!(0), json!("POST")]),
        (json!({"id": 1, "notify_level": 1}), [json!("https://t.me/joinchat/AbC"), json!(0), json!("POST")]),
        (clear, [json!(""), json!(-1), json!("GET")]),
    ] {
        assert_eq!(scene.account.post_json("/api/camp/edit.json", &change).await.text, OK);
        assert_eq!(fields().await, expected);
    }
}

#[tokio::test]
async fn a_body_must_be_json_where_the_format_is() {
    let world = World::new().await;
    let scene = world.setting().set("pb_method", "POST").set("pb_body", "c={click}").set_up().await;
    let edit = async |change| scene.account.post_json("/api/camp/edit.json", &change).await.json();
    let refused = edit(json!({"id": 1, "pb_format": "json"})).await;
    let message = "pb_body: must be JSON once its macros are filled in";
    let expected = json!({"status": "error", "error": "param", "param": "pb_body", "message": message});
    assert_eq!(refused, expected);
    let body = r#"{"click":"{click}","lead":{lead}}"#;
    assert_eq!(edit(json!({"id": 1, "pb_format": "json", "pb_body": body})).await["status"], "ok");
    let shape = async || {
        let data = scene.detail().await.data();
        [data["pb_format"].clone(), data["pb_body"].clone()]
    };
    assert_eq!(shape().await, [json!("json"), json!(body)]);
    assert_eq!(edit(json!({"id": 1, "pb_body": "{click"})).await["param"], "pb_body");
    assert_eq!(edit(json!({"id": 1, "pb_body": ""})).await["status"], "ok");
    assert_eq!(shape().await, [json!("json"), json!("")]);
    let add = json!({"bot": 1, "chat": scene.chat, "welcome": "Join!", "pb_format": "json", "pb_body": "x"});
    let refused = scene.account.post_json("/api/camp/add.json", &add).await.json();
    assert_eq!((&refused["error"], &refused["param"]), (&json!("param"), &json!("pb_body")));
}

#[tokio::test]
async fn an_edit_must_fit_what_stays() {
    let world = World::new().await;
    let scene =
        world.setting().set("button_text", "Go").set("button_url", "https://example.com/").set_up().await;
    let before = scene.detail().await.text;
    let reply =
        scene.account.post_json("/api/camp/edit.json", &json!({"id": 1, "button_url": ""})).await.json();
    assert_eq!((&reply["error"], &reply["param"]), (&json!("param"), &json!("button_url")));
    assert_eq!(scene.detail().await.text, before);
    let both = json!({"id": 1, "button_url": "", "button_text": ""});
    assert_eq!(scene.account.post_json("/api/camp/edit.json", &both).await.text, OK);
}

#[tokio::test]
async fn of_edits_at_once_none_is_lost() {
    let world = World::new().await;
    let scene = world.scene().await;
    let welcome = json!({"id": 1, "welcome": "By the first"});
    let window = json!({"id": 1, "unsub_window": 77});
    let level = json!({"id": 1, "notify_level": 3});
    let edit = |change| scene.account.post_json("/api/camp/edit.json", change);
    let replies = tokio::join!(edit(&welcome), edit(&window), edit(&level));
    assert_eq!([replies.0.text, replies.1.text, replies.2.text], [OK; 3].map(str::to_owned));
    let data = scene.detail().await.data();
    let edited = (&data["welcome"], &data["unsub_window"], &data["notify_level"]);
    assert_eq!(edited, (&json!("By the first"), &json!(77), &json!(3)));
}

#[tokio::test]
async fn pause_and_resume_show_in_the_status() {
    let world = World::new().await;
    let scene = world.scene().await;
    for (pause, status) in [(1, 1), (1, 1), (0, 0)] {
        let reply = scene.account.post_form("/api/camp/pause.json", &json!({"id": 1, "pause": pause})).await;
        assert_eq!(reply.text, OK);
        assert_eq!(scene.detail().await.data()["status"], status);
    }
}

#[tokio::test]
async fn del_hides_the_campaign_and_frees_the_chat_and_its_place_under_the_limit() {
    let world = World::new().await;
    let account = world.stored_account(json!({"campaign_limit": 1})).await;
    let scene = world.setting().of(&account).set_up().await;
    let another = json!({"bot": 1, "chat": scene.chat, "welcome": "Again"});
    assert_eq!(account.post_json("/api/camp/add.json", &another).await.error(), "exists");

    assert_eq!(account.post_form("/api/camp/del.json", &json!({"id": 1})).await.text, OK);
    assert_eq!(account.post_form("/api/camp/del.json", &json!({"id": 1})).await.error(), "notfound");
    assert_eq!(scene.detail().await.error(), "notfound");
    assert_eq!(account.get("/api/camp/list.json").await.data(), json!([]));
    assert_eq!(account.get("/api/profile/info.json").await.data()["campaigns"], 0);
    assert_eq!(account.get("/api/bots/chats.json?id=1").await.data()[0]["id"], scene.chat);

    let added = account.post_json("/api/camp/add.json", &another).await.data();
    assert_eq!(added["id"], 2);
    let third = world.channel(&scene.bot).await;
    let over = json!({"bot": 1, "chat": third, "welcome": "One too many"});
    assert_eq!(account.post_json("/api/camp/add.json", &over).await.error(), "limit");
}

#[tokio::test]
async fn the_leads_and_counters_of_a_deleted_campaign_stay_and_its_link_makes_no_more() {
    let clock = Clock::manual(Clock::System.now_ms());
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    let user = world.person("Anna");
    scene.start(user, "before");
    world.settle().await;
    scene.account.post_form("/api/camp/del.json", &json!({"id": 1})).await;
    clock.advance_ms(5_000);
    let late = world.person("Bob");
    scene.start(late, "after");
    world.settle().await;
    assert!(scene.lead(user).await.is_some());
    assert!(scene.lead(late).await.is_none());
    assert_eq!(world.system.app.store.campaign_counters(scene.campaign).await.unwrap().starts, 1);
}

#[tokio::test]
async fn who_joins_right_after_a_campaign_replaced_another_is_a_lead_of_the_new_one() {
    let world = World::new().await;
    let scene = world.scene().await;
    let organic = world.person("Olga");
    scene.join(organic);
    world.settle().await;
    scene.account.post_form("/api/camp/del.json", &json!({"id": 1})).await.data();
    let next =
        json!({"bot": 1, "chat": scene.chat, "welcome": "Again", "pb_approve": world.template("approve")});
    scene.account.post_json("/api/camp/add.json", &next).await.data();
    let link = scene.account.get("/api/camp/link.json?id=2&click=c2").await.data()["link"].clone();
    let anna = world.person("Anna");
    world.simulator.press_start(anna, link.as_str().unwrap()).unwrap();
    scene.join(anna);
    world.settle().await;
    let funnel = scene.account.get("/api/stats/campaign.json?id=2").await.data()["funnel"].clone();
    assert_eq!(funnel, json!({"starts": 1, "holds": 0, "approves": 1, "unsubs": 0}));
    assert_eq!(world.events(), ["approve"]);
}

#[tokio::test]
async fn many_edits_at_once_all_count() {
    let world = World::new().await;
    let scene = world.scene().await;
    let edits: Vec<_> = (0..12).map(|number| json!({"id": 1, "unsub_window": number})).collect();
    let calls = edits.iter().map(|edit| scene.account.post_json("/api/camp/edit.json", edit));
    for reply in futures::future::join_all(calls).await {
        assert_eq!(reply.text, OK);
    }
}
