use serde_json::json;
use telegram_simulator::{Faults, NewUser, Refusal};

use crate::world::World;

#[tokio::test]
async fn the_welcome_is_formatted_and_shows_the_title_and_the_first_name_as_they_are() {
    let world = World::new().await;
    let scene = world.setting().title("Cats & *dogs* <b>").set_up().await;
    let anna = world.simulator.create_user(NewUser::named("_Anna_ {title} <i>"));
    scene.start(anna, "c1");
    world.delivered().await;
    let sent = world.simulator.messages_to(anna);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].text, "Join Cats & *dogs* <b>, _Anna_ {title} <i>!");
    let entities = serde_json::to_value(&sent[0].entities).unwrap();
    assert_eq!(entities, json!([{"type": "bold", "offset": 5, "length": 17}]));
    assert!(sent[0].buttons.is_empty());
}

#[tokio::test]
async fn the_welcomes_button_carries_the_persons_own_click() {
    let world = World::new().await;
    let url = "https://example.com/lander?click={click}&s={status}&c={campaign}&sub={subscriber}&u={username}&x={other}";
    let scene = world.setting().set("button_text", "Get access").set("button_url", url).set_up().await;
    for (name, click) in [("Anna", "ad-42_x"), ("Bert", "ad-43")] {
        let user = world.person(name);
        scene.start(user, click);
        world.delivered().await;
        let sent = world.simulator.messages_to(user);
        let button = &sent[0].buttons[0][0];
        let code = &scene.code;
        let expected =
            format!("https://example.com/lander?click={click}&s=wait&c={code}&sub={user}&u=&x={{other}}");
        assert_eq!((button.text.as_str(), button.url.as_deref()), ("Get access", Some(expected.as_str())));
    }
}

#[tokio::test]
async fn a_start_that_leads_nowhere_is_answered_politely_and_makes_a_contact_only() {
    let world = World::new().await;
    let scene = world.scene().await;
    for payload in ["", "zzzzzz-c1", "-", "no-such-code"] {
        let user = world.person("Anna");
        world.simulator.start_bot(user, "mytrackbot", payload).unwrap();
        world.settle().await;
        let polite = "Hello! There is nothing to join through this link right now. Please try again later.";
        assert_eq!(world.messages(user), [polite], "{payload:?}");
        assert_eq!(scene.lead(user).await, None);
        let user = shared::ids::UserId(user);
        let contact = world.system.app.store.contact(scene.bot_key(), user).await.unwrap();
        assert!(contact.unwrap().started.is_some());
    }
    assert_eq!((world.events().len(), scene.counters().await), (0, [0, 0, 0]));
}

#[tokio::test]
async fn a_welcome_whose_content_telegram_refuses_loses_its_button_first_and_then_its_formatting() {
    let world = World::new().await;
    let welcome = "Join [*{title}*](https://e.com/in)!";
    let setting = world.setting().title("Cats").set("welcome", welcome);
    let scene = setting.set("button_text", "Go").set("button_url", "https://e.com").set_up().await;
    let refused = "Bad Request: inline keyboard button URL 'https://e.com' is invalid: BUTTON_URL_INVALID";
    for (next, text, entities, buttons) in
        [(0, "Join Cats!", 2, 1), (1, "Join Cats!", 2, 0), (2, "Join Cats (https://e.com/in)!", 0, 0)]
    {
        let refusal = Refusal { code: 400, description: refused.to_owned(), next, ..Refusal::default() };
        world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
        let anna = world.person("Anna");
        scene.start(anna, "c1");
        world.settle().await;
        let sent = world.simulator.messages_to(anna);
        let shown = (sent.len(), sent[0].text.as_str(), sent[0].entities.len(), sent[0].buttons.len());
        assert_eq!(shown, (1, text, entities, buttons));
    }
}

#[tokio::test]
async fn blanks_around_a_button_are_no_button() {
    let world = World::new().await;
    let scene = world.setting().set("button_text", "  ").set_up().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    assert_eq!(world.messages(anna).len(), 1);
}
