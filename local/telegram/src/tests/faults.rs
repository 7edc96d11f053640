//! Misbehaviour on demand.

use std::time::Duration;

use serde_json::json;

use super::{Rig, drained};
use crate::{Faults, NewUser, Refusal};

#[tokio::test]
async fn sends_are_refused_as_told_and_a_flood_concerns_the_whole_bot() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    let refusal = Refusal { code: 429, retry_after: Some(70_000), next: 1, ..Refusal::default() };
    rig.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    let message = json!({ "chat_id": anna, "text": "a" });
    let (status, answer) = rig.call("sendMessage", message.clone()).await;
    assert_eq!((status, &answer["parameters"]["retry_after"]), (429, &json!(70_000)));
    assert_eq!(rig.refusal("sendMessage", message.clone()).await.0, 429);
    rig.simulator.set_faults(Faults::default());
    rig.result("sendMessage", message).await;
    assert_eq!(rig.simulator.messages_to(anna).len(), 1);
}

#[tokio::test]
async fn a_refusal_has_the_code_the_words_and_the_parameters_it_was_given() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    let message = json!({ "chat_id": anna, "text": "a" });
    let migrated = Refusal { code: 400, migrate_to_chat_id: Some(-1009), next: 1, ..Refusal::default() };
    let gone = Refusal {
        code: 403,
        description: "Forbidden: user is deactivated".into(),
        next: 1,
        ..Refusal::default()
    };
    let broken = Refusal { code: 502, html: true, next: 1, ..Refusal::default() };
    rig.simulator.set_faults(Faults { refuse: vec![migrated, gone, broken], ..Faults::default() });
    let (status, answer) = rig.call("sendMessage", message.clone()).await;
    assert_eq!((status, &answer["parameters"]["migrate_to_chat_id"]), (400, &json!(-1009)));
    assert_eq!(
        rig.refusal("sendMessage", message.clone()).await,
        (403, "Forbidden: user is deactivated".into())
    );
    let url = format!("{}/simulator/api/bot{}/sendMessage", rig.origin, rig.bot.token);
    let response = rig.client.post(url).json(&message).send().await.unwrap();
    assert_eq!(response.status(), 502);
    assert!(response.text().await.unwrap().starts_with("<html>"));
    rig.result("sendMessage", message).await;
}

#[tokio::test]
async fn an_unanswered_send_has_been_delivered() {
    let rig = Rig::new().await;
    let anna = rig.subscriber("Anna");
    rig.simulator.set_faults(Faults { time_out_next: 1, ..Faults::default() });
    let url = format!("{}/simulator/api/bot{}/sendMessage", rig.origin, rig.bot.token);
    let request = rig.client.post(url).json(&json!({ "chat_id": anna, "text": "a" }));
    let answer = request.timeout(Duration::from_millis(300)).send().await;
    assert!(answer.unwrap_err().is_timeout());
    assert_eq!(rig.simulator.messages_to(anna).len(), 1);
    assert_eq!(rig.simulator.requests().last().unwrap().code, 0);
}

#[tokio::test]
async fn duplicated_updates_come_twice_with_one_id() {
    let rig = Rig::new().await;
    rig.simulator.set_faults(Faults { duplicate_share: 1.0, ..Faults::default() });
    let webhook = rig.listen().await;
    rig.subscriber("Anna");
    let updates = webhook.wait_for(2).await;
    assert_eq!(updates[0], updates[1]);
    drained(&rig.simulator).await;
}

#[tokio::test]
async fn a_start_held_back_comes_after_the_join_that_followed_it() {
    let rig = Rig::new().await;
    let channel = rig.channel();
    let webhook = rig.listen().await;
    webhook.wait_for(1).await;
    rig.simulator.set_faults(Faults { hold_messages_ms: 150, ..Faults::default() });
    let anna = rig.subscriber("Anna");
    rig.simulator.join(anna, channel).unwrap();
    let updates = webhook.wait_for(3).await;
    assert!(updates[1].get("chat_member").is_some());
    assert!(updates[2].get("message").is_some());
    assert!(updates[2]["update_id"].as_i64() < updates[1]["update_id"].as_i64());
}

#[tokio::test]
async fn withheld_updates_never_come_but_the_truth_stays_and_can_be_asked_for() {
    let rig = Rig::new().await;
    let channel = rig.channel();
    let webhook = rig.listen().await;
    webhook.wait_for(1).await;
    let faults = Faults { withhold_chat_member_share: 0.5, seed: 3, ..Faults::default() };
    rig.simulator.set_faults(faults.clone());
    let people: Vec<i64> =
        (0..40).map(|number| rig.simulator.create_user(NewUser::named(&format!("P{number}")))).collect();
    let join_all = || people.iter().map(|user| rig.simulator.join(*user, channel).unwrap().len()).collect();
    let told: Vec<usize> = join_all();
    drained(&rig.simulator).await;
    let withheld = usize::try_from(rig.simulator.withheld_updates()).unwrap();
    assert!(withheld > 5 && withheld < 35, "{withheld}");
    assert_eq!(webhook.updates().len(), 1 + 40 - withheld);
    assert_eq!(rig.simulator.truth()[0].present.len(), 41, "with the owner");
    let member = rig.result("getChatMember", json!({ "chat_id": channel, "user_id": people[0] })).await;
    assert_eq!(member["status"], "member");
    rig.simulator.set_faults(Faults::default());
    for user in &people {
        rig.simulator.leave(*user, channel).unwrap();
    }
    rig.simulator.set_faults(faults);
    assert_eq!(told, join_all(), "the same seed withholds the same updates");
}

#[tokio::test]
async fn joins_and_leaves_are_withheld_apart_and_every_standing_can_be_asked_for() {
    let rig = Rig::new().await;
    let channel = rig.channel();
    let webhook = rig.listen().await;
    webhook.wait_for(1).await;
    let anna = rig.simulator.create_user(NewUser::named("Anna"));
    let status = async || {
        let question = json!({ "chat_id": channel, "user_id": anna });
        rig.result("getChatMember", question).await["status"].clone()
    };
    assert_eq!(status().await, "left");
    rig.simulator.set_faults(Faults { withhold_leave_share: 1.0, ..Faults::default() });
    rig.simulator.join(anna, channel).unwrap();
    rig.simulator.restrict(anna, channel).unwrap();
    assert_eq!(status().await, "restricted");
    rig.simulator.leave(anna, channel).unwrap();
    assert_eq!((status().await, rig.simulator.withheld_updates()), (json!("restricted"), 1));
    rig.simulator.set_faults(Faults { withhold_join_share: 1.0, ..Faults::default() });
    rig.simulator.join(anna, channel).unwrap();
    rig.simulator.ban(anna, channel).unwrap();
    assert_eq!((status().await, rig.simulator.withheld_updates()), (json!("kicked"), 2));
    rig.simulator.unban(anna, channel).unwrap();
    drained(&rig.simulator).await;
    assert_eq!(webhook.updates().len(), 1 + 4, "a join, restrictions, a ban and its end");
    let stranger = json!({ "chat_id": channel, "user_id": 1 });
    assert_eq!(rig.refusal("getChatMember", stranger).await.0, 400);
}
