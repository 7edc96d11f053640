use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::body::{CampaignBody, Message};
use super::content::{Button, Content};
use super::personal::PersonValues;
use crate::domain::media::MediaRef;
use crate::error::AppError;

fn read(message: &Value) -> Result<Message, Vec<String>> {
    let body = json!({"name": "Sale", "type": "message", "messages": [message]});
    match CampaignBody::read(body.as_object().unwrap()) {
        Ok(mut body) => Ok(body.messages.remove(0)),
        Err(AppError::Invalid(faults)) => Err(faults.into_iter().map(|fault| fault.field).collect()),
        Err(other) => panic!("{other}"),
    }
}

fn button(text: &str, url: &str) -> Button {
    Button { text: text.to_owned(), url: url.to_owned() }
}

#[test]
fn a_message_has_text_media_buttons_and_ids() {
    let message = read(&json!({
        "id": "msg1", "content": "Hi", "media": "img_abc123xyz789",
        "buttons": [
            {"text": " Go ", "url": "https://e.com/?n={{firstName}}"},
            [{"text": "A", "url": "tg://resolve?domain=a"}, {"text": "B", "url": "http://e.com"}],
        ],
        "variations": [{"id": "var1", "content": "Hello", "weight": 50}],
    }))
    .unwrap();
    assert_eq!((message.id.as_str(), message.variations[0].id.as_str()), ("msg1", "var1"));
    assert_eq!(message.content.media, MediaRef::parse("img_abc123xyz789"));
    let go = button("Go", "https://e.com/?n={{firstName}}");
    let second = vec![button("A", "tg://resolve?domain=a"), button("B", "http://e.com")];
    assert_eq!(message.content.buttons, [vec![go], second]);
    let alone = read(&json!({"media": "vid_abc123xyz789"})).unwrap();
    assert_eq!(alone.content.text, None, "a media needs no text");
}

#[test]
fn each_fault_of_content_is_told_by_its_path() {
    let good = json!({"text": "Go", "url": "https://e.com"});
    for (fault, field) in [
        (json!({"media": "img_1"}), "messages[0].media"),
        (json!({"media": 5}), "messages[0].media"),
        (json!({"content": "x".repeat(4097)}), "messages[0].content"),
        (json!({"content": "x".repeat(1025), "media": "img_abc123xyz789"}), "messages[0].content"),
        (json!({"content": "Hi {{firstName"}), "messages[0].content"),
        (json!({"content": "*\u{200b}*"}), "messages[0].content"),
        (json!({"content": "[go](javascript:alert(1))"}), "messages[0].content"),
        (json!({"content": "Hi *[go](mailto:a@e.com)*"}), "messages[0].content"),
        (json!({"content": "[go]({{attributes.shop}})"}), "messages[0].content"),
        (json!({"content": "[a](https://e.com) [b](https://a:b@e.com)"}), "messages[0].content"),
        (json!({"buttons": {}}), "messages[0].buttons"),
        (json!({"buttons": ["Go"]}), "messages[0].buttons"),
        (json!({"buttons": [[]]}), "messages[0].buttons"),
        (json!({"buttons": vec![good.clone(); 21]}), "messages[0].buttons"),
        (json!({"buttons": [vec![good.clone(); 9]]}), "messages[0].buttons"),
        (json!({"buttons": vec![vec![good.clone(); 7]; 3]}), "messages[0].buttons"),
        (json!({"buttons": [{"url": "https://e.com"}]}), "messages[0].buttons[0].text"),
        (
            json!({"buttons": [{"text": "x".repeat(65), "url": "https://e.com"}]}),
            "messages[0].buttons[0].text",
        ),
        (json!({"buttons": [good.clone(), [good.clone(), {"text": "Go"}]]}), "messages[0].buttons[1][1].url"),
        (json!({"buttons": [{"text": "Go", "url": "ftp://e.com"}]}), "messages[0].buttons[0].url"),
        (json!({"buttons": [{"text": "Go", "url": "https://a:b@e.com"}]}), "messages[0].buttons[0].url"),
        (json!({"buttons": [{"text": "Go", "url": "{{shop}}"}]}), "messages[0].buttons[0].url"),
        (json!({"buttons": [{"text": "{{", "url": "https://e.com"}]}), "messages[0].buttons[0].text"),
        (json!({"variations": [{"content": "{{}}", "weight": 1}]}), "messages[0].variations[0].content"),
    ] {
        let mut message = json!({"content": "Hi"});
        message.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        assert_eq!(read(&message).unwrap_err(), [field], "{message}");
    }
}

#[test]
fn a_text_links_to_addresses_that_telegram_opens() {
    for address in [
        "https://e.com/a_(b)?c={{firstName}}",
        "http://e.com",
        "tg://user?id=1",
        "t.me/channel",
        "E.com",
        "https://{{attributes.shop|e.com}}/",
    ] {
        assert!(read(&json!({"content": format!("_See_ [this]({address})")})).is_ok(), "{address}");
    }
    assert!(read(&json!({"content": "`[no](link:here)` and javascript:alert(1)"})).is_ok());
}

#[test]
fn braces_stay_where_personalization_is_off() {
    let off = json!({"content": "Hi {{", "personalization": {"enabled": false}});
    assert_eq!(read(&off).unwrap().content.message_for(None).unwrap().text.html, "Hi {{");
}

#[test]
fn a_message_is_filled_for_one_person_and_a_caption_that_grows_too_long_loses_its_media() {
    let message = read(&json!({
        "content": format!("{} {{{{firstName}}}}", "x".repeat(1_000)), "media": "img_abc123xyz789",
        "buttons": [{"text": "For {{firstName}}", "url": "https://e.com/?n={{firstName}}"}],
    }))
    .unwrap();
    let (long, none) = ("y".repeat(24), BTreeMap::new());
    let person = |first_name| PersonValues {
        first_name,
        last_name: "",
        username: "",
        invite_link: "",
        attributes: &none,
    };
    let shown = message.content.message_for(Some(person("A&B"))).unwrap();
    assert_eq!(shown.buttons, [[button("For A&B", "https://e.com/?n=A%26B")]]);
    assert!(shown.media.is_some() && shown.text.html.ends_with("x A&amp;B"));
    assert_eq!(message.content.message_for(Some(person(&long))).unwrap().media, None);
}

#[test]
fn what_a_message_has_of_its_own_counts_before_the_templates() {
    let template = Content {
        text: Some("Template".to_owned()),
        media: MediaRef::parse("img_abc123xyz789"),
        buttons: vec![vec![button("T", "https://t.example")]],
    };
    assert_eq!(Content::default().or(&template), template);
    let own = Content { text: Some("Own".to_owned()), ..Content::default() };
    assert_eq!(own.clone().or(&template), Content { text: own.text, ..template.clone() });
    let buttons = vec![vec![button("O", "https://o.example")]];
    let own = Content { buttons: buttons.clone(), ..Content::default() };
    assert_eq!(own.or(&template), Content { buttons, ..template });
}
