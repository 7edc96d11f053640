//! Chats, members, invite links and join requests, as bots see and change them.

use serde_json::json;

use super::Rig;
use crate::{ChatKind, Standing};

#[tokio::test]
async fn who_left_and_who_was_removed_can_be_told_apart() {
    let rig = Rig::new().await;
    let channel = rig.channel();
    let webhook = rig.listen().await;
    let anna = rig.subscriber("Anna");
    let owner = rig.simulator.chat(channel).unwrap().owner;
    rig.simulator.join(anna, channel).unwrap();
    rig.simulator.leave(anna, channel).unwrap();
    rig.simulator.join(anna, channel).unwrap();
    rig.simulator.kick(anna, channel).unwrap();
    rig.simulator.ban(anna, channel).unwrap();
    assert!(rig.simulator.join(anna, channel).is_err(), "banned");
    rig.simulator.unban(anna, channel).unwrap();
    super::drained(&rig.simulator).await;
    let updates = webhook.updates();
    let changes = updates.iter().filter_map(|update| update.get("chat_member"));
    let seen: Vec<_> = changes
        .map(|own| {
            let status = |name: &str| own[name]["status"].as_str().unwrap().to_owned();
            let by = own["from"]["id"].as_i64().unwrap();
            (
                status("old_chat_member"),
                status("new_chat_member"),
                if by == anna { "self" } else { "owner" },
                by,
            )
        })
        .collect();
    let expected = [
        ("left", "member", "self", anna),
        ("member", "left", "self", anna),
        ("left", "member", "self", anna),
        ("member", "left", "owner", owner),
        ("left", "kicked", "owner", owner),
        ("kicked", "left", "owner", owner),
    ];
    assert_eq!(seen, expected.map(|(old, new, who, by)| (old.to_owned(), new.to_owned(), who, by)));
}

#[tokio::test]
async fn restrictions_outlive_leaving() {
    let rig = Rig::new().await;
    let group = rig.chat(ChatKind::Supergroup, false);
    let anna = rig.subscriber("Anna");
    rig.simulator.join(anna, group).unwrap();
    rig.simulator.restrict(anna, group).unwrap();
    let ask = json!({ "chat_id": group, "user_id": anna });
    let member = rig.result("getChatMember", ask.clone()).await;
    assert_eq!((member["status"].as_str(), member["is_member"].as_bool()), (Some("restricted"), Some(true)));
    rig.simulator.leave(anna, group).unwrap();
    assert_eq!(rig.result("getChatMember", ask).await["is_member"], false);
    rig.simulator.join(anna, group).unwrap();
    assert_eq!(rig.simulator.standing(anna, group), Ok(Standing::Restricted { is_member: true }));
}

#[tokio::test]
async fn a_join_request_is_approved_or_declined_by_the_bot() {
    let rig = Rig::new().await;
    let channel = rig.chat(ChatKind::Channel, true);
    let webhook = rig.listen().await;
    let (anna, boris) = (rig.subscriber("Anna"), rig.subscriber("Boris"));
    assert!(rig.simulator.join(anna, channel).is_err(), "whoever wants in has to ask");
    for user in [anna, boris] {
        rig.simulator.request_to_join(user, channel).unwrap();
    }
    assert!(rig.simulator.request_to_join(anna, channel).is_err(), "asked already");
    rig.result("approveChatJoinRequest", json!({ "chat_id": channel, "user_id": anna })).await;
    rig.result("declineChatJoinRequest", json!({ "chat_id": channel, "user_id": boris })).await;
    super::drained(&rig.simulator).await;
    let updates = webhook.updates();
    let change = updates.iter().find_map(|update| update.get("chat_member")).unwrap();
    assert_eq!(change["from"]["id"], json!(rig.bot.id));
    assert_eq!(change["via_join_request"], true);
    let requests: Vec<_> = updates.iter().filter_map(|update| update.get("chat_join_request")).collect();
    assert_eq!((requests.len(), &requests[0]["user_chat_id"]), (2, &requests[0]["from"]["id"]));
    let again = json!({ "chat_id": channel, "user_id": anna });
    assert_eq!(rig.refusal("approveChatJoinRequest", again).await.1, "Bad Request: USER_ALREADY_PARTICIPANT");
    let nobody = json!({ "chat_id": channel, "user_id": boris });
    assert_eq!(rig.refusal("approveChatJoinRequest", nobody).await.1, "Bad Request: HIDE_REQUESTER_MISSING");
}

