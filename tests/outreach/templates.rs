//! Templates, and the campaigns that name them.

use futures::future::join_all;
use serde_json::{Value, json};
use shared::AppError;
use shared::domain::outreach::CampaignBody;

use crate::world::samples::png;
use crate::world::{Account, World};

async fn template(account: &Account, changes: &Value) -> String {
    let mut body = json!({"name": "Hello", "content": "Hi {{firstName|friend}}"});
    body.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap_or_default());
    let made = account.v1("POST", "templates", &body).await.success(201);
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_template_is_made_shown_changed_listed_and_deleted() {
    let world = World::new().await;
    let account = world.account();
    let id = template(&account, &json!({"colour": {"r": 1.5}, "version": 9, "id": "tmpl1"})).await;
    let path = format!("templates/{id}");
    let shown = account.v1("GET", &path, &Value::Null).await.success(200);
    assert_eq!(
        (&shown["id"], &shown["version"], &shown["colour"]["r"]),
        (&json!(id), &json!(1), &json!(1.5))
    );
    assert_eq!(
        (&shown["createdBy"], &shown["content"]),
        (&json!("user1"), &json!("Hi {{firstName|friend}}"))
    );
    assert_eq!(shown["createdAt"], shown["updatedAt"]);
    let buttons = json!([{"text": "Go", "url": "https://e.com"}]);
    let changes = json!({"buttons": buttons, "colour": null, "version": 1});
    let changed = account.v1("PUT", &path, &changes).await.success(200);
    assert_eq!(
        (&changed["version"], &changed["buttons"], &changed["name"]),
        (&json!(2), &buttons, &json!("Hello"))
    );
    assert!(changed.get("colour").is_none());
    assert_eq!(account.v1("GET", &path, &Value::Null).await.success(200), changed);
    let list = account.v1("GET", "templates", &Value::Null).await.success(200);
    assert_eq!(
        list,
        json!({"templates": [changed], "pagination": {"page": 1, "limit": 20, "total": 1, "pages": 1}})
    );
    let deleted = account.v1("DELETE", &path, &Value::Null).await.success(200);
    assert_eq!(deleted["message"], "Template deleted successfully");
    for method in ["GET", "PUT", "DELETE"] {
        let gone = account.v1(method, &path, &json!({"name": "Other"})).await;
        assert_eq!(gone.failure(), (404, "TEMPLATE_NOT_FOUND".to_owned()), "{method}");
    }
}

#[tokio::test]
async fn another_accounts_template_is_as_absent_as_none() {
    let world = World::new().await;
    let (account, stranger) = (world.account(), world.another_account().await);
    let id = template(&account, &json!({})).await;
    for method in ["GET", "PUT", "DELETE"] {
        let foreign = stranger.v1(method, &format!("templates/{id}"), &json!({"name": "Mine"})).await;
        assert_eq!(foreign.failure(), (404, "TEMPLATE_NOT_FOUND".to_owned()), "{method}");
        for absent in ["tmpl0000000000000000", "camp1", "tmpl%231"] {
            let reply = stranger.v1(method, &format!("templates/{absent}"), &json!({})).await;
            assert_eq!(reply.text, foreign.text, "{method} {absent}");
        }
    }
    let kept = account.v1("GET", &format!("templates/{id}"), &Value::Null).await.success(200);
    assert_eq!((&kept["name"], &kept["version"]), (&json!("Hello"), &json!(1)));
    let list = stranger.v1("GET", "templates", &Value::Null).await.success(200);
    assert_eq!(list["pagination"]["total"], 0);
}

