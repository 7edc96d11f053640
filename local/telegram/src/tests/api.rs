//! The specification check, and the methods that work.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::Rig;

#[tokio::test]
async fn a_bad_request_is_refused_with_telegrams_words() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    let keyboard = |button: Value| json!({ "inline_keyboard": [[button]] });
    let message = |markup: Value| json!({ "chat_id": anna, "text": "a", "reply_markup": markup });
    for (parameters, expected) in [
        (json!({ "text": "a" }), "Bad Request: chat_id is empty"),
        (json!({ "chat_id": anna }), "Bad Request: message text is empty"),
        (json!({ "chat_id": anna, "text": " \n " }), "Bad Request: text must be non-empty"),
        (
            json!({ "chat_id": anna, "text": "<b></b>", "parse_mode": "HTML" }),
            "Bad Request: text must be non-empty",
        ),
        (json!({ "chat_id": anna, "text": "a".repeat(4097) }), "Bad Request: message is too long"),
        (
            json!({ "chat_id": anna, "text": "a", "parse_mode": "BBCode" }),
            "Bad Request: unsupported parse_mode",
        ),
        (json!({ "chat_id": true, "text": "a" }), "Bad Request: invalid chat_id specified"),
        (json!({ "chat_id": anna, "text": ["a"] }), "Bad Request: invalid text specified"),
        (message(json!("{")), "Bad Request: can't parse reply markup JSON object"),
        (message(json!({ "inline_keyboard": "x" })), "Bad Request: can't parse inline keyboard button"),
        (
            message(keyboard(json!({ "text": "a" }))),
            "Bad Request: can't parse inline keyboard button: Text buttons",
        ),
        (
            message(keyboard(json!({ "text": "a", "url": "https://a.example", "callback_data": "b" }))),
            "Bad Request: can't parse inline keyboard button: exactly one action",
        ),
        (message(keyboard(json!({ "text": "a", "callback_data": "" }))), "Bad Request: BUTTON_DATA_INVALID"),
        (
            message(keyboard(json!({ "text": "a", "callback_data": "ä".repeat(33) }))),
            "Bad Request: BUTTON_DATA_INVALID",
        ),
    ] {
        let (status, description) = rig.refusal("sendMessage", parameters).await;
        assert_eq!(status, 400);
        assert!(description.starts_with(expected), "{description} is not {expected}");
    }
    let link = message(keyboard(json!({ "text": "a", "url": "nonsense" })));
    assert!(rig.refusal("sendMessage", link).await.1.contains("BUTTON_URL_INVALID"));
    assert!(rig.simulator.messages_to(anna).is_empty());
}

#[tokio::test]
async fn a_webhook_is_refused_if_its_parameters_are_out_of_range() {
    let rig = Rig::new().await;
    for parameters in [
        json!({ "url": "http://127.0.0.1:1/", "secret_token": "has space" }),
        json!({ "url": "http://127.0.0.1:1/", "secret_token": "a".repeat(257) }),
        json!({ "url": "http://127.0.0.1:1/", "max_connections": 0 }),
        json!({ "url": "http://127.0.0.1:1/", "max_connections": 101 }),
        json!({ "url": "ftp://127.0.0.1/" }),
        json!({ "url": "http://127.0.0.1:1/", "allowed_updates": "message" }),
    ] {
        assert_eq!(rig.refusal("setWebhook", parameters.clone()).await.0, 400, "{parameters}");
    }
}

#[tokio::test]
async fn unknown_methods_and_tokens_are_told_apart() {
    let rig = Rig::new().await;
    let base = format!("{}/simulator/api", rig.origin);
    let status =
        async |path: String| rig.client.get(format!("{base}{path}")).send().await.unwrap().status().as_u16();
    let stranger = format!("{}:{}", rig.bot.id, "x".repeat(35));
    assert_eq!(status(format!("/bot{}/getMe", rig.bot.token)).await, 200);
    assert_eq!(status(format!("/bot{}/GETME", rig.bot.token)).await, 200);
    assert_eq!(status(format!("/bot{}/noSuchMethod", rig.bot.token)).await, 404);
    assert_eq!(status(format!("/bot{}/getFile", rig.bot.token)).await, 400, "a parameter is missing");
    assert_eq!(status(format!("/bot{}/getFile?file_id=a", rig.bot.token)).await, 501);
    assert_eq!(status(format!("/bot{stranger}/getMe")).await, 401);
    assert_eq!(status("/botnonsense/getMe".to_owned()).await, 404);
    rig.simulator.revoke(rig.bot.id).unwrap();
    assert_eq!(status(format!("/bot{}/getMe", rig.bot.token)).await, 401);
}

