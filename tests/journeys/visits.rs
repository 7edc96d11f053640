//! From the ad through `/go/{code}` to the postback.

use serde_json::json;
use shared::clock::Clock;

use super::pairs;
use crate::world::{Postback, Scene, World, start_update};

const DAY_MS: i64 = 86_400_000;

/// A visitor's browser, as the world's visitors call theirs.
const BROWSER: &str = "Browser/1.0 (Anna's)";

/// A template with everything that may come with a visit.
fn template(world: &World, event: &str) -> String {
    let names = [
        "click",
        "sub1",
        "sub2",
        "sub3",
        "sub4",
        "sub5",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
        "fbclid",
        "gclid",
        "ttclid",
        "ip",
        "user_agent",
    ];
    let query: Vec<_> = names.iter().map(|name| format!("{name}={{{name}}}")).collect();
    format!("{}/simulator/receiver/{event}?{}", world.system.base_url(), query.join("&"))
}

async fn scene(world: &World) -> Scene {
    let setting = world.setting().set("pb_wait", template(world, "wait"));
    setting.set("pb_approve", template(world, "approve")).set_up().await
}

/// The values that are not empty.
fn filled(postback: &Postback) -> Vec<(&str, &str)> {
    let pairs = postback.values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    pairs.filter(|(_, value)| !value.is_empty()).collect()
}

#[tokio::test]
async fn a_visitor_with_everything_is_told_with_everything() {
    let world = World::new().await;
    let scene = scene(&world).await;
    let query = "click=a%20b%2F%D0%AF&sub1=one&sub5=five&utm_source=facebook&utm_campaign=spring+sale\
                 &fbclid=IwAR0_x-y&gclid=g&ttclid=t&unknown=x";
    let passage = world.go(&format!("{}?{query}", scene.code)).await;
    assert_eq!(passage.code, 302);
    assert_eq!(
        passage.link,
        format!("https://t.me/mytrackbot?start={}_{}", scene.code, passage.token().as_str())
    );
    assert_eq!(
        (passage.cache_control.as_str(), passage.referrer_policy.as_str()),
        ("no-store", "no-referrer")
    );
    let anna = world.person("Anna");
    let mut made = world.simulator.press_start(anna, &passage.link).unwrap();
    world.delivered().await;
    made.extend(world.simulator.join(anna, scene.chat).unwrap());
    world.settle().await;
    let lead = scene.lead(anna).await;
    for update in &made {
        world.simulator.redeliver(scene.bot.tg, update.update_id).unwrap();
    }
    world.settle().await;
    assert_eq!(scene.lead(anna).await, lead, "a redelivered start changes nothing");
    assert_eq!(world.events(), ["wait", "approve"]);
    for postback in world.postbacks() {
        let expected = [
            ("click", "a b/\u{42f}"),
            ("fbclid", "IwAR0_x-y"),
            ("gclid", "g"),
            ("ip", "127.0.0.1"),
            ("sub1", "one"),
            ("sub5", "five"),
            ("ttclid", "t"),
            ("user_agent", BROWSER),
            ("utm_campaign", "spring sale"),
            ("utm_source", "facebook"),
        ];
        assert_eq!(filled(&postback), expected, "{}", postback.event);
    }
}

