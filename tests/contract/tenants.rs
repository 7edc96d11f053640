use serde_json::{Value, json};

use super::working_routes;
use crate::world::World;

/// Parameters that name objects of the first account; `None` for a route that names none.
fn naming(path: &str, chat: i64) -> Option<Value> {
    match path {
        "/api/bots/chats.json"
        | "/api/bots/del.json"
        | "/api/bots/check.json"
        | "/api/camp/get.json"
        | "/api/camp/link.json"
        | "/api/stats/campaign.json"
        | "/api/camp/edit.json"
        | "/api/camp/del.json" => Some(json!({"id": 1})),
        "/api/stats/retention.json" => Some(json!({"id": 1})),
        "/api/leads/list.json" | "/api/leads/export.csv" => Some(json!({"campaign": 1})),
        "/api/journal/list.json" => Some(json!({"bot": 1, "chat": chat})),
        "/api/camp/pause.json" => Some(json!({"id": 1, "pause": 1})),
        "/api/postbacks/list.json" => Some(json!({"campaign": 1})),
        "/api/postbacks/replay.json" => Some(json!({"campaign": 1, "state": "failed"})),
        "/api/camp/add.json" => Some(json!({"bot": 1, "chat": chat, "welcome": "Join!"})),
        "/api/bots/add.json"
        | "/api/bots/list.json"
        | "/api/camp/list.json"
        | "/api/media/upload.json"
        | "/api/media/presign.json"
        | "/api/stats/summary.json"
        | "/api/profile/info.json"
        | "/api/profile/apikey.json"
        | "/api/profile/postbacks.json"
        | "/api/profile/notify.json"
        | "/api/profile/signing.json"
        | "/api/trackers/list.json" => None,
        other => panic!("{other} is not said to name an object or none"),
    }
}

#[tokio::test]
async fn another_accounts_object_is_notfound_as_one_that_is_not_there() {
    let world = World::new().await;
    let scene = world.scene().await;
    let untracked = world.channel(&scene.bot).await;
    let stranger = world.another_account().await;
    for route in working_routes() {
        let Some(theirs) = naming(route.path, untracked) else { continue };
        let foreign = stranger.call(route.method, route.path, &theirs).await;
        assert_eq!(foreign.error(), "notfound", "{}", route.path);
        let mut nobodys = theirs.clone();
        let name = ["id", "bot", "campaign"].into_iter().find(|name| theirs.get(name).is_some()).unwrap();
        nobodys[name] = json!(4_000_000_000_u64);
        let absent = scene.account.call(route.method, route.path, &nobodys).await;
        assert_eq!(foreign.text, absent.text, "{}", route.path);
    }
    assert_eq!(scene.account.get("/api/bots/list.json").await.data()[0]["status"], 0);
}

#[tokio::test]
async fn lists_show_the_own_account_only() {
    let world = World::new().await;
    world.scene().await;
    let stranger = world.another_account().await;
    for path in
        ["/api/bots/list.json", "/api/camp/list.json", "/api/leads/list.json", "/api/postbacks/list.json"]
    {
        assert_eq!(stranger.get(path).await.data(), json!([]), "{path}");
    }
}

#[tokio::test]
async fn the_same_number_is_another_object_in_another_account() {
    let world = World::new().await;
    let first = world.scene().await;
    let stranger = world.another_account().await;
    let second = world.setting().of(&stranger).bot("otherbot").set_up().await;
    assert_eq!(first.campaign.campaign, second.campaign.campaign);
    let codes = [first.detail().await, second.detail().await].map(|reply| reply.data()["code"].clone());
    assert_eq!(codes, [json!(first.code), json!(second.code)]);
    assert!(second.deep_link("x").await.contains("t.me/otherbot?"));
}
