//! What a bot knows of the people who may be messaged, and what they want.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::lead_event::LeadStatus;
use shared::ids::UserId;
use shared::store::{Contact, Reach};
use telegram_simulator::NewUser;

use crate::world::{Scene, World, start_update};

const STOPPED: &str = "You will get no more messages from this bot.";
const RESUMED: &str = "You will get messages from this bot again.";

async fn contact(world: &World, scene: &Scene, user: i64) -> Contact {
    let found = world.system.app.store.contact(scene.bot_key(), UserId(user)).await.unwrap();
    found.unwrap()
}

async fn may_be_messaged(world: &World, scene: &Scene, user: i64) -> bool {
    world.system.app.store.may_be_messaged(scene.bot_key(), UserId(user)).await.unwrap()
}

/// The id of the last message to a person, which has the button that they press.
fn last_message(world: &World, user: i64) -> i64 {
    world.simulator.messages_to(user).last().unwrap().message_id
}

/// The notices that a person saw after pressing buttons.
fn notices(world: &World, user: i64) -> Vec<String> {
    world.simulator.answers_to(user).into_iter().map(|shown| shown.answer.text.unwrap_or_default()).collect()
}

/// A press of a button, as Telegram spells it.
fn press(update_id: i64, user: i64, data: &str) -> Value {
    json!({"update_id": update_id, "callback_query": {
        "id": update_id.to_string(), "chat_instance": "1", "data": data,
        "from": {"id": user, "is_bot": false, "first_name": "Anna"},
        "message": {"message_id": 1, "date": 0, "chat": {"id": user, "type": "private", "first_name": "Anna"}},
    }})
}

#[tokio::test]
async fn a_contact_has_the_name_the_language_and_premium_of_the_person() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.simulator.create_user(NewUser {
        first_name: "Anna".to_owned(),
        last_name: Some("Lind".to_owned()),
        username: Some("anna_lind".to_owned()),
        language_code: Some("sv".to_owned()),
        is_premium: true,
    });
    scene.start(anna, "c1");
    world.settle().await;
    let contact = contact(&world, &scene, anna).await;
    assert!(contact.started.is_some() && contact.seen == contact.started);
    let person = contact.person;
    assert_eq!(
        (person.first_name, person.last_name, person.username, person.language, person.premium),
        ("Anna".to_owned(), "Lind".to_owned(), "anna_lind".to_owned(), "sv".to_owned(), true)
    );
}

#[tokio::test]
async fn the_newest_update_says_who_a_contact_is_in_any_order() {
    let world = World::new().await;
    let scene = world.scene().await;
    let now = world.system.app.clock.now();
    let say = |update_id: i64, date: i64, text: &str, name: &str| {
        json!({"update_id": update_id, "message": {
            "message_id": update_id, "date": date, "text": text, "chat": {"id": 100, "type": "private"},
            "from": {"id": 100, "is_bot": false, "first_name": name},
        }})
    };
    let block = json!({"update_id": 1, "my_chat_member": {
        "chat": {"id": 100, "type": "private"}, "from": {"id": 100, "first_name": "Third"}, "date": now - 10,
        "old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"},
    }});
    let first = say(2, now - 30, "/start", "First");
    let second = say(3, now - 20, "/stop", "Second");
    for update in [&block, &second, &first, &second, &block, &first] {
        assert_eq!(world.deliver(&scene.bot, update).await.code, 200);
        assert_eq!(contact(&world, &scene, 100).await.person.first_name, "Third");
    }
    let contact = contact(&world, &scene, 100).await;
    assert_eq!(
        (contact.started.map(|clock| clock.update), contact.stopped.map(|clock| clock.update)),
        (Some(2), Some(3))
    );
    assert_eq!((contact.reach, contact.is_subscribed()), (Reach::Blocked, false));
}

#[tokio::test]
async fn stop_unsubscribes_with_a_way_back_and_leaves_the_lead_alone() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    assert!(may_be_messaged(&world, &scene, anna).await);
    world.simulator.send_text(anna, scene.bot.tg, "/stop@mytrackbot").unwrap();
    world.settle().await;
    assert!(!may_be_messaged(&world, &scene, anna).await);
    assert_eq!(world.messages(anna)[1..], [STOPPED]);

    let way_back = last_message(&world, anna);
    world.simulator.press(anna, way_back, 0).unwrap();
    world.simulator.press(anna, way_back, 0).unwrap();
    world.settle().await;
    assert!(may_be_messaged(&world, &scene, anna).await);
    assert_eq!((notices(&world, anna), world.messages(anna).len()), (vec![RESUMED.to_owned(); 2], 2));
    assert_eq!(scene.status(anna).await, Some(LeadStatus::Wait));
    assert_eq!(world.events(), ["wait"]);
}