#[tokio::test]
async fn parameters_come_by_query_form_json_and_multipart_alike() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    rig.simulator.set_faults(crate::Faults { limits_off: true, ..crate::Faults::default() });
    let url = format!("{}/simulator/api/bot{}/sendMessage", rig.origin, rig.bot.token);
    let markup = json!({ "inline_keyboard": [[{ "text": "Go", "callback_data": "go" }]] });
    let (id, markup_text) = (anna.to_string(), markup.to_string());
    let pairs = [("chat_id", id.as_str()), ("text", "hi"), ("reply_markup", markup_text.as_str())];
    let form = pairs
        .iter()
        .fold(Form::new(), |form, (name, value)| form.text((*name).to_owned(), (*value).to_owned()));
    let requests = [
        rig.client.get(&url).query(&pairs),
        rig.client.post(&url).form(&pairs),
        rig.client.post(&url).json(&json!({ "chat_id": anna, "text": "hi", "reply_markup": markup })),
        rig.client.post(&url).multipart(form),
    ];
    for request in requests {
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["result"]["reply_markup"], markup, "{answer}");
    }
    assert_eq!(rig.simulator.messages_to(anna).len(), 4);
}

#[tokio::test]
async fn a_formatted_message_is_shown_as_plain_text_with_entities() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    let parameters = json!({ "chat_id": anna, "text": "<b>Hi</b> &amp; bye", "parse_mode": "HTML" });
    let message = rig.result("sendMessage", parameters).await;
    assert_eq!(message["text"], "Hi & bye");
    assert_eq!(message["entities"], json!([{ "type": "bold", "offset": 0, "length": 2 }]));
    let unclosed = json!({ "chat_id": anna, "text": "a_b", "parse_mode": "Markdown" });
    let (_, description) = rig.refusal("sendMessage", unclosed).await;
    assert_eq!(
        description,
        "Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 1"
    );
    assert_eq!(rig.simulator.messages_to(anna)[0].text, "Hi & bye");
}

#[tokio::test]
async fn a_photo_is_uploaded_once_and_sent_again_by_its_file_id() {
    let rig = Rig::new().await;
    let (anna, boris) = (rig.subscriber("Anna"), rig.subscriber("Boris"));
    let url = format!("{}/simulator/api/bot{}/sendPhoto", rig.origin, rig.bot.token);
    let photo = Part::bytes(vec![1; 1000]).file_name("a.png").mime_str("image/png").unwrap();
    let form = Form::new().text("chat_id", anna.to_string()).text("caption", "*A*").part("photo", photo);
    let answer: Value = rig.client.post(&url).multipart(form).send().await.unwrap().json().await.unwrap();
    let sizes = answer["result"]["photo"].as_array().unwrap();
    let largest = sizes.iter().max_by_key(|size| size["width"].as_i64()).unwrap();
    let file_id = largest["file_id"].as_str().unwrap();
    assert_eq!((sizes.len(), &largest["file_size"]), (2, &json!(1000)));
    let again = rig.result("sendPhoto", json!({ "chat_id": boris, "photo": file_id })).await;
    assert_eq!(again["photo"][1]["file_id"], file_id);
    let shown =
        rig.client.get(format!("{}/simulator/control/files/{file_id}", rig.origin)).send().await.unwrap();
    assert_eq!(shown.bytes().await.unwrap().len(), 1000);
    let as_video = rig.refusal("sendVideo", json!({ "chat_id": boris, "video": file_id })).await;
    assert_eq!(as_video, (400, "Bad Request: can't use file of type photo as video".to_owned()));
    let unknown = rig.refusal("sendPhoto", json!({ "chat_id": boris, "photo": "nonsense" })).await;
    assert_eq!(unknown.1, "Bad Request: wrong file identifier/HTTP URL specified");
    let too_long = json!({ "chat_id": boris, "photo": file_id, "caption": "a".repeat(1025) });
    assert_eq!(rig.refusal("sendPhoto", too_long).await.1, "Bad Request: message caption is too long");
}

