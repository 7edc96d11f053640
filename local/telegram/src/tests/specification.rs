//! What the server refuses because the specification does, and what it only notes.

use serde_json::{Value, json};

use super::Rig;

/// A method, its parameters but for the chat, and how the refusal begins after "Bad Request: ".
type Refused = (&'static str, Value, &'static str);

fn missing() -> Vec<Refused> {
    vec![
        ("sendMessage", json!({ "chat_id": null, "text": "a" }), "chat_id is empty"),
        ("sendMessage", json!({}), "message text is empty"),
        ("sendPhoto", json!({}), "there is no photo in the request"),
        ("getChatMember", json!({}), "invalid user_id specified"),
        ("answerCallbackQuery", json!({}), "callback_query_id is empty"),
    ]
}

fn mistyped() -> Vec<Refused> {
    vec![
        ("sendMessage", json!({ "chat_id": [1], "text": "a" }), "invalid chat_id specified"),
        ("sendMessage", json!({ "chat_id": 1.5, "text": "a" }), "invalid chat_id specified"),
        ("sendMessage", json!({ "chat_id": { "id": 1 }, "text": "a" }), "invalid chat_id specified"),
        ("sendMessage", json!({ "text": { "a": 1 } }), "invalid text specified"),
        ("sendMessage", json!({ "text": true }), "invalid text specified"),
        ("getChatMember", json!({ "user_id": "me" }), "invalid user_id specified"),
        ("createChatInviteLink", json!({ "member_limit": "x" }), "invalid member_limit specified"),
        ("createChatInviteLink", json!({ "creates_join_request": 7 }), "invalid creates_join_request"),
        ("setWebhook", json!({ "url": [5] }), "invalid url specified"),
        ("sendMessage", json!({ "text": "a", "reply_markup": [] }), "can't parse inline keyboard"),
    ]
}

fn too_long() -> Vec<Refused> {
    let html = format!("<b>{}</b>", "&lt;".repeat(4_097));
    let photo = "https://e.com/a.png";
    vec![
        ("sendMessage", json!({ "text": "a".repeat(4_097) }), "message is too long"),
        ("sendMessage", json!({ "text": html, "parse_mode": "HTML" }), "message is too long"),
        ("sendMessage", json!({ "text": "\u{200b}\u{202e}\u{0}" }), "text must be non-empty"),
        ("sendPhoto", json!({ "photo": photo, "caption": "a".repeat(1_025) }), "message caption is too long"),
    ]
}

fn bad_buttons() -> Vec<Refused> {
    let unparsed = "can't parse inline keyboard button";
    let two_actions = json!({ "text": "a", "url": "https://e.com/", "callback_data": "b" });
    let buttons = [
        (json!({ "text": "a" }), unparsed),
        (json!({ "url": "https://e.com/" }), unparsed),
        (json!({ "text": 5, "url": "https://e.com/" }), unparsed),
        (json!({ "text": "a", "callback_data": 7 }), unparsed),
        (two_actions, "can't parse inline keyboard button: exactly one action"),
        (json!({ "text": "a", "callback_data": "a".repeat(65) }), "BUTTON_DATA_INVALID"),
        (json!({ "text": "a", "url": "javascript:alert(1)" }), "inline keyboard button URL"),
    ];
    let message = |button| json!({ "text": "a", "reply_markup": { "inline_keyboard": [[button]] } });
    buttons.into_iter().map(|(button, words)| ("sendMessage", message(button), words)).collect()
}

#[tokio::test]
async fn what_the_specification_does_not_allow_is_refused_and_nothing_is_sent() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    let mut wrong = Vec::new();
    for (method, mut parameters, words) in [missing(), mistyped(), too_long(), bad_buttons()].concat() {
        if parameters.get("chat_id").is_none() {
            parameters["chat_id"] = json!(anna);
        }
        let (code, answer) = rig.call(method, parameters.clone()).await;
        let description = answer["description"].as_str().unwrap_or_default();
        if code != 400 || !description.starts_with(&format!("Bad Request: {words}")) {
            wrong.push(format!("{method} {parameters}: {code} {description}, not {words}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(rig.simulator.messages_to(anna).is_empty());
}

#[tokio::test]
async fn what_is_just_within_the_limits_is_taken() {
    let rig = Rig::new().await;
    let keyboard = |button: Value| json!({ "inline_keyboard": [[button]] });
    let html = format!("<b>{}</b>", "&lt;".repeat(4_096));
    for (method, parameters) in [
        ("sendMessage", json!({ "text": html, "parse_mode": "HTML" })),
        ("sendMessage", json!({ "text": "😀".repeat(4_096) })),
        ("sendMessage", json!({ "text": 5 })),
        (
            "sendMessage",
            json!({ "text": "a", "reply_markup": keyboard(json!({ "text": "a", "callback_data": "ä".repeat(32) })) }),
        ),
        ("sendPhoto", json!({ "photo": "https://e.com/a.png", "caption": "ä".repeat(1_024) })),
    ] {
        let mut parameters = parameters;
        // A number may be spelt as a text.
        parameters["chat_id"] = json!(rig.subscriber("Anna").to_string());
        rig.result(method, parameters).await;
    }
}

#[tokio::test]
async fn a_parameter_that_telegram_ignores_is_noted_whether_the_call_succeeds_or_not() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    rig.result("sendMessage", json!({ "chat_id": anna, "text": "a", "parsemode": "HTML" })).await;
    rig.refusal("sendMessage", json!({ "chat_id": anna, "txt": "a" })).await;
    let noted: Vec<_> =
        rig.simulator.requests().into_iter().map(|request| request.unknown_parameters).collect();
    assert_eq!(noted, [["parsemode"], ["txt"]]);
}
