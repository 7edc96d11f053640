//! Clicks of any length and alphabet, behind a token in the deep link.

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::lead_event::LeadStatus;

use super::pairs;
use crate::world::{Scene, World, form, start_update, token_of};

const DAY_MS: i64 = 86_400_000;

/// The deep link for any click, as the API gives it.
async fn link(scene: &Scene, click: &str) -> String {
    let query = form(&json!({"id": scene.campaign.campaign, "click": click}));
    let reply = scene.account.get(&format!("/api/camp/link.json?{query}")).await;
    reply.data()["link"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn clicks_of_any_length_and_alphabet_arrive_unchanged_in_the_postback() {
    let world = World::new().await;
    let scene = world.scene().await;
    let clicks = [
        "a b".repeat(100),
        "\u{42f}\u{1f600} %20+&=#?/\\\"'<>{click}".to_owned(),
        "x".repeat(58),
        "\u{42f}".repeat(512),
        " ".to_owned(),
    ];
    for click in &clicks {
        let link = link(&scene, click).await;
        assert!(link.starts_with(&format!("https://t.me/mytrackbot?start={}_", scene.code)), "{link}");
        let user = world.person("Anna");
        world.simulator.press_start(user, &link).unwrap();
        world.settle().await;
        assert_eq!(scene.lead(user).await.unwrap().facts.click(), click);
    }
    let told: Vec<_> = world.told().into_iter().map(|(_, click)| click).collect();
    assert_eq!(told, clicks);
}

#[tokio::test]
async fn asking_twice_gives_the_same_link_and_another_campaign_another_one() {
    let world = World::new().await;
    let scene = world.scene().await;
    let first = link(&scene, "a b").await;
    assert_eq!(link(&scene, "a b").await, first);
    assert_ne!(link(&scene, "a c").await, first);
    let stranger = world.another_account().await;
    let other = world.setting().of(&stranger).bot("otherbot").set_up().await;
    assert_ne!(token_of(&link(&other, "a b").await), token_of(&first));
}

#[tokio::test]
async fn a_token_of_another_campaign_or_of_none_is_an_empty_click_and_the_start_counts() {
    let world = World::new().await;
    let scene = world.scene().await;
    let stranger = world.another_account().await;
    let other = world.setting().of(&stranger).bot("otherbot").set_up().await;
    let foreign = token_of(&link(&other, "their click").await);
    let unknown = "0123456789abcdefABCDEF";
    for token in [foreign.as_str(), unknown, "no-token"] {
        let user = world.person("Anna");
        world.simulator.start_bot(user, "mytrackbot", &format!("{}_{token}", scene.code)).unwrap();
        world.settle().await;
        let lead = scene.lead(user).await.unwrap();
        assert_eq!((lead.facts.status(), lead.facts.click()), (Some(LeadStatus::Wait), ""), "{token}");
    }
    assert_eq!(world.told(), pairs(&[("wait", ""), ("wait", ""), ("wait", "")]));
}

#[tokio::test]
async fn a_code_of_another_bot_makes_no_lead() {
    let world = World::new().await;
    let scene = world.scene().await;
    let stranger = world.another_account().await;
    let other = world.setting().of(&stranger).bot("otherbot").set_up().await;
    let anna = world.person("Anna");
    for payload in [format!("{}-c1", other.code), format!("{}_0123456789abcdefABCDEF", other.code)] {
        world.simulator.start_bot(anna, "mytrackbot", &payload).unwrap();
    }
    world.settle().await;
    assert_eq!((scene.lead(anna).await, other.lead(anna).await), (None, None));
    assert_eq!(world.events().len(), 0);
}

#[tokio::test]
async fn a_click_is_kept_for_a_year_in_the_vault_and_for_ever_in_the_lead() {
    // Behind the machine, so that the deadline of an invocation stays ahead of it.
    let clock = Clock::manual(Clock::System.now_ms() - 366 * DAY_MS);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    let link = link(&scene, "a b").await;
    let (early, late) = (world.person("Early"), world.person("Late"));
    clock.advance_ms(365 * DAY_MS - 1_000);
    let payload = link.split_once("?start=").unwrap().1;
    let update = start_update(300_000_001, early, clock.now(), payload);
    assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    clock.advance_ms(2_000);
    let update = start_update(300_000_002, late, clock.now(), payload);
    assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    world.settle().await;
    assert_eq!(scene.lead(early).await.unwrap().facts.click(), "a b");
    assert_eq!(scene.lead(late).await.unwrap().facts.click(), "");
}

#[tokio::test]
async fn a_start_with_a_token_waits_for_a_vault_that_does_not_answer() {
    let world = World::new().await;
    let scene = world.scene().await;
    let payload = link(&scene, "a b").await.split_once("?start=").unwrap().1.to_owned();
    scene.start(world.person("Earlier"), "c0");
    world.settle().await;
    world.simulator.clear_postbacks();
    let anna = world.person("Anna");
    let update = start_update(300_000_001, anna, world.system.app.clock.now(), &payload);
    world.faults.go_down();
    assert_eq!(world.deliver(&scene.bot, &update).await.code, 503);
    world.faults.come_back();
    for _ in 0..2 {
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    }
    world.settle().await;
    assert_eq!(world.told(), pairs(&[("wait", "a b")]));
}

#[tokio::test]
async fn only_a_start_with_a_token_costs_one_more_call() {
    let world = World::new().await;
    let scene = world.scene().await;
    let token = link(&scene, "a b").await.split_once("?start=").unwrap().1.to_owned();
    let plain = format!("{}-c", scene.code);
    let deliver = async |update: Value| assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    let users = ["Anna", "Bert", "Cleo"].map(|name| world.person(name));
    for user in users {
        world.simulator.start_bot(user, "mytrackbot", "").unwrap();
    }
    world.settle().await;
    let now = world.system.app.clock.now();
    deliver(start_update(1, users[0], now, &plain)).await;
    let calls = || world.faults.calls_of("telegram-webhook");
    for (payload, user, expected) in [(&plain, users[1], 3), (&token, users[2], 4)] {
        let before = calls();
        deliver(start_update(before.try_into().unwrap(), user, now, payload)).await;
        assert_eq!(i64::try_from(calls() - before).unwrap(), expected, "{payload}");
    }
}
