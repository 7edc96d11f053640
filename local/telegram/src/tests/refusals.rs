//! Each case of 400 and 403, and the limits.

use serde_json::{Value, json};

use super::Rig;
use crate::{ChatKind, Faults, NewChat, NewUser, Rights};

async fn write(rig: &Rig, chat: impl Into<Value>) -> (u16, String) {
    rig.refusal("sendMessage", json!({ "chat_id": chat.into(), "text": "a" })).await
}

#[tokio::test]
async fn a_person_who_cannot_be_reached_is_403_with_the_reason() {
    let rig = Rig::new().await;
    let anna = rig.simulator.create_user(NewUser::named("Anna"));
    assert_eq!(
        write(&rig, anna).await,
        (403, "Forbidden: bot can't initiate conversation with a user".into())
    );
    rig.simulator.start_bot(anna, "shop_bot", "").unwrap();
    rig.result("sendMessage", json!({ "chat_id": anna, "text": "a" })).await;
    rig.simulator.block(anna, rig.bot.id).unwrap();
    assert_eq!(write(&rig, anna).await, (403, "Forbidden: bot was blocked by the user".into()));
    rig.simulator.unblock(anna, rig.bot.id).unwrap();
    rig.result("sendMessage", json!({ "chat_id": anna, "text": "a" })).await;
    rig.simulator.deactivate(anna).unwrap();
    assert_eq!(write(&rig, anna).await, (403, "Forbidden: user is deactivated".into()));
}

#[tokio::test]
async fn an_unknown_chat_is_400() {
    let rig = Rig::new().await;
    for chat in [json!(1), json!(-100), json!("@nobody"), json!("nonsense")] {
        assert_eq!(write(&rig, chat).await, (400, "Bad Request: chat not found".into()));
    }
}

#[tokio::test]
async fn a_chat_in_which_the_bot_is_not_is_403_and_one_without_rights_400() {
    let rig = Rig::new().await;
    let channel = rig.simulator.create_chat(NewChat::new("C", ChatKind::Channel));
    assert_eq!(
        write(&rig, channel).await,
        (403, "Forbidden: bot is not a member of the channel chat".into())
    );
    let rights = Rights { can_post_messages: false, can_invite_users: false, can_restrict_members: false };
    rig.simulator.promote_with(rig.bot.id, channel, rights).unwrap();
    let denied = "Bad Request: not enough rights to post messages in the channel chat";
    assert_eq!(write(&rig, channel).await, (400, denied.into()));
    let (status, description) = rig.refusal("createChatInviteLink", json!({ "chat_id": channel })).await;
    assert_eq!(
        (status, description.as_str()),
        (400, "Bad Request: not enough rights to manage chat invite link")
    );
    let ban = json!({ "chat_id": channel, "user_id": rig.subscriber("Anna") });
    assert!(
        rig.refusal("banChatMember", ban).await.1.starts_with("Bad Request: not enough rights to restrict")
    );
    rig.simulator.remove_bot(rig.bot.id, channel).unwrap();
    assert_eq!(write(&rig, channel).await, (403, "Forbidden: bot was kicked from the channel chat".into()));
}

#[tokio::test]
async fn a_migrated_group_names_its_successor() {
    let rig = Rig::new().await;
    let group = rig.chat(ChatKind::Group, false);
    let successor = rig.simulator.migrate(group).unwrap().migrate_to_chat_id;
    let (status, answer) = rig.call("sendMessage", json!({ "chat_id": group, "text": "a" })).await;
    assert_eq!((status, &answer["parameters"]["migrate_to_chat_id"]), (400, &json!(successor)));
    rig.result("sendMessage", json!({ "chat_id": successor, "text": "a" })).await;
}

#[tokio::test]
async fn a_join_request_opens_the_chat_with_the_person_for_a_while() {
    let rig = Rig::new().await;
    let chat = rig.chat(ChatKind::Channel, true);
    let anna = rig.simulator.create_user(NewUser::named("Anna"));
    rig.simulator.request_to_join(anna, chat).unwrap();
    rig.result("sendMessage", json!({ "chat_id": anna, "text": "welcome" })).await;
    rig.simulator.change(|world| {
        let bot = world.state.bots.get_mut(&rig.bot.id).unwrap();
        bot.people.get_mut(&anna).unwrap().may_write_until_ms -= 5 * 60 * 1000;
    });
    assert_eq!(write(&rig, anna).await.0, 403, "five minutes are over");
}

#[tokio::test]
async fn a_decided_join_request_ends_the_right_to_write() {
    let rig = Rig::new().await;
    let chat = rig.chat(ChatKind::Channel, true);
    let (anna, boris) = (
        rig.simulator.create_user(NewUser::named("Anna")),
        rig.simulator.create_user(NewUser::named("Boris")),
    );
    for user in [anna, boris] {
        rig.simulator.request_to_join(user, chat).unwrap();
    }
    rig.simulator.approve_request(anna, chat).unwrap();
    rig.simulator.decline_request(boris, chat).unwrap();
    assert_eq!((write(&rig, anna).await.0, write(&rig, boris).await.0), (403, 403));
}

#[tokio::test]
async fn a_button_leads_to_a_name_with_a_dot_or_to_an_address() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    let message = |url: &str| {
        let keyboard = json!([[{ "text": "Go", "url": url }]]);
        json!({ "chat_id": anna, "text": "a", "reply_markup": { "inline_keyboard": keyboard } })
    };
    for url in ["http://intranet/a", "https://localhost/", "https://e./"] {
        assert!(rig.refusal("sendMessage", message(url)).await.1.contains("BUTTON_URL_INVALID"), "{url}");
    }
    rig.result("sendMessage", message("http://127.0.0.1:8080/a")).await;
    rig.result("sendMessage", message("tg://resolve?domain=e")).await;
}

#[tokio::test]
async fn the_fourth_message_in_a_row_to_one_person_is_429_and_then_the_whole_bot_waits() {
    let rig = Rig::new().await;
    let (anna, boris) = (rig.subscriber("Anna"), rig.subscriber("Boris"));
    for _ in 0..3 {
        rig.result("sendMessage", json!({ "chat_id": anna, "text": "a" })).await;
    }
    let (status, answer) = rig.call("sendMessage", json!({ "chat_id": anna, "text": "a" })).await;
    assert_eq!((status, &answer["parameters"]["retry_after"]), (429, &json!(1)));
    assert_eq!(answer["description"], "Too Many Requests: retry after 1");
    assert_eq!(write(&rig, boris).await.0, 429);
    rig.result("getMe", json!({})).await;
    tokio::time::sleep(std::time::Duration::from_millis(1050)).await;
    rig.result("sendMessage", json!({ "chat_id": boris, "text": "a" })).await;
}

#[tokio::test]
async fn a_bot_sends_thirty_a_second_unless_limits_are_off() {
    let rig = Rig::new().await;
    let people: Vec<i64> = (0..40).map(|n| rig.subscriber(&format!("P{n}"))).collect();
    let mut codes = Vec::new();
    for person in &people {
        codes.push(rig.call("sendMessage", json!({ "chat_id": person, "text": "a" })).await.0);
    }
    assert!(codes.contains(&429), "{codes:?}");
    assert!(codes.iter().take(30).all(|code| *code == 200));
    rig.simulator.set_faults(Faults { limits_off: true, ..Faults::default() });
    for person in &people {
        rig.result("sendMessage", json!({ "chat_id": person, "text": "a" })).await;
    }
}