#[tokio::test]
async fn an_invite_link_is_named_in_the_update_until_it_is_revoked() {
    let rig = Rig::new().await;
    let channel = rig.channel();
    let webhook = rig.listen().await;
    let link = rig.result("createChatInviteLink", json!({ "chat_id": channel, "name": "ad" })).await;
    let text = link["invite_link"].as_str().unwrap();
    let anna = rig.subscriber("Anna");
    rig.simulator.join_by_link(anna, text).unwrap();
    super::drained(&rig.simulator).await;
    let updates = webhook.updates();
    let change = updates.iter().find_map(|update| update.get("chat_member")).unwrap();
    assert_eq!(change["invite_link"], link);
    let revoke = json!({ "chat_id": channel, "invite_link": text });
    assert_eq!(rig.result("revokeChatInviteLink", revoke).await["is_revoked"], true);
    let boris = rig.subscriber("Boris");
    assert!(rig.simulator.join_by_link(boris, text).is_err());
    rig.result("exportChatInviteLink", json!({ "chat_id": channel })).await;
}

#[tokio::test]
async fn a_link_lets_in_as_many_as_it_says_or_asks_first() {
    let rig = Rig::new().await;
    let channel = rig.channel();
    let one = rig.result("createChatInviteLink", json!({ "chat_id": channel, "member_limit": 1 })).await;
    let one = one["invite_link"].as_str().unwrap();
    rig.simulator.join_by_link(rig.subscriber("Anna"), one).unwrap();
    assert!(rig.simulator.join_by_link(rig.subscriber("Boris"), one).is_err());
    let asking = json!({ "chat_id": channel, "creates_join_request": true });
    let asking = rig.result("createChatInviteLink", asking).await;
    let asking = asking["invite_link"].as_str().unwrap();
    let clara = rig.subscriber("Clara");
    assert!(rig.simulator.join_by_link(clara, asking).is_err());
    rig.simulator.request_by_link(clara, asking).unwrap();
    rig.simulator.approve_request(clara, channel).unwrap();
    assert_eq!(rig.simulator.standing(clara, channel), Ok(Standing::Member));
}

#[tokio::test]
async fn a_link_is_changed_by_its_bot_until_it_is_revoked() {
    let rig = Rig::new().await;
    let channel = rig.channel();
    let made = rig.result("createChatInviteLink", json!({ "chat_id": channel })).await;
    let link = made["invite_link"].as_str().unwrap();
    let edit = json!({ "chat_id": channel, "invite_link": link, "name": "ad", "creates_join_request": true });
    let edited = rig.result("editChatInviteLink", edit.clone()).await;
    assert_eq!((&edited["name"], &edited["creates_join_request"]), (&json!("ad"), &json!(true)));
    assert!(rig.simulator.join_by_link(rig.subscriber("Anna"), link).is_err(), "people have to ask now");
    rig.result("revokeChatInviteLink", json!({ "chat_id": channel, "invite_link": link })).await;
    let gone = (400, "Bad Request: INVITE_HASH_EXPIRED".to_owned());
    assert_eq!(rig.refusal("editChatInviteLink", edit).await, gone);
}

#[tokio::test]
async fn bots_ban_unban_count_and_leave() {
    let rig = Rig::new().await;
    let channel = rig.channel();
    let anna = rig.subscriber("Anna");
    rig.simulator.join(anna, channel).unwrap();
    assert_eq!(rig.result("getChatMemberCount", json!({ "chat_id": channel })).await, 3);
    let subject = json!({ "chat_id": channel, "user_id": anna });
    rig.result("banChatMember", subject.clone()).await;
    assert_eq!(rig.simulator.standing(anna, channel), Ok(Standing::Banned));
    rig.result("unbanChatMember", subject).await;
    assert_eq!(rig.simulator.standing(anna, channel), Ok(Standing::Left));
    let administrators = rig.result("getChatAdministrators", json!({ "chat_id": channel })).await;
    assert_eq!(administrators.as_array().unwrap().len(), 2);
    let chat = rig.result("getChat", json!({ "chat_id": channel })).await;
    assert_eq!((chat["title"].as_str(), chat["type"].as_str()), (Some("News"), Some("channel")));
    rig.result("leaveChat", json!({ "chat_id": channel })).await;
    assert_eq!(rig.refusal("getChatMemberCount", json!({ "chat_id": channel })).await.0, 403);
    let unknown = json!({ "chat_id": rig.channel(), "user_id": 5 });
    assert_eq!(rig.refusal("getChatMember", unknown).await.1, "Bad Request: user not found");
}
