//! What messages and templates show.

use serde_json::{Value, json};

use crate::world::World;
use crate::world::samples::png;

#[tokio::test]
async fn a_message_and_a_template_show_what_their_account_uploaded_and_nothing_else() {
    let world = World::new().await;
    let (account, stranger) = (world.account(), world.another_account().await);
    let own = world.upload(&account, &png(64, 48)).await.data()["media"].clone();
    let foreign = world.upload(&stranger, &png(64, 48)).await.data()["media"].clone();
    let form = world.presigned(&account, "image/png").await;
    let campaign = format!("campaigns/{}", account.outreach_campaign(&json!({})).await);
    let made = account.v1("POST", "templates", &json!({"name": "T", "content": "Hi"})).await.success(201);
    let template = format!("templates/{}", made["id"].as_str().unwrap());
    let messages = |media: &Value| json!({"name": "S", "type": "message", "messages": [{"content": "Hi"}, {"media": media}]});
    let content = |media: &Value| json!({"name": "T", "media": media});
    for (method, path, body, field) in [
        ("POST", "campaigns", &messages as &dyn Fn(&Value) -> Value, "messages[1].media"),
        ("PUT", &campaign, &messages, "messages[1].media"),
        ("POST", "templates", &content, "media"),
        ("PUT", &template, &content, "media"),
    ] {
        for media in [&foreign, &json!("img_000000000000"), &form["media"]] {
            let reply = account.v1(method, path, &body(media)).await;
            assert_eq!(reply.failure(), (400, "VALIDATION_ERROR".to_owned()), "{method} {path} {media}");
            assert_eq!(reply.faulty_fields(), [field], "{method} {path} {media}");
        }
        let reply = account.v1(method, path, &body(&own)).await;
        assert!(matches!(reply.code, 200 | 201), "{method} {path}: {}", reply.text);
    }
    assert_eq!(world.send_form(&form, &png(64, 48)).await, 204);
    account.v1("PUT", &campaign, &messages(&form["media"])).await.success(200);
    let stays = format!("media/1/{}", form["media"].as_str().unwrap());
    assert!(world.objects().contains(&stays), "what was uploaded by its client is taken in");
    account.v1("POST", &format!("{campaign}/clone"), &Value::Null).await.success(201);
}
