//! Campaigns that invite to a chat.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::domain::outreach::ExecutionStatus;
use shared::ids::AccountId;
use telegram_simulator::{Faults, Refusal};

use crate::world::{Account, World};

const ACCOUNT: AccountId = AccountId(1);

/// A campaign with one message and one variation that invites to a chat.
async fn inviting(account: &Account, invitation: Value) -> String {
    let variation = json!({"id": "var1", "content": "Come: {{inviteLink}}", "weight": 50});
    let button = json!({"text": "Join", "url": "{{inviteLink}}"});
    let message = json!({"id": "msg1", "content": "[Join]({{inviteLink}})", "buttons": [button], "variations": [variation]});
    let body = json!({"type": "invitation", "invitation": invitation, "messages": [message]});
    account.outreach_campaign(&body).await
}

async fn results(account: &Account, campaign: &str) -> Value {
    let path = format!("campaigns/{campaign}/statistics?metrics=results");
    account.v1("GET", &path, &Value::Null).await.success(200)["results"]["invitation"].clone()
}

#[tokio::test]
async fn each_text_has_a_link_of_its_own_and_joins_are_counted_by_it_once_a_person() {
    let world = World::hurrying().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 30).await.remove(0);
    let chat = world.channel(&reached.bot).await;
    world.settle().await;
    let campaign = inviting(&account, json!({"chat": chat})).await;
    let id = account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    assert_eq!(world.outcomes(ACCOUNT, &id).await, [("delivered", 30)].into());
    let link_of = |user: i64| world.links_sent_to(user).pop().unwrap();
    let links: BTreeSet<_> = reached.people.iter().map(|user| link_of(*user)).collect();
    assert!(links.len() == 2 && links.iter().all(|link| link.starts_with("https://t.me/+")), "{links:?}");

    let is_varied = |user: i64| world.simulator.messages_to(user)[0].text.starts_with("Come: https://t.me/+");
    let (varied, plain): (Vec<_>, Vec<_>) = reached.people.iter().copied().partition(|user| is_varied(*user));
    let stranger = world.person("Stranger");
    for (user, link) in
        [(plain[0], link_of(plain[0])), (varied[0], link_of(varied[0])), (stranger, link_of(varied[0]))]
    {
        for update in world.simulator.join_by_link(user, &link).unwrap() {
            world.settle().await;
            let _ = world.simulator.redeliver(reached.bot.tg, update.update_id);
        }
        world.settle().await;
    }
    world.simulator.leave(plain[0], chat).unwrap();
    world.simulator.join_by_link(plain[0], &link_of(plain[0])).unwrap();
    world.simulator.join(plain[1], chat).unwrap();
    world.settle().await;
    let link = |variation: Value, link: String, joins: i64| json!({"messageId": "msg1", "variationId": variation, "link": link, "joins": joins});
    let expected = json!({"joins": 3, "links": [
        link(Value::Null, link_of(plain[0]), 1), link(json!("var1"), link_of(varied[0]), 2)]});
    assert_eq!(results(&account, &campaign).await, expected);

    account.v1("DELETE", &format!("subscribers/{}", plain[0]), &Value::Null).await.success(202);
    world.pass(901, 1).await;
    let found = world.naming(&plain[0].to_string()).await;
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(results(&account, &campaign).await["joins"], json!(3), "what was counted stays");
}

#[tokio::test]
async fn a_campaign_invites_to_the_chat_of_a_tracking_campaign() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "click");
    world.settle().await;
    let campaign = inviting(&scene.account, json!({"campaign": scene.campaign.campaign.0})).await;
    let id = scene.account.execute(&campaign, &json!({})).await;
    world.ended(ACCOUNT, &id).await;
    let link = world.links_sent_to(anna).pop().unwrap();
    world.simulator.join_by_link(anna, &link).unwrap();
    world.settle().await;
    assert_eq!(results(&scene.account, &campaign).await["joins"], json!(1));
    assert_eq!(scene.lead(anna).await.map(|lead| lead.facts.join.is_some()), Some(true));
}

#[tokio::test]
async fn an_invitation_that_no_bot_may_make_fails_with_the_reason() {
    let world = World::new().await;
    let account = world.account();
    let reached = world.reached(&account, 1, 1).await.remove(0);
    let chat = world.channel(&reached.bot).await;
    world.settle().await;
    let refusal = Refusal {
        code: 400,
        description: "Bad Request: not enough rights to manage chat invite link".to_owned(),
        next: 1,
        methods: vec!["createChatInviteLink".to_owned()],
        ..Refusal::default()
    };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    for (to, reason) in [
        (json!({"chat": chat}), "the bot may not invite to the chat"),
        (json!({"chat": -1_009_999_999_999_i64}), "no bot of the account is an administrator of the chat"),
        (json!({"campaign": 99}), "no bot of the account is an administrator of the chat"),
    ] {
        let campaign = inviting(&account, to).await;
        let id = account.execute(&campaign, &json!({})).await;
        world.ended(ACCOUNT, &id).await;
        assert_eq!(world.execution(ACCOUNT, &id).await.status, ExecutionStatus::Failed);
        let shown = account.shown(&campaign).await;
        assert_eq!(shown["status"], "paused");
        assert!(shown["pauseReason"].as_str().unwrap().contains(reason), "{}", shown["pauseReason"]);
        assert!(world.simulator.messages_to(reached.people[0]).is_empty());
    }
}

#[tokio::test]
async fn an_invitation_to_nowhere_does_not_begin() {
    let world = World::new().await;
    let account = world.account();
    world.reached(&account, 1, 1).await;
    let campaign = account.outreach_campaign(&json!({"type": "invitation"})).await;
    let reply = account.v1("POST", &format!("campaigns/{campaign}/execute"), &json!({})).await;
    assert_eq!(reply.failure(), (400, "VALIDATION_ERROR".to_owned()));
    assert_eq!(reply.faulty_fields(), ["invitation"]);
}