#[tokio::test]
async fn a_start_or_resume_after_a_stop_subscribes_again() {
    let world = World::new().await;
    let scene = world.scene().await;
    let (anna, ben) = (world.person("Anna"), world.person("Ben"));
    for user in [anna, ben] {
        scene.start(user, "c1");
        world.simulator.send_text(user, scene.bot.tg, "/stop").unwrap();
        world.settle().await;
        assert!(!may_be_messaged(&world, &scene, user).await);
    }
    scene.start(anna, "c2");
    world.simulator.send_text(ben, scene.bot.tg, "/resume").unwrap();
    world.settle().await;
    assert!(may_be_messaged(&world, &scene, anna).await && may_be_messaged(&world, &scene, ben).await);
    assert_eq!(world.messages(ben)[1..], [STOPPED, RESUMED]);
}

#[tokio::test]
async fn a_stop_that_telegram_brings_twice_is_answered_once() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    let made = world.simulator.send_text(anna, scene.bot.tg, "/stop").unwrap();
    world.settle().await;
    world.simulator.redeliver(scene.bot.tg, made[0].update_id).unwrap();
    world.settle().await;
    assert_eq!(world.messages(anna), [STOPPED]);
}

#[tokio::test]
async fn a_press_that_comes_again_after_a_later_one_changes_nothing() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    let deliver = async |update: i64, data: &str| {
        assert_eq!(world.deliver(&scene.bot, &press(update, anna, data)).await.code, 200);
        may_be_messaged(&world, &scene, anna).await
    };
    assert!(!deliver(900_000_001, "unsub:1").await);
    assert!(!deliver(900_000_002, "unsub:1").await, "a double tap is the same");
    assert!(deliver(900_000_003, "sub:1").await);
    assert!(deliver(900_000_001, "unsub:1").await, "a repeated update is no new press");
    assert!(!deliver(900_000_004, "unsub:1").await);
}

#[tokio::test]
async fn a_press_after_a_quiet_week_counts_whatever_its_number_and_whatever_was_written_since() {
    let clock = Clock::manual(Clock::System.now_ms() - 10 * 86_400_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    assert_eq!(world.deliver(&scene.bot, &press(900_000_001, anna, "unsub:1")).await.code, 200);
    clock.advance_ms(8 * 86_400_000);
    let mut written = start_update(100, anna, clock.now(), "");
    assert_eq!(world.deliver(&scene.bot, &written).await.code, 200);
    written["update_id"] = json!(101);
    written["message"]["text"] = json!("/stop");
    assert_eq!(world.deliver(&scene.bot, &written).await.code, 200);
    clock.advance_ms(1_000);
    assert_eq!(world.deliver(&scene.bot, &press(102, anna, "sub:1")).await.code, 200);
    assert!(contact(&world, &scene, anna).await.is_subscribed());
    assert_eq!(world.deliver(&scene.bot, &press(101, anna, "unsub:1")).await.code, 200);
    assert!(contact(&world, &scene, anna).await.is_subscribed(), "an older press is none");
}

#[tokio::test]
async fn a_press_of_unknown_data_is_answered_silently_and_a_refused_answer_does_no_harm() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    for (number, data) in (1..).zip(["", "sub:2", "unsub:1 ", "{\"a\":1}"]) {
        assert_eq!(world.deliver(&scene.bot, &press(900_000_000 + number, anna, data)).await.code, 200);
    }
    assert!(may_be_messaged(&world, &scene, anna).await);
    let requests = world.simulator.requests();
    let answers: Vec<_> = requests.iter().filter(|call| call.method == "answerCallbackQuery").collect();
    assert_eq!(answers.len(), 4);
    assert!(answers.iter().all(|call| !call.parameters.contains_key("text")));
    assert_eq!(world.simulator.pending_updates(), 0, "Telegram knew none of them, and nothing came again");
}

#[tokio::test]
async fn a_button_in_a_group_says_nothing_of_messages() {
    let world = World::new().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    let mut update = press(900_000_001, anna, "unsub:1");
    update["callback_query"]["message"]["chat"] = json!({"id": scene.chat, "type": "channel"});
    assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    assert!(may_be_messaged(&world, &scene, anna).await);
}

#[tokio::test]
async fn the_owner_learns_the_id_of_their_chat_from_the_bot() {
    let world = World::new().await;
    let scene = world.scene().await;
    let owner = world.person("Olga");
    world.simulator.send_text(owner, scene.bot.tg, "/id").unwrap();
    world.settle().await;
    assert_eq!(world.messages(owner), [format!("The id of this chat is {owner}.")]);
}
