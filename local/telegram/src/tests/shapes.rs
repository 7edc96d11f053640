//! What the simulator makes has the shape of the specification and of real updates.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Rig;
use crate::{ChatKind, NewUser};

/// Plays everything that makes an update, and gives all updates made.
async fn every_update() -> (Rig, Vec<Value>) {
    let rig = Rig::new().await;
    rig.result("getUpdates", json!({ "allowed_updates": super::EVERYTHING })).await;
    let simulator = &rig.simulator;
    for kind in [ChatKind::Channel, ChatKind::Supergroup, ChatKind::Group] {
        for by_request in [false, true] {
            let chat = rig.chat(kind, by_request);
            let name = format!("{}{by_request}", kind.as_str());
            let user = simulator.create_user(NewUser {
                language_code: Some("en".into()),
                is_premium: true,
                ..NewUser::named(&name)
            });
            simulator.start_bot(user, "shop_bot", "abc123-xyz").unwrap();
            let link = json!({ "chat_id": chat, "name": "x", "creates_join_request": by_request });
            let link = rig.result("createChatInviteLink", link).await;
            let link = link["invite_link"].as_str().unwrap();
            if by_request {
                simulator.request_by_link(user, link).unwrap();
                simulator.approve_request(user, chat).unwrap();
            } else {
                simulator.join_by_link(user, link).unwrap();
            }
            simulator.restrict(user, chat).unwrap();
            simulator.ban(user, chat).unwrap();
            simulator.unban(user, chat).unwrap();
            let markup = json!({ "inline_keyboard": [[{ "text": "a", "callback_data": "b" }]] });
            let sent =
                json!({ "chat_id": user, "text": "*a*", "parse_mode": "Markdown", "reply_markup": markup });
            let id = rig.result("sendMessage", sent).await["message_id"].as_i64().unwrap();
            simulator.press(user, id, 0).unwrap();
            simulator.block(user, rig.bot.id).unwrap();
            simulator.start_bot(user, "shop_bot", "").unwrap();
            simulator.demote(rig.bot.id, chat).unwrap();
        }
    }
    let updates = rig.result("getUpdates", json!({})).await;
    let updates = updates.as_array().unwrap().clone();
    (rig, updates)
}

#[tokio::test]
async fn every_update_has_all_that_the_specification_requires() {
    let (rig, updates) = every_update().await;
    let mut kinds = BTreeSet::new();
    for update in &updates {
        assert_eq!(rig.simulator.specification().check("Update", update, "update"), Ok(()), "{update}");
        kinds.extend(update.as_object().unwrap().keys().cloned());
    }
    let expected: BTreeSet<String> =
        super::EVERYTHING.iter().chain(&["update_id"]).map(|kind| (*kind).to_owned()).collect();
    assert_eq!(kinds, expected);
}

/// All paths to values in an object, with arrays as one.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(key, value)| paths(value, &format!("{path}.{key}"), found))
        }
        Value::Array(items) => items.iter().for_each(|value| paths(value, path, found)),
        _ => {
            found.insert(path.to_owned());
        }
    }
}

/// Samples of updates; those of 2027 are made up.
const SAMPLES: &str = include_str!("updates.jsonl");

/// Fields that only some clients and bots make: folder links, and bots that guard a chat.
const RARE: [&str; 2] =
    ["update.chat_member.via_chat_folder_invite_link", "update.chat_join_request.query_id"];

#[tokio::test]
async fn real_updates_have_no_field_that_ours_lack() {
    let (_rig, updates) = every_update().await;
    let samples: Vec<&str> = SAMPLES.lines().filter(|line| !line.contains("2027")).collect();
    assert_eq!(samples.len(), 7);
    for sample in samples {
        let sample: Value = serde_json::from_str(sample).unwrap();
        let mut wanted = BTreeSet::new();
        paths(&sample, "update", &mut wanted);
        wanted.retain(|path| !RARE.contains(&path.as_str()));
        let has_all = |update: &Value| {
            let mut found = BTreeSet::new();
            paths(update, "update", &mut found);
            wanted.is_subset(&found)
        };
        assert!(updates.iter().any(has_all), "nothing made has all of {wanted:?}");
    }
}

#[tokio::test]
async fn a_block_is_the_bots_own_change_in_a_private_chat() {
    let (_rig, updates) = every_update().await;
    let private = updates.iter().filter_map(|update| update.get("my_chat_member"));
    let mut private = private.filter(|own| own["chat"]["type"] == "private");
    let blocked = private.next().unwrap();
    assert_eq!(blocked["new_chat_member"]["status"], "kicked");
    assert_eq!(blocked["new_chat_member"]["until_date"], 0);
    assert_eq!(blocked["from"]["id"], blocked["chat"]["id"]);
    assert_eq!(private.next().unwrap()["new_chat_member"]["status"], "member", "Start unblocks");
}