#[tokio::test]
async fn each_fault_of_a_template_is_told_by_its_field_and_nothing_is_written() {
    let world = World::new().await;
    let account = world.account();
    let id = template(&account, &json!({})).await;
    for (fault, field) in [
        (json!({"name": ""}), "name"),
        (json!({"name": null}), "name"),
        (json!({"description": 5}), "description"),
        (json!({"content": " "}), "content"),
        (json!({"content": null}), "content"),
        (json!({"content": 5}), "content"),
        (json!({"content": "{{first name}}"}), "content"),
        (json!({"media": "x"}), "media"),
        (json!({"buttons": [{"text": "Go"}]}), "buttons[0].url"),
        (json!({"personalization": {"enabled": 1}}), "personalization.enabled"),
    ] {
        let mut body = json!({"name": "Hello", "content": "Hi"});
        body.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        for (method, path) in [("POST", "templates".to_owned()), ("PUT", format!("templates/{id}"))] {
            let reply = account.v1(method, &path, &body).await;
            assert_eq!(reply.failure(), (400, "VALIDATION_ERROR".to_owned()), "{method} {body}");
            assert_eq!(reply.faulty_fields(), [field], "{method} {body}");
        }
    }
    let list = account.v1("GET", "templates", &Value::Null).await.success(200);
    assert_eq!((&list["pagination"]["total"], &list["templates"][0]["version"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn of_changes_that_name_one_version_one_wins() {
    let world = World::new().await;
    let account = world.account();
    let path = format!("templates/{}", template(&account, &json!({})).await);
    let change = json!({"name": "Other", "version": 1});
    let replies = join_all((0..6).map(|_| account.v1("PUT", &path, &change))).await;
    let won = replies.iter().filter(|reply| reply.code == 200).count();
    let lost =
        replies.iter().filter(|reply| reply.code == 409).all(|reply| reply.failure().1 == "VERSION_CONFLICT");
    assert!(won == 1 && lost, "{replies:?}");
    let changes = ["Third", "Fourth", "Fifth"].map(|name| json!({"name": name}));
    let without = join_all(changes.iter().map(|change| account.v1("PUT", &path, change))).await;
    assert!(without.iter().all(|reply| reply.code == 200), "{without:?}");
    assert_eq!(account.v1("GET", &path, &Value::Null).await.success(200)["version"], 5);
}

#[tokio::test]
async fn a_list_of_templates_has_pages_orders_and_a_search() {
    let world = World::new().await;
    let account = world.account();
    for (name, content) in [("beta", "Summer SALE"), ("Alpha", "Hello"), ("gamma", "Hello")] {
        template(&account, &json!({"name": name, "content": content})).await;
    }
    let names = async |query: &str| {
        let data = account.v1("GET", &format!("templates?{query}"), &Value::Null).await.success(200);
        let templates = data["templates"].as_array().unwrap().iter();
        templates.map(|template| template["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("sort=name").await, "Alpha beta gamma");
    assert_eq!(names("sort=-name&limit=2").await, "gamma beta");
    assert_eq!(names("sort=-name&limit=2&page=2").await, "Alpha");
    assert_eq!(names("search=sale").await, "beta");
    assert_eq!(names("search=MMA").await, "gamma");
    for (query, field) in [("sort=budget", "sort"), ("page=0", "page"), ("limit=101", "limit")] {
        let reply = account.v1("GET", &format!("templates?{query}"), &Value::Null).await;
        assert_eq!(reply.failure(), (400, "VALIDATION_ERROR".to_owned()), "{query}");
        assert_eq!(reply.faulty_fields(), [field], "{query}");
    }
}

#[tokio::test]
async fn what_a_campaign_says_is_joined_with_its_templates_or_one_is_missing() {
    let world = World::new().await;
    let (account, stranger) = (world.account(), world.another_account().await);
    let uploaded = world.upload(&account, &png(64, 48)).await.data();
    let media = uploaded["media"].as_str().unwrap();
    let id = template(&account, &json!({"media": media})).await;
    let foreign = template(&stranger, &json!({})).await;
    let joined = async |messages: Value| {
        let body = json!({"name": "Sale", "type": "message", "messages": messages});
        let body = CampaignBody::read(body.as_object().unwrap()).unwrap();
        world.system.app.content_of(account.id, &body).await
    };
    let variation = json!({"id": "var1", "content": "Other", "weight": 50});
    let content = joined(json!([
        {"id": "msg1", "templateId": id, "variations": [variation]}, {"templateId": id, "content": "Own"},
    ]))
    .await
    .unwrap();
    let texts: Vec<_> = content.iter().map(|message| message.content.text.as_deref().unwrap()).collect();
    assert_eq!(texts, ["Hi {{firstName|friend}}", "Own"]);
    assert!(content.iter().all(|message| message.content.media.as_ref().unwrap().as_str() == media));
    assert_eq!((content[0].id.as_str(), content[0].variations[0].text.as_str()), ("msg1", "Other"));
    for absent in [foreign.as_str(), "tmpl456"] {
        let error = joined(json!([{"content": "Hi"}, {"templateId": absent}])).await.unwrap_err();
        assert!(matches!(error, AppError::NotFound("template")), "{error:?}");
    }
    assert!(matches!(joined(json!([])).await.unwrap_err(), AppError::NoContent));
    let error = joined(json!([{"templateId": id, "content": "x".repeat(1_025)}])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "messages[0].content: must show at most 1024 characters together with the template"
    );
}
