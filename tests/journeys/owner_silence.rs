//! What owners hear while their bot has to be silent: nothing, and afterwards all of it once.

use serde_json::json;
use shared::clock::Clock;

use crate::world::{Scene, World};

/// A world whose clock may be put forward by a day.
async fn world() -> World {
    World::with(|options| options.clock = Clock::shifted(-2 * 86_400_000)).await
}

async fn owner(world: &World, scene: &Scene) -> i64 {
    let owner = world.person("Olga");
    world.simulator.send_text(owner, scene.bot.tg, "hello").unwrap();
    scene.account.post_json("/api/profile/notify.json", &json!({"leads": 1, "chat": owner})).await;
    owner
}

/// Somebody starts, and Telegram wants silence.
async fn silence(world: &World, scene: &Scene, seconds: i64) -> i64 {
    let user = world.person("Unlucky");
    world.refuse_next("sendMessage", 429, Some(seconds));
    scene.start(user, "c");
    world.until("Telegram wants silence", async || sends(world).last() == Some(&429)).await;
    world.quiet().await;
    user
}

fn sends(world: &World) -> Vec<u16> {
    let requests = world.simulator.requests().into_iter();
    requests.filter(|request| request.method == "sendMessage").map(|request| request.code).collect()
}

#[tokio::test]
async fn what_happens_in_a_silence_is_one_digest_after_it() {
    let world = world().await;
    let scene = world.setting().set("notify_level", 1).set_up().await;
    let owner = owner(&world, &scene).await;
    let users: Vec<_> = (0..30).map(|number| world.person(&format!("P{number}"))).collect();
    for user in &users {
        scene.start(*user, "c");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    world.settle().await;
    let unlucky = silence(&world, &scene, 3_000).await;
    let before = sends(&world).len();
    // More than a minute's places at once, and the others minutes apart.
    for (number, user) in users.iter().enumerate() {
        scene.join(*user);
        if number >= 25 {
            world.pass(61, 1).await;
        }
    }
    world.pass(60, 1).await;
    assert_eq!((sends(&world).len(), world.messages(owner).len()), (before, 0), "a closed bot sends nothing");
    world.pass(600, 6).await;
    world.settle().await;
    assert_eq!(world.messages(owner), ["and 30 more: 30 approve"]);
    assert_eq!((world.messages(unlucky).len(), sends(&world).len()), (1, before + 2));
    assert_eq!(world.system.cloud.queue_depth("NotificationDeadLetters").unwrap().total(), 0);
}

#[tokio::test]
async fn a_refusal_of_a_notice_closes_the_gate_for_everybody() {
    let world = world().await;
    let scene = world.setting().set("notify_level", 1).set_up().await;
    let owner = owner(&world, &scene).await;
    let (anna, bert) = (world.person("Anna"), world.person("Bert"));
    scene.start(anna, "c");
    world.settle().await;
    world.refuse_next("sendMessage", 429, Some(70_000));
    scene.join(anna);
    world.until("the notice is refused", async || sends(&world).last() == Some(&429)).await;
    let before = sends(&world).len();
    scene.start(bert, "c");
    world.pass(60, 3).await;
    assert_eq!((sends(&world).len(), world.messages(bert).len()), (before, 0));
    world.pass(3_600, 21).await;
    assert_eq!(
        (world.messages(owner), world.messages(bert).len()),
        (vec!["and 1 more: 1 approve".to_owned()], 1)
    );
}

#[tokio::test]
async fn news_of_a_bot_wait_for_hours_and_are_told_once() {
    let world = world().await;
    let scene = world.scene().await;
    let owner = owner(&world, &scene).await;
    silence(&world, &scene, 70_000).await;
    world.simulator.demote(scene.bot.tg, scene.chat).unwrap();
    world.pass(3_600, 18).await;
    assert!(world.messages(owner).is_empty());
    world.pass(3_600, 4).await;
    let heard = world.messages(owner);
    assert!(heard.len() == 1 && heard[0].contains("no longer an administrator"), "{heard:?}");
}