#[tokio::test]
async fn the_visitors_address_and_browser_are_in_no_log_and_no_lead_and_gone_after_five_days() {
    // Behind the machine, so that the deadline of an invocation stays ahead of it.
    let clock = Clock::manual(Clock::System.now_ms() - 100 * DAY_MS);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = scene(&world).await;
    let passage = world.go(&format!("{}?click=c1&sub1=one", scene.code)).await;
    let (token, store) = (passage.token(), &world.system.app.store);
    let anna = world.person("Anna");
    let payload = passage.link.split_once("start=").unwrap().1;
    world.deliver(&scene.bot, &start_update(1, anna, clock.now(), payload)).await;
    world.settle().await;
    let lead = scene.lead(anna).await.unwrap();
    assert!(!format!("{lead:?}").contains("Browser") && !format!("{lead:?}").contains("127.0.0.1"));
    let log = scene.log().await;
    let url = log[0]["url"].as_str().unwrap();
    assert!(url.contains("?click=c1&sub1=one&"), "{url}");
    assert!(url.ends_with("&ip=***&user_agent=***"), "{url}");

    assert_eq!(store.visit(&token, clock.now()).await.unwrap().unwrap().user_agent, BROWSER);
    clock.advance_ms(5 * DAY_MS);
    assert_eq!(store.visit(&token, clock.now()).await.unwrap(), None);
    scene.join(anna);
    world.settle().await;
    let told = world.postbacks();
    assert_eq!(filled(&told[1]), [("click", "c1"), ("sub1", "one")], "late, and without the visitor");
    assert!(store.vaulted_click(&token, clock.now()).await.unwrap().is_some());
    // A day more than ninety: so long Telegram may bring a start again.
    clock.advance_ms(86 * DAY_MS);
    assert_eq!(store.vaulted_click(&token, clock.now()).await.unwrap(), None);
}

#[tokio::test]
async fn the_sender_looks_for_the_visitor_only_if_the_template_asks() {
    // Behind the machine, so that the deadline of an invocation stays ahead of it.
    let clock = Clock::manual(Clock::System.now_ms() - DAY_MS);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let template = format!("{}/simulator/receiver/wait?click={{click}}", world.system.base_url());
    let scene = world.setting().without_templates().set("pb_wait", template.clone()).set_up().await;
    let calls_of_a_visit = async || {
        let before = world.faults.calls_of("postback-sender");
        let passage = world.go(&format!("{}?click=c", scene.code)).await;
        world.simulator.press_start(world.person("Anna"), &passage.link).unwrap();
        world.settle().await;
        world.faults.calls_of("postback-sender") - before
    };
    calls_of_a_visit().await;
    let without = calls_of_a_visit().await;
    let change = json!({"id": 1, "pb_wait": format!("{template}&ip={{ip}}")});
    scene.account.post_json("/api/camp/edit.json", &change).await;
    clock.advance_ms(5_000);
    calls_of_a_visit().await;
    assert_eq!(calls_of_a_visit().await, without + 1);
    assert_eq!(world.postbacks().last().unwrap().values["ip"], "127.0.0.1");
}

#[tokio::test]
async fn a_visitor_with_nothing_is_sent_on_and_the_visit_counts() {
    let world = World::new().await;
    let scene = scene(&world).await;
    let passage = world.go(&scene.code).await;
    let anna = world.person("Anna");
    world.simulator.press_start(anna, &passage.link).unwrap();
    world.settle().await;
    assert_eq!(filled(&world.postbacks()[0]), [("ip", "127.0.0.1"), ("user_agent", BROWSER)]);
}

#[tokio::test]
async fn every_visit_gets_a_token_of_its_own() {
    let world = World::new().await;
    let scene = world.scene().await;
    let path = format!("{}?click=c1", scene.code);
    assert_ne!(world.go(&path).await.token(), world.go(&path).await.token());
}

#[tokio::test]
async fn a_code_that_is_not_there_is_404() {
    let world = World::new().await;
    let scene = world.scene().await;
    for code in ["abc123", "a-b", "x_y", "%00", "%2F", &"a".repeat(200), &scene.code.to_uppercase()] {
        let passage = world.go(&format!("{code}?click=c1")).await;
        assert_eq!((passage.code, passage.link.as_str()), (404, ""), "{code}");
        assert_eq!(passage.text, "There is nothing behind this link.");
        assert_eq!(passage.cache_control, "no-store");
    }
}

