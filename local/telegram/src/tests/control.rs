//! The control API, the receiver and the page.

use serde_json::{Value, json};

use super::Rig;

#[tokio::test]
async fn a_whole_story_can_be_played_by_the_control_api() {
    let rig = Rig::new().await;
    let post = async |path: String, body: Value| {
        let (status, answer) = rig.control("POST", &path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    };
    let bot = post("/bots".into(), json!({ "username": "@news_bot", "name": "News" })).await;
    let chat =
        post("/chats".into(), json!({ "title": "N", "kind": "channel", "join_by_request": true })).await;
    let anna = post("/users".into(), json!({ "first_name": "Anna", "is_premium": true })).await;
    let (chat, anna) = (&chat["id"], &anna["id"]);
    let made = post(format!("/chats/{chat}/promote"), json!({ "bot": "news_bot" })).await;
    assert_eq!(made["updates"][0]["kind"], "my_chat_member");
    post(format!("/users/{anna}/start"), json!({ "link": "https://t.me/news_bot?start=a-1" })).await;
    post(format!("/users/{anna}/start"), json!({ "bot": bot["id"], "payload": "b" })).await;
    post(format!("/users/{anna}/text"), json!({ "bot": bot["id"], "text": "hello" })).await;
    post(format!("/users/{anna}/request"), json!({ "chat": chat })).await;
    post(format!("/chats/{chat}/approve"), json!({ "user": anna })).await;
    for deed in ["kick", "request"] {
        post(format!("/users/{anna}/{deed}"), json!({ "chat": chat })).await;
    }
    post(format!("/chats/{chat}/decline"), json!({ "user": anna })).await;
    for deed in ["ban", "unban"] {
        post(format!("/users/{anna}/{deed}"), json!({ "chat": chat })).await;
    }
    for deed in ["block", "unblock"] {
        post(format!("/users/{anna}/{deed}"), json!({ "bot": bot["id"] })).await;
    }
    let made = post(format!("/bots/{}/updates", bot["id"]), json!({ "new_kind": {} })).await;
    let again = json!({ "update_id": made["updates"][0]["update_id"] });
    post(format!("/bots/{}/redeliver", bot["id"]), again).await;
    post(format!("/chats/{chat}/demote"), json!({ "bot": bot["id"] })).await;
    let (_, talk) = rig.control("GET", &format!("/users/{anna}/conversation"), json!({})).await;
    let texts: Vec<&str> =
        talk["messages"].as_array().unwrap().iter().map(|own| own["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["/start a-1", "/start b", "hello"]);
    let (_, state) = rig.control("GET", "/state", json!({})).await;
    assert_eq!(state["bots"][1]["token"], bot["token"]);
    assert_eq!(state["pending_updates"], state["bots"][1]["pending_updates"]);
    let (_, truth) = rig.control("GET", "/truth", json!({})).await;
    assert_eq!(truth[0]["present"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn bad_input_names_the_field_and_unknown_ids_are_404() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    for (path, body, status, error) in [
        ("/bots", json!({}), 400, "username: is missing"),
        ("/bots", json!({ "username": "shop" }), 400, "username: a bot's username ends in \"bot\""),
        ("/bots", json!({ "username": "shop_bot" }), 400, "username: already taken"),
        ("/chats", json!({ "title": "N", "kind": "forum" }), 400, "kind: unknown variant"),
        ("/chats", json!({ "title": "", "kind": "group" }), 400, "title: is empty"),
        ("/users", json!({ "first_name": 5 }), 400, "first_name: invalid type"),
        ("/users/5/text", json!({ "bot": rig.bot.id, "text": "a" }), 404, "no such user: 5"),
        ("/bots/5/revoke", json!({}), 404, "no such bot: 5"),
        ("/chats/5/promote", json!({ "bot": rig.bot.id }), 404, "no such chat: 5"),
        ("/chats/5/promote", json!({ "bot": "nobody_bot" }), 404, "no such bot: nobody_bot"),
        ("/nonsense", json!({}), 404, "no such route"),
    ] {
        let (answered, answer) = rig.control("POST", path, body).await;
        let text = answer["error"].as_str().unwrap();
        assert!(answered == status && text.starts_with(error), "{path}: {answered} {text}");
    }
    let (status, _) =
        rig.control("POST", &format!("/users/{anna}/start"), json!({ "link": "https://a.example" })).await;
    assert_eq!(status, 400);
    let (status, answer) = rig.control("PUT", "/faults", json!({ "duplicate_share": 2 })).await;
    assert_eq!(
        (status, answer["error"].as_str()),
        (400, Some("duplicate_share: a share is between 0 and 1"))
    );
    let (status, _) = rig.control("PUT", "/faults", json!({ "refuse": [{ "code": 403, "next": 2 }] })).await;
    assert_eq!((status, rig.simulator.faults().refuse[0].next), (200, 2));
}

#[tokio::test]
async fn the_receiver_keeps_what_comes_and_answers_as_told() {
    let rig = Rig::new().await;
    let url = format!("{}/simulator/receiver/kt/postback?subid=a%20b&status=lead", rig.origin);
    let answer = rig.client.get(&url).header("x-id", "7").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "ok"));
    rig.control("PUT", "/receiver", json!({ "status": 503, "delay_ms": 50 })).await;
    let begun = std::time::Instant::now();
    assert_eq!(rig.client.post(&url).body("b=1").send().await.unwrap().status(), 503);
    assert!(begun.elapsed().as_millis() >= 50);
    let postbacks = rig.simulator.postbacks();
    assert_eq!((postbacks[0].method.as_str(), postbacks[0].path.as_str()), ("GET", "/kt/postback"));
    assert_eq!(postbacks[0].query, "subid=a%20b&status=lead");
    assert!(postbacks[0].headers.contains(&("x-id".to_owned(), "7".to_owned())));
    assert_eq!((postbacks[1].method.as_str(), postbacks[1].body.as_str()), ("POST", "b=1"));
    let (_, shown) = rig.control("GET", "/postbacks?limit=1", json!({})).await;
    assert_eq!(shown[0]["number"], 2);
    rig.control("DELETE", "/postbacks", json!({})).await;
    assert!(rig.simulator.postbacks().is_empty());
}

#[tokio::test]
async fn the_page_and_all_it_needs_come_from_here() {
    let rig = Rig::new().await;
    let page =
        rig.client.get(format!("{}/simulator", rig.origin)).send().await.unwrap().text().await.unwrap();
    let references = page.split(['"', '\'']).filter(|part| part.starts_with("/simulator/page/"));
    let mut count = 0;
    for path in references {
        let response = rig.client.get(format!("{}{path}", rig.origin)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert!(!response.text().await.unwrap().contains("innerHTML"), "{path}");
        count += 1;
    }
    assert!(count >= 2 && !page.contains("//cdn") && !page.contains("https://fonts"));
}
