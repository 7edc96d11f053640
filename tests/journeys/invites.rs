//! What `{invite}` stands for.

use serde_json::json;
use shared::clock::Clock;
use telegram_simulator::{ChatKind, Faults, NewChat, Refusal, Rights};

use crate::world::{Scene, World};

const NOON: i64 = 1_795_000_000_000;
const HOUR_MS: i64 = 3_600_000;

async fn clocked() -> (World, Clock) {
    let clock = Clock::manual(NOON);
    let world = World::with(|options| options.clock = clock.clone()).await;
    (world, clock)
}

/// What one more person is told.
async fn told(world: &World, scene: &Scene) -> String {
    let user = world.person("Anna");
    scene.start(user, "c1");
    world.settle().await;
    world.messages(user).join("|")
}

/// How often bots asked for this.
fn calls(world: &World, method: &str) -> usize {
    world.simulator.requests().iter().filter(|request| request.method == method).count()
}

#[tokio::test]
async fn the_users_own_link_is_told_and_nobody_is_asked() {
    let world = World::new().await;
    let own = "https://t.me/+own";
    let scene = world.setting().set("welcome", "Join: {invite}").set("invite_link", own).set_up().await;
    assert_eq!(told(&world, &scene).await, "Join: https://t.me/+own");
    assert_eq!((calls(&world, "getChat"), calls(&world, "createChatInviteLink")), (0, 0));
}

#[tokio::test]
async fn a_public_chat_is_told_by_its_name() {
    let world = World::new().await;
    let chat =
        NewChat { username: Some("my_channel".to_owned()), ..NewChat::new("My Channel", ChatKind::Channel) };
    let scene = world.setting().chat(chat).set("welcome", "Join: {invite}").set_up().await;
    for _ in 0..2 {
        assert_eq!(told(&world, &scene).await, "Join: https://t.me/my_channel");
    }
    assert_eq!((calls(&world, "getChat"), calls(&world, "createChatInviteLink")), (1, 0));
    assert_eq!(scene.detail().await.data()["invite_link"], "", "the user's own stays empty");
}

#[tokio::test]
async fn the_link_of_a_private_chat_is_made_once_for_many_starters() {
    let world = World::new().await;
    let setting = world.setting().set("welcome", "Join [here]({invite})").set("button_text", "Go");
    let scene = setting.set("button_url", "{invite}").set_up().await;
    let people: Vec<i64> = (0..20).map(|number| world.person(&format!("Anna {number}"))).collect();
    people.iter().for_each(|person| scene.start(*person, "c1"));
    world.settle().await;
    let mut links: Vec<String> = Vec::new();
    for person in people {
        let sent = world.simulator.messages_to(person);
        assert_eq!((sent.len(), sent[0].text.as_str()), (1, "Join here"));
        links.push(sent[0].entities[0].url.clone().unwrap());
        links.push(sent[0].buttons[0][0].url.clone().unwrap());
    }
    links.dedup();
    assert!(links.len() == 1 && links[0].starts_with("https://t.me/+"), "{links:?}");
    assert_eq!(calls(&world, "createChatInviteLink"), 1);
    let requests = world.simulator.requests();
    let made = requests.iter().find(|request| request.method == "createChatInviteLink").unwrap();
    assert_eq!(made.parameters["name"], scene.code);
    assert_eq!((&made.parameters["creates_join_request"], made.unknown_parameters.len()), (&json!(false), 0));
    assert_eq!(scene.detail().await.data()["invite_link"], "", "the user's own stays empty");
    let anna = world.person("Anna");
    world.simulator.join_by_link(anna, &links[0]).unwrap();
}

#[tokio::test]
async fn people_ask_to_join_by_the_link_of_a_campaign_that_approves_them() {
    let world = World::new().await;
    let scene = world.setting().set("welcome", "{invite}").set("auto_approve", 60).set_up().await;
    let link = told(&world, &scene).await;
    let bert = world.person("Bert");
    assert!(world.simulator.join_by_link(bert, &link).is_err());
    world.simulator.request_by_link(bert, &link).unwrap();
}

#[tokio::test]
async fn a_link_that_was_revoked_is_found_out_within_an_hour_and_replaced() {
    let (world, clock) = clocked().await;
    let scene = world.setting().set("welcome", "{invite}").set_up().await;
    let link = told(&world, &scene).await;
    clock.advance_ms(HOUR_MS);
    assert_eq!((told(&world, &scene).await, calls(&world, "editChatInviteLink")), (link.clone(), 1));
    let url = format!("/simulator/api/bot{}/revokeChatInviteLink", scene.bot.token);
    let revoke = world.request("POST", &url).json(&json!({"chat_id": scene.chat, "invite_link": link}));
    assert!(revoke.send().await.unwrap().status().is_success());
    assert_eq!(told(&world, &scene).await, link, "not looked at again yet");
    clock.advance_ms(HOUR_MS);
    let other = told(&world, &scene).await;
    assert!(other != link && other.starts_with("https://t.me/+"), "{other}");
    assert_eq!((told(&world, &scene).await, calls(&world, "createChatInviteLink")), (other, 2));
}

#[tokio::test]
async fn a_bot_that_may_not_invite_leaves_the_place_empty_and_tries_again_after_a_minute() {
    let (world, clock) = clocked().await;
    let scene = world.setting().set("welcome", "Welcome! {invite}").set("button_text", "Go");
    let scene = scene.set("button_url", "{invite}").set_up().await;
    let rights = Rights { can_invite_users: false, ..Rights::default() };
    world.simulator.promote_with(scene.bot.tg, scene.chat, rights).unwrap();
    world.delivered().await;
    for _ in 0..2 {
        assert_eq!(told(&world, &scene).await, "Welcome!");
    }
    assert_eq!(calls(&world, "createChatInviteLink"), 1);
    world.simulator.promote_with(scene.bot.tg, scene.chat, Rights::default()).unwrap();
    world.delivered().await;
    clock.advance_ms(60_000);
    assert!(told(&world, &scene).await.starts_with("Welcome! https://t.me/+"));
}

#[tokio::test]
async fn a_bot_that_lost_its_rights_goes_on_telling_the_link_it_made() {
    let (world, clock) = clocked().await;
    let scene = world.setting().set("welcome", "{invite}").set_up().await;
    let link = told(&world, &scene).await;
    let rights = Rights { can_invite_users: false, ..Rights::default() };
    world.simulator.promote_with(scene.bot.tg, scene.chat, rights).unwrap();
    clock.advance_ms(HOUR_MS);
    assert_eq!(told(&world, &scene).await, link);
}

#[tokio::test]
async fn a_welcome_waits_for_a_first_link_that_telegram_puts_off_but_not_for_another_look() {
    let (world, clock) = clocked().await;
    let scene = world.setting().set("welcome", "{invite}").set_up().await;
    let put_off = || {
        let methods = vec!["getChat".to_owned()];
        let refusal = Refusal { code: 502, next: 1, methods, ..Refusal::default() };
        world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    };
    put_off();
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world
        .until("the update was refused", async || {
            !world.webhook_of(&scene.bot).await["last_error_message"].is_null()
        })
        .await;
    assert!(world.messages(anna).is_empty());
    clock.advance_ms(20_000);
    world.settle().await;
    let link = world.messages(anna).join("|");
    assert!(link.starts_with("https://t.me/+"), "{link}");
    clock.advance_ms(HOUR_MS);
    put_off();
    assert_eq!(told(&world, &scene).await, link);
}