#[tokio::test]
async fn a_paused_campaign_sends_visitors_on_and_a_deleted_one_does_not() {
    let clock = Clock::manual(Clock::System.now_ms());
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    scene.account.post_form("/api/camp/pause.json", &json!({"id": 1, "pause": 1})).await;
    let passage = world.go(&format!("{}?click=c1", scene.code)).await;
    assert_eq!(passage.code, 302);
    let anna = world.person("Anna");
    world.simulator.press_start(anna, &passage.link).unwrap();
    world.settle().await;
    assert_eq!((scene.lead(anna).await, world.messages(anna).len()), (None, 1), "answered politely");
    scene.account.post_form("/api/camp/del.json", &json!({"id": 1})).await;
    clock.advance_ms(5_000);
    assert_eq!(world.go(&scene.code).await.code, 404);
}

#[tokio::test]
async fn no_query_is_an_error_for_a_visitor() {
    let world = World::new().await;
    let scene = world.scene().await;
    let long = format!("click={}&sub1={}", "c".repeat(300), "s".repeat(9_000));
    for query in ["click", "&&=&", "click=%", "click=%FF%00", "click=a&click=", "sub1=%F0%9F%98%80", &long] {
        let passage = world.go(&format!("{}?{query}", scene.code)).await;
        assert_eq!(passage.code, 302, "{query}");
        passage.token();
    }
}

#[tokio::test]
async fn while_storage_is_down_a_visitor_is_sent_to_the_plain_deep_link() {
    // Behind the machine, so that the deadline of an invocation stays ahead of it.
    let clock = Clock::manual(Clock::System.now_ms() - DAY_MS);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = scene(&world).await;
    world.go(&scene.code).await;
    world.faults.go_down();
    let cold = world.go("abc123?click=c1").await;
    assert_eq!((cold.code, cold.retry_after, cold.link.as_str()), (503, Some(2), ""));
    let bare = format!("https://t.me/mytrackbot?start={}", scene.code);
    for age_ms in [0, 60_000] {
        clock.advance_ms(age_ms);
        for (query, link) in
            [("click=c1&sub1=x", format!("{bare}-c1")), ("click=a%20b", bare.clone()), ("", bare.clone())]
        {
            let passage = world.go(&format!("{}?{query}", scene.code)).await;
            assert_eq!((passage.code, &passage.link), (302, &link), "{query} after {age_ms} ms");
        }
    }
    world.faults.come_back();
    let anna = world.person("Anna");
    world.simulator.press_start(anna, &format!("{bare}-c1")).unwrap();
    world.settle().await;
    assert_eq!(world.told(), pairs(&[("wait", "c1")]));
}

#[tokio::test]
async fn a_visit_costs_one_call_of_aws_once_the_code_is_known() {
    let clock = Clock::manual(Clock::System.now_ms());
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    let calls = || world.faults.calls_of("click-redirect");
    let before = calls();
    world.go(&format!("{}?click=c0", scene.code)).await;
    assert_eq!(calls() - before, 4, "code, campaign and bot, and one write");
    for number in 0..10 {
        world.go(&format!("{}?click=c{number}&sub1=x", scene.code)).await;
    }
    assert_eq!(calls() - before, 14, "ten visits: one write each");
    world.go("a-b?click=c0").await;
    assert_eq!(calls() - before, 14, "what can be no code is not looked for");
}

#[tokio::test]
async fn the_button_carries_what_came_with_the_click() {
    let world = World::new().await;
    let setting = world.setting().set("button_text", "Go");
    let url = "https://example.com/?c={click}&s={sub1}&u={utm_source}&f={fbclid}&i={ip}&x={sub9}";
    let scene = setting.set("button_url", url).set_up().await;
    let passage = world.go(&format!("{}?click=c%201&sub1=%26&utm_source=fb", scene.code)).await;
    let anna = world.person("Anna");
    world.simulator.press_start(anna, &passage.link).unwrap();
    world.settle().await;
    let sent = world.simulator.messages_to(anna);
    let expected = "https://example.com/?c=c%201&s=%26&u=fb&f=&i=&x={sub9}";
    assert_eq!(sent[0].buttons[0][0].url.as_deref(), Some(expected));
}
