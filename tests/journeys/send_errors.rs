//! What a refusal of Telegram means for the person, the bot and the campaign.

use serde_json::json;
use shared::clock::Clock;
use shared::ids::UserId;
use shared::store::Reach;
use telegram_simulator::{Faults, Refusal};

use crate::world::{Scene, World};

async fn bot_status(scene: &Scene) -> serde_json::Value {
    scene.account.get("/api/bots/list.json").await.data()[0]["status"].clone()
}

fn sends(world: &World) -> usize {
    world.simulator.requests().iter().filter(|request| request.method == "sendMessage").count()
}

#[tokio::test]
async fn somebody_who_blocked_the_bot_is_a_lead_all_the_same_and_a_contact_that_cannot_be_reached() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    world.refuse_next("sendMessage", 403, None);
    scene.start(anna, "c1");
    world.settle().await;
    assert!(world.messages(anna).is_empty());
    assert_eq!((world.events(), scene.counters().await), (vec!["wait".to_owned()], [1, 0, 0]));
    let contact = async || {
        let contact = world.system.app.store.contact(scene.bot_key(), UserId(anna)).await;
        contact.unwrap().unwrap()
    };
    let blocked = contact().await;
    assert_eq!((blocked.reach, blocked.is_reachable()), (Reach::Blocked, false));

    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    scene.start(anna, "c2");
    world.settle().await;
    assert_eq!(world.messages(anna).len(), 1, "their own start is answered");
    assert!(contact().await.is_reachable(), "and proves that they can be reached");
}

#[tokio::test]
async fn a_bot_whose_token_telegram_refuses_sends_nothing_until_the_token_is_added_again_or_found_to_work() {
    let clock = Clock::shifted(-60_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    assert_eq!(bot_status(&scene).await, 0);
    for (code, user) in [(401, "Anna"), (404, "Bert")] {
        world.refuse_next("sendMessage", code, None);
        let before = sends(&world);
        scene.start(world.person(user), "c1");
        world.settle().await;
        assert_eq!((sends(&world) - before, bot_status(&scene).await), (1, json!(1)));
        let cleo = world.person("Cleo");
        scene.start(cleo, "c2");
        world.settle().await;
        assert_eq!((sends(&world) - before, world.messages(cleo).len()), (1, 0));

        let (path, body) = match code {
            401 => ("/api/bots/add.json", json!({"token": scene.bot.token})),
            _ => ("/api/bots/check.json", json!({"id": 1})),
        };
        scene.account.post_json(path, &body).await.data();
        assert_eq!(bot_status(&scene).await, 0, "{path}");
        scene.start(cleo, "c3");
        world.settle().await;
        assert_eq!(world.messages(cleo).len(), 1);
    }
    world.refuse_next("sendMessage", 401, None);
    scene.start(world.person("Dora"), "c4");
    world.settle().await;
    scene.account.post_form("/api/bots/del.json", &json!({"id": 1})).await.data();
    assert_eq!(bot_status(&scene).await, 3);
}

#[tokio::test]
async fn a_token_refused_in_any_message_disables_the_bot() {
    for message in ["welcome", "command", "news"] {
        let world = World::new().await;
        let scene = world.setting().set("notify_level", 1).set_up().await;
        let (anna, olga) = (world.person("Anna"), world.person("Olga"));
        world.simulator.send_text(olga, scene.bot.tg, "hello").unwrap();
        scene.start(anna, "c1");
        let settings = json!({"leads": u8::from(message == "news"), "chat": olga});
        scene.account.post_json("/api/profile/notify.json", &settings).await;
        world.settle().await;
        assert_eq!(bot_status(&scene).await, 0);
        world.refuse_next("sendMessage", 401, None);
        match message {
            "welcome" => scene.start(anna, "c2"),
            "command" => drop(world.simulator.send_text(anna, scene.bot.tg, "/stop").unwrap()),
            _ => scene.join(anna),
        }
        world.settle().await;
        assert_eq!(bot_status(&scene).await, 1, "{message}");
    }
}

#[tokio::test]
async fn a_message_that_may_have_arrived_is_never_sent_again() {
    let world = World::new().await;
    let scene = world.scene().await;
    for (code, name) in [(500, "Anna"), (502, "Bert")] {
        let before = sends(&world);
        let html = code == 502;
        let refusal = Refusal { code, html, next: 1, ..Refusal::default() };
        world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
        scene.start(world.person(name), "c1");
        world.settle().await;
        assert_eq!(sends(&world) - before, 1, "{code}");
    }
}

#[tokio::test]
async fn what_stands_between_us_and_telegram_disables_no_bot() {
    let world = World::new().await;
    let scene = world.scene().await;
    for code in [401, 403, 404, 429] {
        let refusal = Refusal { code, html: true, next: 1, ..Refusal::default() };
        world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
        let anna = world.person("Anna");
        scene.start(anna, "c1");
        world.settle().await;
        assert_eq!((bot_status(&scene).await, world.messages(anna).len()), (json!(0), 0), "{code}");
    }
    let bert = world.person("Bert");
    scene.start(bert, "c1");
    world.settle().await;
    assert_eq!(world.messages(bert).len(), 1);
}
