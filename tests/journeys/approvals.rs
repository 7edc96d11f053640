//! Requests to join that a campaign approves by itself.

use serde_json::json;
use shared::clock::Clock;
use shared::domain::campaign::CampaignStatus;
use shared::domain::journal::JournalAction;
use telegram_simulator::{Faults, Refusal};

use crate::world::{Scene, World};

/// How long the webhook may go on with what it knows of a campaign.
const CACHE_MS: i64 = 5_000;

/// A channel that one must ask to join, and a campaign that approves after so many seconds.
async fn scene(world: &World, auto_approve: i64) -> Scene {
    world.setting().closed().set("auto_approve", auto_approve).set_up().await
}

/// The methods that the bot called for people, in their order.
fn asked(world: &World) -> Vec<String> {
    let requests = world.simulator.requests().into_iter().map(|request| request.method);
    requests.filter(|method| ["sendMessage", "approveChatJoinRequest"].contains(&method.as_str())).collect()
}

fn request(world: &World, scene: &Scene, user: i64) {
    world.simulator.request_to_join(user, scene.chat).unwrap();
}

#[tokio::test]
async fn a_request_is_welcomed_first_and_then_approved_and_makes_no_lead() {
    let world = World::new().await;
    let scene = scene(&world, 0).await;
    let anna = world.person("Anna");
    request(&world, &scene, anna);
    world.settle().await;
    assert_eq!(asked(&world), ["sendMessage", "approveChatJoinRequest"]);
    assert_eq!(world.messages(anna), ["Join My Channel, Anna!"]);
    assert_eq!((scene.status(anna).await, scene.counters().await), (None, [0, 0, 0]));
    let actions = [(JournalAction::Request, false), (JournalAction::Join, false)];
    assert_eq!(scene.actions().await, actions);
}

#[tokio::test]
async fn who_pressed_start_before_is_not_welcomed_again() {
    let world = World::new().await;
    let scene = scene(&world, 0).await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    request(&world, &scene, anna);
    world.settle().await;
    assert_eq!(asked(&world), ["sendMessage", "approveChatJoinRequest"]);
    assert_eq!((world.messages(anna).len(), scene.counters().await), (1, [1, 1, 0]));
}

#[tokio::test]
async fn a_campaign_that_approves_nothing_leaves_requests_alone() {
    let world = World::new().await;
    let scene = scene(&world, -1).await;
    request(&world, &scene, world.person("Anna"));
    world.settle().await;
    assert!(asked(&world).is_empty());
}

#[tokio::test]
async fn a_paused_campaign_approves_nothing_not_even_what_was_asked_before() {
    let clock = Clock::manual(Clock::System.now_ms());
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = scene(&world, 1).await;
    request(&world, &scene, world.person("Anna"));
    world.delivered().await;
    let store = &world.system.app.store;
    assert!(store.set_campaign_status(scene.campaign, CampaignStatus::Paused).await.unwrap());
    clock.advance_ms(CACHE_MS + 1);
    world.settle().await;
    request(&world, &scene, world.person("Bert"));
    world.settle().await;
    assert_eq!(asked(&world), ["sendMessage"], "the welcome from before the pause");
    assert_eq!(scene.actions().await, [(JournalAction::Request, false); 2]);
}

#[tokio::test]
async fn a_delay_of_minutes_is_the_queues_and_what_the_owner_decides_meanwhile_stands() {
    let world = World::hurrying().await;
    let scene = scene(&world, 60).await;
    let (anna, bert) = (world.person("Anna"), world.person("Bert"));
    request(&world, &scene, anna);
    request(&world, &scene, bert);
    world.delivered().await;
    assert_eq!(asked(&world), ["sendMessage", "sendMessage"]);
    world.simulator.approve_request(bert, scene.chat).unwrap();
    world.in_time("Anna is let in", async || asked(&world).len() == 3).await;
    world.settle().await;
    assert_eq!(asked(&world), ["sendMessage", "sendMessage", "approveChatJoinRequest"]);
    assert_eq!(scene.actions().await.iter().filter(|(action, _)| *action == JournalAction::Join).count(), 2);
}

#[tokio::test]
async fn a_request_that_was_declined_meanwhile_is_done_with() {
    let world = World::hurrying().await;
    let scene = scene(&world, 60).await;
    let anna = world.person("Anna");
    request(&world, &scene, anna);
    world.delivered().await;
    world.simulator.decline_request(anna, scene.chat).unwrap();
    world.in_time("Anna is let in, too late", async || asked(&world).len() == 2).await;
    world.settle().await;
    assert_eq!(asked(&world), ["sendMessage", "approveChatJoinRequest"]);
    assert_eq!(scene.actions().await, [(JournalAction::Request, false)]);
}

#[tokio::test]
async fn a_delay_of_hours_waits_as_a_due_item() {
    let clock = Clock::manual(Clock::System.now_ms());
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = scene(&world, 7_200).await;
    request(&world, &scene, world.person("Anna"));
    world.settle().await;
    world.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
    world.settle().await;
    assert_eq!(asked(&world), ["sendMessage"]);
    clock.advance_ms(7_201_000);
    for _ in 0..2 {
        world.system.cloud.invoke("due-sweep", json!({})).await.unwrap();
    }
    world.settle().await;
    assert_eq!(asked(&world), ["sendMessage", "approveChatJoinRequest"]);
    assert_eq!(scene.actions().await.len(), 2);
}

#[tokio::test]
async fn a_flood_holds_back_the_welcome_and_with_it_the_approval() {
    let world = World::new().await;
    let scene = scene(&world, 0).await;
    let anna = world.person("Anna");
    world.refuse_next("sendMessage", 429, Some(2));
    request(&world, &scene, anna);
    world.settle().await;
    assert_eq!(asked(&world), ["sendMessage", "sendMessage", "approveChatJoinRequest"]);
    assert_eq!(world.messages(anna).len(), 1);
}

#[tokio::test]
async fn a_bot_that_may_not_approve_any_more_has_lost_the_chat() {
    let world = World::new().await;
    let scene = scene(&world, 0).await;
    let refusal = Refusal {
        code: 400,
        description: "Bad Request: not enough rights".to_owned(),
        next: 1,
        methods: vec!["approveChatJoinRequest".to_owned()],
        ..Refusal::default()
    };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    // The rights that an update told of a second ago are older.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    request(&world, &scene, world.person("Anna"));
    world.settle().await;
    let bots = scene.account.get("/api/bots/list.json").await.data();
    assert_eq!(bots[0]["status"], 1);
}

#[tokio::test]
async fn a_welcome_that_comes_after_the_owner_decided_leaves_the_person_reachable_for_the_next_request() {
    let world = World::new().await;
    let scene = scene(&world, 60).await;
    let anna = world.person("Anna");
    world.refuse_next("sendMessage", 429, Some(2));
    request(&world, &scene, anna);
    world.delivered().await;
    world.simulator.decline_request(anna, scene.chat).unwrap();
    let tried = async || asked(&world).len() == 2;
    world.until("the welcome is refused", tried).await;
    request(&world, &scene, anna);
    world.until("the next request is welcomed", async || world.messages(anna).len() == 1).await;
}

#[tokio::test]
async fn who_wants_no_messages_is_let_in_without_a_welcome() {
    let world = World::new().await;
    let scene = scene(&world, 0).await;
    let anna = world.person("Anna");
    world.simulator.send_text(anna, scene.bot.tg, "/stop").unwrap();
    world.settle().await;
    let before = asked(&world).len();
    request(&world, &scene, anna);
    world.settle().await;
    assert_eq!(asked(&world)[before..], ["approveChatJoinRequest"]);
}