#[tokio::test]
async fn a_photo_beyond_ten_megabytes_is_refused() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    let url = format!("{}/simulator/api/bot{}/sendPhoto", rig.origin, rig.bot.token);
    let photo = Part::bytes(vec![1; 10 * 1024 * 1024 + 1]).file_name("a.png");
    let form = Form::new().text("chat_id", anna.to_string()).part("photo", photo);
    let response = rig.client.post(&url).multipart(form).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(response.text().await.unwrap().contains("too big for a photo"));
}

#[tokio::test]
async fn messages_can_be_edited_and_deleted_by_the_bot_that_wrote_them() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    let id = rig.result("sendMessage", json!({ "chat_id": anna, "text": "a" })).await["message_id"].clone();
    let edit = json!({ "chat_id": anna, "message_id": id, "text": "b" });
    assert_eq!(rig.result("editMessageText", edit.clone()).await["text"], "b");
    assert!(rig.refusal("editMessageText", edit).await.1.starts_with("Bad Request: message is not modified"));
    let markup = json!({ "inline_keyboard": [[{ "text": "x", "callback_data": "x" }]] });
    let with_button = json!({ "chat_id": anna, "message_id": id, "reply_markup": markup });
    assert_eq!(rig.result("editMessageReplyMarkup", with_button).await["reply_markup"], markup);
    rig.result("deleteMessage", json!({ "chat_id": anna, "message_id": id })).await;
    assert!(rig.simulator.messages_to(anna).is_empty());
    let gone = rig.refusal("deleteMessage", json!({ "chat_id": anna, "message_id": id })).await;
    assert_eq!(gone.1, "Bad Request: message to delete not found");
}

#[tokio::test]
async fn a_pressed_button_is_answered_once_it_is_known() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    let webhook = rig.listen().await;
    let markup = json!({ "inline_keyboard": [[{ "text": "site", "url": "https://a.example" }], [{ "text": "Stop", "callback_data": "unsub:1" }]] });
    let sent = json!({ "chat_id": anna, "text": "a", "reply_markup": markup });
    let id = rig.result("sendMessage", sent).await["message_id"].as_i64().unwrap();
    assert!(rig.simulator.press(anna, id, 0).is_err(), "a link does not report to the bot");
    rig.simulator.press(anna, id, 1).unwrap();
    let updates = webhook.wait_for(2).await;
    let query = updates.iter().find_map(|update| update.get("callback_query")).unwrap();
    assert_eq!((query["data"].as_str(), query["from"]["id"].as_i64()), (Some("unsub:1"), Some(anna)));
    let answer = json!({ "callback_query_id": query["id"], "text": "Done" });
    rig.result("answerCallbackQuery", answer).await;
    assert_eq!(rig.simulator.answers_to(anna)[0].answer.text.as_deref(), Some("Done"));
    let (status, _) = rig.refusal("answerCallbackQuery", json!({ "callback_query_id": "0" })).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn requests_are_recorded_without_the_token() {
    let rig = Rig::new().await;
    rig.call("sendMessage", json!({ "chat_id": 1, "text": "a", "parse_modus": "HTML" })).await;
    let requests = rig.simulator.requests();
    assert_eq!((requests[0].method.as_str(), requests[0].code), ("sendMessage", 400));
    assert_eq!(requests[0].parameters["text"], "a");
    assert_eq!(requests[0].unknown_parameters, ["parse_modus"]);
    assert!(!serde_json::to_string(&requests).unwrap().contains(&rig.bot.token));
}

#[tokio::test]
async fn polling_gives_updates_until_they_are_confirmed() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    rig.simulator.send_text(anna, rig.bot.id, "second").unwrap();
    let updates = rig.result("getUpdates", json!({ "limit": 1 })).await;
    let first = updates[0]["update_id"].as_i64().unwrap();
    assert_eq!(updates.as_array().unwrap().len(), 1);
    let updates = rig.result("getUpdates", json!({ "offset": first + 1 })).await;
    assert_eq!(updates[0]["message"]["text"], "second");
    assert_eq!(rig.simulator.pending_updates(), 1);
    rig.result("getUpdates", json!({ "offset": first + 2 })).await;
    let waiting = rig.result("getUpdates", json!({ "timeout": 5 }));
    let speak = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        rig.simulator.send_text(anna, rig.bot.id, "third").unwrap();
    };
    let (updates, ()) = tokio::join!(waiting, speak);
    assert_eq!(updates[0]["message"]["text"], "third");
    rig.result("setWebhook", json!({ "url": "http://127.0.0.1:1/" })).await;
    assert_eq!(rig.refusal("getUpdates", json!({})).await.0, 409);
}
