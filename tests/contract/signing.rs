//! What an account's postbacks are signed with, as the account sees it.

use serde_json::json;

use crate::world::{Account, World};

const PATH: &str = "/api/profile/signing.json";
const OWN: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn secret(account: &Account, action: &str) -> String {
    let reply = account.post_form(PATH, &json!({"action": action})).await.data();
    reply["secret"].as_str().unwrap().to_owned()
}

async fn is_on(account: &Account) -> bool {
    account.get("/api/profile/info.json").await.data()["signing"] == 1
}

#[tokio::test]
async fn a_secret_is_told_once_and_info_tells_only_that_there_is_one() {
    let world = World::new().await;
    let account = &world.account();
    let made = secret(account, "create").await;
    assert!(made.starts_with("whsec_") && made.len() == 50, "{made}");
    let info = account.get("/api/profile/info.json").await;
    assert!(is_on(account).await && !info.text.contains("whsec_"), "{}", info.text);
    let rotated = secret(account, "rotate").await;
    assert_ne!(made, rotated);
    let stranger = world.another_account().await;
    assert!(!is_on(&stranger).await);
    for _ in 0..2 {
        let removed = account.post_json(PATH, &json!({"action": "remove"})).await;
        assert_eq!(removed.text, r#"{"status":"ok"}"#);
        assert!(!is_on(account).await);
    }
}

#[tokio::test]
async fn a_secret_of_ones_own_is_taken() {
    let world = World::new().await;
    let reply = world.account().post_json(PATH, &json!({"action": "create", "secret": OWN})).await;
    assert_eq!(reply.data(), json!({"secret": OWN}));
}

#[tokio::test]
async fn what_is_there_is_not_created_and_what_is_not_there_is_not_rotated() {
    let world = World::new().await;
    let account = &world.account();
    let refused = async |action| {
        let reply = account.post_json(PATH, &json!({"action": action})).await.json();
        assert_eq!((&reply["error"], &reply["param"]), (&json!("param"), &json!("action")));
        reply["message"].as_str().unwrap().to_owned()
    };
    let message = refused("rotate").await;
    assert_eq!(message, "action: there is no signing secret to rotate; create one");
    secret(account, "create").await;
    let message = refused("create").await;
    assert_eq!(message, "action: a signing secret is there already; rotate or remove it");
}

#[tokio::test]
async fn of_two_calls_at_once_one_tells_a_secret() {
    let world = World::new().await;
    let account = &world.account();
    for action in ["create", "rotate"] {
        let body = json!({"action": action});
        let call = || account.post_json(PATH, &body);
        let replies = tokio::join!(call(), call(), call());
        let replies = [replies.0.json(), replies.1.json(), replies.2.json()];
        let told = replies.iter().filter(|reply| reply["status"] == "ok").count();
        // Calls that follow each other may both rotate.
        assert!(if action == "create" { told == 1 } else { told >= 1 }, "{replies:?}");
        assert!(replies.iter().all(|reply| reply["status"] == "ok" || reply["param"] == "action"));
    }
}
