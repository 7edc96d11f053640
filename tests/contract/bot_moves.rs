//! Bots connected at the same moment, in several accounts one after the other, and in the same chat.

use serde_json::json;
use telegram_simulator::{Faults, Refusal};

use crate::world::World;

#[tokio::test]
async fn a_bot_connected_by_many_calls_at_once_is_one_bot_that_hears() {
    let world = World::new().await;
    let account = world.account();
    let bot = world.simulator.create_bot("mytrackbot", "My Bot");
    let body = json!({"token": bot.token});
    let calls = (0..12).map(|_| account.post_json("/api/bots/add.json", &body));
    for reply in futures::future::join_all(calls).await {
        assert_eq!(reply.data()["id"], 1, "{}", reply.text);
    }
    assert_eq!(account.get("/api/bots/list.json").await.data().as_array().unwrap().len(), 1);
    let anna = world.person("Anna");
    world.simulator.start_bot(anna, "mytrackbot", "").unwrap();
    world.settle().await;
    assert_eq!(world.messages(anna).len(), 1);
}

#[tokio::test]
async fn calls_at_once_that_telegram_refuses_leave_nothing_and_say_so() {
    let world = World::new().await;
    let account = world.account();
    let bot = world.simulator.create_bot("mytrackbot", "My Bot");
    let refusal = Refusal { code: 400, share: 1.0, methods: vec!["setWebhook".into()], ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    let body = json!({"token": bot.token});
    let calls = (0..6).map(|_| account.post_json("/api/bots/add.json", &body));
    for reply in futures::future::join_all(calls).await {
        assert_eq!(reply.error(), "webhook", "{}", reply.text);
    }
    assert_eq!(account.get("/api/bots/list.json").await.data(), json!([]));
}

#[tokio::test]
async fn a_bot_that_was_in_another_account_comes_back_as_itself() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (first, second) = (&scene.account, world.another_account().await);
    let token = json!({"token": scene.bot.token});
    first.post_form("/api/bots/del.json", &json!({"id": 1})).await.data();
    assert_eq!(second.post_json("/api/bots/add.json", &token).await.data()["id"], 1);
    assert_eq!(first.post_json("/api/bots/add.json", &token).await.error(), "exists");
    second.post_form("/api/bots/del.json", &json!({"id": 1})).await.data();
    assert_eq!(first.post_json("/api/bots/add.json", &token).await.data()["id"], 1);
    assert_eq!(first.get("/api/camp/link.json?id=1").await.json()["status"], "ok");
}

#[tokio::test]
async fn a_chat_has_one_campaign_whichever_bot_it_uses() {
    let world = World::new().await;
    let scene = world.scene().await;
    let second = world.connect_bot(&scene.account, "secondbot").await;
    world.simulator.promote(second.tg, scene.chat).unwrap();
    world.delivered().await;
    assert_eq!(scene.account.get("/api/bots/chats.json?id=2").await.data(), json!([]));
    let campaign = json!({"bot": second.id, "chat": scene.chat, "welcome": "Join!"});
    assert_eq!(scene.account.post_json("/api/camp/add.json", &campaign).await.error(), "exists");
    scene.account.post_form("/api/camp/del.json", &json!({"id": 1})).await.data();
    assert_eq!(scene.account.get("/api/bots/chats.json?id=2").await.data()[0]["id"], scene.chat);
    assert_eq!(scene.account.post_json("/api/camp/add.json", &campaign).await.json()["status"], "ok");
}

#[tokio::test]
async fn a_bot_hears_telegram_even_if_the_answer_to_its_webhook_was_lost() {
    let world = World::new().await;
    let scene = world.scene().await;
    let before = world.secret(&scene.bot);
    let lost =
        Refusal { code: 502, html: true, next: 2, methods: vec!["setWebhook".into()], ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![lost], ..Faults::default() });
    for _ in 0..2 {
        let reply = scene.account.post_json("/api/bots/add.json", &json!({"token": scene.bot.token})).await;
        assert_eq!(reply.error(), "webhook");
    }
    let path = world.webhook_path(&scene.bot);
    for secret in [before, world.secret(&scene.bot)] {
        let heard = async || world.deliver_raw(&path, Some(&secret), r#"{"update_id":1}"#).await.code == 200;
        world.until("the secret is taken", heard).await;
    }
}
