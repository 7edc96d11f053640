//! News for owners whose tasks come again: none is lost, and none is told twice.

use serde_json::json;
use shared::clock::Clock;
use shared::domain::fact_clock::FactClock;
use shared::domain::lead_event::{LeadEvent, LeadStatus};
use shared::domain::owner_news::OwnerNews;
use shared::ids::{BotId, ChatId, UserId};
use shared::queue::OwnerTask;
use shared::store::{DigestDebt, NoticeSpan, NoticeWindow};

use super::owner_news::{notify, owner, receive, task};
use crate::world::World;

/// A world whose clock stands in the middle of a minute, some minutes ago.
async fn world_in_the_middle_of_a_minute() -> (World, Clock) {
    let now_ms = Clock::System.now_ms() - 1_200_000;
    let clock = Clock::manual(now_ms - now_ms.rem_euclid(60_000) + 30_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    (world, clock)
}

#[tokio::test]
async fn a_digest_is_asked_for_by_a_later_receipt_if_the_first_died_before_that() {
    for later_ms in [29_000, 60_000] {
        let (world, clock) = world_in_the_middle_of_a_minute().await;
        let scene = world.setting().set("notify_level", 1).set_up().await;
        let owner = owner(&world, &scene).await;
        let (anna, ben) = (world.person("Anna"), world.person("Ben"));
        for user in [anna, ben] {
            scene.start(user, "c1");
        }
        world.settle().await;
        // Nothing is told of the joins themselves: the tasks come by hand.
        notify(&scene.account, json!({"leads": 0})).await;
        for user in [anna, ben] {
            scene.join(user);
        }
        world.settle().await;
        notify(&scene.account, json!({"leads": 1})).await;
        let tasks =
            [task(&scene, anna, LeadStatus::Approve).await, task(&scene, ben, LeadStatus::Approve).await];
        let (account, store) = (scene.account.id, &world.system.app.store);
        let window = NoticeWindow::at(account, ChatId(owner), NoticeSpan::Minute, clock.now());
        let held = store.hold_notice(window, &tasks[0].id(), LeadStatus::Approve).await.unwrap();
        assert_eq!(held, DigestDebt::Owed, "and then it died");
        let held = store.hold_notice(window, &tasks[1].id(), LeadStatus::Approve).await.unwrap();
        assert_eq!(held, DigestDebt::Settled);
        clock.advance_ms(later_ms);
        assert!(receive(&world, &tasks, 2).await);
        world.settle().await;
        assert_eq!(world.messages(owner), ["and 2 more: 2 approve"], "after {later_ms} ms");
        assert!(receive(&world, &tasks, 3).await);
        world.settle().await;
        assert_eq!(world.messages(owner).len(), 1, "after {later_ms} ms");
    }
}

#[tokio::test]
async fn a_batch_that_comes_again_for_ten_minutes_is_told_once() {
    let (world, clock) = world_in_the_middle_of_a_minute().await;
    let scene = world.setting().set("notify_level", 1).set_up().await;
    let owner = owner(&world, &scene).await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    scene.join(anna);
    world.settle().await;
    let tasks = [task(&scene, anna, LeadStatus::Approve).await];
    for _ in 0..10 {
        clock.advance_ms(60_000);
        assert!(receive(&world, &tasks, 1).await);
    }
    assert_eq!(world.messages(owner).len(), 1);
}

#[tokio::test]
async fn an_old_event_is_looked_for_as_far_back_as_it_is_old() {
    let (world, clock) = world_in_the_middle_of_a_minute().await;
    let scene = world.setting().set("notify_level", 1).set_up().await;
    let owner = owner(&world, &scene).await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    scene.join(anna);
    world.settle().await;
    let told = world.messages(owner).len();
    let clock_of_event = FactClock { date: clock.now(), update: 7 };
    let event = LeadEvent { status: LeadStatus::Approve, clock: clock_of_event };
    let tasks = [OwnerTask::LeadNewsV1 { campaign: scene.campaign, user: UserId(anna), event, minute: None }];
    assert!(receive(&world, &tasks, 1).await);
    clock.advance_ms(240_000);
    assert!(receive(&world, &tasks, 1).await);
    assert_eq!(world.messages(owner).len(), told + 1);
}

#[tokio::test]
async fn news_of_a_bot_that_telegram_does_not_take_now_are_told_later() {
    let world = World::new().await;
    let scene = world.scene().await;
    let owner = owner(&world, &scene).await;
    world.settle().await;
    world.refuse_next("sendMessage", 429, Some(2));
    let news = OwnerNews::WebhookBroken { bot: BotId(scene.bot.id) };
    let task = OwnerTask::BotNewsV1 { account: scene.account.id, news };
    assert!(receive(&world, &[task], 4).await, "the last receipt is no failure");
    assert_eq!(world.messages(owner).len(), 0);
    world.settle().await;
    assert_eq!(world.messages(owner).len(), 1);
}
