//! The webhook is verified every hour, and mended.

use local::Telegram;
use serde_json::{Value, json};
use shared::domain::lead_event::LeadStatus;

use crate::world::{ConnectedBot, LOOK_AND_PIECES_MS, Scene, World};

/// Somebody else who has the token sets a webhook of their own.
async fn set_webhook(world: &World, bot: &ConnectedBot, parameters: &Value) {
    let path = format!("/simulator/api/bot{}/setWebhook", bot.token);
    assert_eq!(world.request("POST", &path).json(parameters).send().await.unwrap().status(), 200);
}

/// Half an hour later, and then an hour later at the most.
async fn within_an_hour(world: &World) {
    for minutes in [30, 29] {
        world.pass_time(minutes * 60_000).await;
    }
}

/// Past the first look and the first pass.
async fn settled_scene() -> (World, Scene) {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    for _ in 0..3 {
        world.pass_time(LOOK_AND_PIECES_MS).await;
    }
    (world, scene)
}

#[tokio::test]
async fn a_webhook_that_was_taken_away_is_back_within_the_hour_and_updates_arrive() {
    let (world, scene) = settled_scene().await;
    let own = world.webhook_of(&scene.bot).await["url"].clone();
    let secret = world.secret(&scene.bot);
    let elsewhere = json!({"url": "http://127.0.0.1:1/elsewhere", "secret_token": "theirs"});
    for theirs in [elsewhere, json!({"url": ""})] {
        set_webhook(&world, &scene.bot, &theirs).await;
        let anna = world.person("Anna");
        scene.start(anna, "c1");
        world.system.app.clock.advance_ms(59 * 60_000);
        world.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
        world.settle().await;
        assert_eq!(world.webhook_of(&scene.bot).await["url"], own);
        assert_ne!(world.secret(&scene.bot), secret, "the secret is a fresh one");
        assert_eq!(scene.status(anna).await, Some(LeadStatus::Wait));
    }
}

#[tokio::test]
async fn kinds_of_updates_that_were_left_out_are_asked_for_again() {
    let (world, scene) = settled_scene().await;
    world.tell_only(&scene.bot, &["message"]).await;
    within_an_hour(&world).await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.delivered().await;
    scene.join(anna);
    world.settle().await;
    assert_eq!(scene.status(anna).await, Some(LeadStatus::Approve));
}

#[tokio::test]
async fn a_webhook_that_is_well_is_asked_about_once_an_hour_and_never_set() {
    let (world, scene) = settled_scene().await;
    let (set, asked) = (world.calls_of("setWebhook"), world.calls_of("getWebhookInfo"));
    for _ in 0..6 {
        within_an_hour(&world).await;
    }
    let asked = world.calls_of("getWebhookInfo") - asked;
    assert_eq!((world.calls_of("setWebhook"), scene.bot_check().await.place), (set, None));
    assert!((5..=7).contains(&asked), "{asked} in six hours");
}

#[tokio::test]
async fn an_owner_whose_updates_are_refused_and_wait_is_told() {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    let owner = world.person("Olga");
    world.simulator.send_text(owner, scene.bot.tg, "hello").unwrap();
    scene.account.post_json("/api/profile/notify.json", &json!({"leads": 0, "chat": owner})).await;
    world.settle().await;
    let url = world.webhook_of(&scene.bot).await["url"].clone();
    let kinds = json!(["message", "my_chat_member", "chat_member", "chat_join_request", "callback_query"]);
    let theirs = json!({"url": url, "secret_token": "another", "allowed_updates": kinds});
    set_webhook(&world, &scene.bot, &theirs).await;
    scene.start(world.person("Anna"), "c1");
    let refused = async || !world.webhook_of(&scene.bot).await["last_error_message"].is_null();
    world.until("a delivery is refused", refused).await;
    scene.look(&world).await;
    world.until("the owner is told", async || !world.messages(owner).is_empty()).await;
    let told = "Telegram cannot deliver the updates of @mytrackbot. Check the bot.";
    assert_eq!(world.messages(owner), [told]);
}

#[tokio::test]
async fn a_bot_whose_updates_are_fetched_is_left_to_the_poller() {
    let telegram = World::new().await;
    let url = format!("{}/simulator/api", telegram.system.base_url());
    let clock = shared::clock::Clock::manual(shared::clock::Clock::System.now_ms() + 60_000);
    let world = World::with(|options| {
        options.telegram = Telegram::Poll(url.clone());
        options.clock = clock.clone();
    })
    .await;
    let bot = telegram.simulator.create_bot("polledbot", "Polled");
    let added = world.account().post_json("/api/bots/add.json", &json!({"token": bot.token})).await;
    assert_eq!(added.data()["id"], 1);
    let deleted = || telegram.calls_of("deleteWebhook");
    let before = deleted();
    let wait = async |ms| {
        clock.advance_ms(ms);
        world.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
        world.until("the queue is empty", async || world.system.cloud.is_idle()).await;
    };
    for _ in 0..4 {
        wait(LOOK_AND_PIECES_MS).await;
    }
    assert!(telegram.calls_of("getWebhookInfo") > 0);
    assert_eq!(deleted(), before, "the poller was not begun anew");
    // Somebody else's webhook keeps updates from being fetched.
    let bot = ConnectedBot { id: 1, tg: bot.id, username: bot.username, token: bot.token };
    set_webhook(&telegram, &bot, &json!({"url": "http://127.0.0.1:1/elsewhere"})).await;
    wait(59 * 60_000).await;
    assert_eq!(telegram.webhook_of(&bot).await, Value::Null);
}
