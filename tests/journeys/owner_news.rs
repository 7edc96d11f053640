//! What owners hear of their leads and bots, and how much in a minute.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::fact_clock::FactClock;
use shared::domain::lead_event::{LeadEvent, LeadStatus};
use shared::domain::owner_news::OwnerNews;
use shared::ids::{BotId, ChatId, UserId};
use shared::queue::OwnerTask;
use telegram_simulator::{Faults, NewUser, Refusal};

use crate::world::{Account, Scene, World};

/// A person who started the bot and hears of the account's leads.
pub(super) async fn owner(world: &World, scene: &Scene) -> i64 {
    let owner = world.person("Olga");
    world.simulator.send_text(owner, scene.bot.tg, "hello").unwrap();
    notify(&scene.account, json!({"leads": 1, "chat": owner})).await;
    owner
}

pub(super) async fn notify(account: &Account, settings: Value) {
    assert_eq!(account.post_json("/api/profile/notify.json", &settings).await.json()["status"], "ok");
}

/// A world that stands shortly before the end of a minute: the digest of it is told seconds later.
async fn world_at_the_end_of_a_minute() -> (World, Clock) {
    let now_ms = Clock::System.now_ms() - 120_000;
    let clock = Clock::manual(now_ms - now_ms.rem_euclid(60_000) + 59_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    (world, clock)
}

/// Has the notifier work a batch that was received so often; whether all of it is done.
pub(super) async fn receive(world: &World, tasks: &[OwnerTask], receipts: u32) -> bool {
    let records = tasks.iter().enumerate().map(|(place, task)| {
        let body = serde_json::to_string(task).unwrap();
        let attributes = json!({"ApproximateReceiveCount": receipts.to_string()});
        json!({"messageId": place.to_string(), "body": body, "attributes": attributes, "messageAttributes": {}})
    });
    let batch = json!({"Records": records.collect::<Vec<_>>()});
    let answer = world.system.cloud.invoke("notifier", batch).await.unwrap();
    answer["batchItemFailures"].as_array().unwrap().is_empty()
}

pub(super) async fn task(scene: &Scene, user: i64, status: LeadStatus) -> OwnerTask {
    let event = scene.event(user, status).await;
    OwnerTask::LeadNewsV1 { campaign: scene.campaign, user: UserId(user), event, minute: None }
}

#[tokio::test]
async fn each_level_tells_the_owner_of_more_events() {
    for (level, expected) in [
        (0, vec![]),
        (1, vec!["approve"]),
        (2, vec!["wait", "approve"]),
        (3, vec!["wait", "hold", "approve", "cancel"]),
    ] {
        let world = World::new().await;
        let scene = world.setting().closed().set("notify_level", level).set_up().await;
        let owner = owner(&world, &scene).await;
        let anna = world.person("Anna");
        scene.start(anna, "secret-click");
        world.settle().await;
        world.simulator.request_to_join(anna, scene.chat).unwrap();
        world.settle().await;
        world.simulator.approve_request(anna, scene.chat).unwrap();
        world.settle().await;
        scene.leave(anna);
        world.settle().await;
        let heard = world.messages(owner);
        let words: Vec<_> = heard.iter().map(|text| text.rsplit(' ').next().unwrap()).collect();
        assert_eq!(words, expected, "level {level}");
        assert!(heard.iter().all(|text| !text.contains("secret") && !text.contains("://")));
    }
}

#[tokio::test]
async fn a_notification_is_one_plain_line_whatever_the_person_is_called() {
    let world = World::new().await;
    let scene = world.setting().title("News <b>").set("notify_level", 1).set_up().await;
    let owner = owner(&world, &scene).await;
    let mallory = world.simulator.create_user(NewUser {
        last_name: Some("https://evil.example".to_owned()),
        username: Some("mallory".to_owned()),
        ..NewUser::named("*A* <b>\n/stop")
    });
    scene.start(mallory, "c1");
    scene.join(mallory);
    world.settle().await;
    let heard = world.simulator.messages_to(owner);
    assert_eq!((heard.len(), heard[0].parse_mode.is_none()), (1, true));
    let bare = heard[0].text.replace('\u{200b}', "");
    assert_eq!(bare, "*A* <b> /stop https://evil.example (@mallory) joined News <b>, campaign 1: approve");
    assert!(!heard[0].text.contains("://") && !heard[0].text.contains('\n'));
}

#[tokio::test]
async fn nobody_hears_without_a_chat_or_when_notifications_are_off_or_the_campaign_is_paused() {
    let world = World::new().await;
    let scene = world.setting().set("notify_level", 3).set_up().await;
    let owner = owner(&world, &scene).await;
    for settings in [json!({"chat": ""}), json!({"leads": 0, "chat": owner})] {
        notify(&scene.account, settings).await;
        scene.start(world.person("Anna"), "c1");
        world.settle().await;
    }
    notify(&scene.account, json!({"leads": 1})).await;
    let (anna, ben) = (world.person("Anna"), world.person("Ben"));
    scene.start(anna, "c1");
    world.settle().await;
    assert_eq!(world.messages(owner).len(), 1, "it works when it is on");
    scene.account.post_json("/api/camp/pause.json", &json!({"id": 1, "pause": 1})).await;
    scene.join(anna);
    scene.join(ben);
    world.settle().await;
    assert_eq!(world.messages(owner).len(), 1);
}

#[tokio::test]
async fn fifty_events_in_a_minute_are_twenty_notifications_and_one_digest_of_the_rest() {
    let (world, _) = world_at_the_end_of_a_minute().await;
    let scene = world.setting().set("notify_level", 2).set_up().await;
    let owner = owner(&world, &scene).await;
    // A busy machine is late and then exceeds them; and this world's clock would never open the bot's gate again.
    world.simulator.set_faults(Faults { limits_off: true, ..Faults::default() });
    let begun_ms = Clock::System.now_ms();
    for number in 0..35 {
        let user = world.person("Anna");
        scene.start(user, "c1");
        if number < 15 {
            scene.join(user);
        }
    }
    world.settle_within(Duration::from_secs(60)).await;
    let heard = world.messages(owner);
    let (digests, notices): (Vec<_>, Vec<_>) = heard.iter().partition(|text| text.starts_with("and "));
    assert_eq!((notices.len(), digests.len()), (20, 1), "{heard:?}");
    let mut told: BTreeMap<&str, u64> = BTreeMap::new();
    for text in notices {
        *told.entry(text.rsplit(' ').next().unwrap()).or_default() += 1;
    }
    let digest = digests[0].strip_prefix("and 30 more: ").expect("thirty are left");
    for held in digest.split(", ") {
        let (count, status) = held.split_once(' ').unwrap();
        *told.entry(status).or_default() += count.parse::<u64>().unwrap();
    }
    assert_eq!(told, BTreeMap::from([("approve", 15), ("wait", 35)]));
    // One a second and no sooner, however busy the machine is; and the digest after all of them.
    let to_owner = world.simulator.requests().into_iter().filter(|request| {
        request.method == "sendMessage"
            && request.parameters["chat_id"].to_string().trim_matches('"') == owner.to_string()
    });
    let told_ms: Vec<_> = to_owner.map(|request| request.at_ms - begun_ms).collect();
    assert!(told_ms.iter().zip(0..).all(|(at_ms, place)| *at_ms >= place * 1_000), "{told_ms:?}");
}

#[tokio::test]
async fn a_digest_counts_any_number_and_is_told_once() {
    let now_ms = Clock::System.now_ms() - 120_000;
    let world = World::with(|options| options.clock = Clock::manual(now_ms)).await;
    let scene = world.setting().set("notify_level", 1).set_up().await;
    let owner = owner(&world, &scene).await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    let event = |update| {
        let clock = FactClock { date: now_ms / 1_000, update };
        let event = LeadEvent { status: LeadStatus::Approve, clock };
        OwnerTask::LeadNewsV1 { campaign: scene.campaign, user: UserId(anna), event, minute: None }
    };
    let tasks: Vec<_> = (0..140).map(event).collect();
    assert!(receive(&world, &tasks, 1).await);
    assert!(receive(&world, &tasks[20..120], 2).await, "held ones that come again count once");
    let minute = now_ms / 60_000 * 60;
    let digest = OwnerTask::DigestV1 { bot: scene.bot_key(), chat: ChatId(owner), minute };
    assert!(receive(&world, &[digest.clone(), digest], 1).await);
    let digests: Vec<_> = world.messages(owner).into_iter().filter(|text| text.starts_with("and ")).collect();
    assert_eq!(digests, ["and 120 more: 120 approve"]);
}

#[tokio::test]
async fn a_task_that_comes_again_tells_nothing_twice_in_this_minute_or_a_later_one() {
    let clock = Clock::manual(Clock::System.now_ms() - 600_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.setting().set("notify_level", 1).set_up().await;
    let owner = owner(&world, &scene).await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    scene.join(anna);
    world.settle().await;
    let tasks = [task(&scene, anna, LeadStatus::Approve).await];
    assert!(receive(&world, &tasks, 1).await);
    clock.advance_ms(60_000);
    assert!(receive(&world, &tasks, 1).await, "a batch of the stream that is repeated a minute later");
    clock.advance_ms(180_000);
    assert!(receive(&world, &tasks, 4).await);
    assert_eq!(world.messages(owner).len(), 1);
}

#[tokio::test]
async fn lost_answers_of_storage_lose_no_notification_and_repeat_none() {
    for call in ["dynamodb:GetItem", "dynamodb:UpdateItem"] {
        let world = World::new().await;
        let scene = world.setting().set("notify_level", 1).set_up().await;
        let owner = owner(&world, &scene).await;
        let anna = world.person("Anna");
        scene.start(anna, "c1");
        world.settle().await;
        notify(&scene.account, json!({"leads": 0})).await;
        scene.join(anna);
        world.settle().await;
        notify(&scene.account, json!({"leads": 1})).await;
        world.faults.lose_answer_to(call);
        let tasks = [task(&scene, anna, LeadStatus::Approve).await];
        assert!(receive(&world, &tasks, 1).await);
        assert_eq!(world.messages(owner).len(), 1, "{call}");
    }
}

#[tokio::test]
async fn what_telegram_does_not_take_now_is_in_the_digest() {
    let clock = Clock::shifted(-600_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.setting().set("notify_level", 1).set_up().await;
    let owner = owner(&world, &scene).await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    world.refuse_next("sendMessage", 429, Some(2));
    scene.join(anna);
    let held = async || world.system.cloud.queue_depth("NotificationQueue").unwrap().delayed > 0;
    world.until("it is held", held).await;
    clock.advance_ms(130_000);
    world.settle().await;
    assert_eq!(world.messages(owner), ["and 1 more: 1 approve"]);
}

#[tokio::test]
async fn an_owner_that_blocks_the_bot_stays_set_and_hears_again_later() {
    let world = World::new().await;
    let scene = world.setting().set("notify_level", 1).set_up().await;
    let owner = owner(&world, &scene).await;
    world.simulator.block(owner, scene.bot.tg).unwrap();
    let (anna, ben) = (world.person("Anna"), world.person("Ben"));
    scene.start(anna, "c1");
    scene.join(anna);
    world.settle().await;
    assert_eq!(world.messages(owner).len(), 0);
    world.simulator.unblock(owner, scene.bot.tg).unwrap();
    scene.start(ben, "c2");
    scene.join(ben);
    world.settle().await;
    assert_eq!(world.messages(owner).len(), 1, "only what happened since");
    let notify = scene.account.get("/api/profile/info.json").await.data()["notify"].clone();
    assert_eq!(notify, json!({"tariff": 0, "leads": 1, "chat": owner}));
}

#[tokio::test]
async fn the_owner_of_another_account_never_hears() {
    let world = World::new().await;
    let scene = world.setting().set("notify_level", 3).set_up().await;
    let mine = owner(&world, &scene).await;
    let account = world.another_account().await;
    let other = world.setting().of(&account).bot("othertrackbot").set("notify_level", 3).set_up().await;
    let theirs = owner(&world, &other).await;
    // Even a person that both bots know is told by the bot of the lead's own account.
    world.simulator.send_text(theirs, scene.bot.tg, "hello").unwrap();
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.simulator.demote(scene.bot.tg, scene.chat).unwrap();
    world.settle().await;
    assert_eq!((world.messages(mine).len(), world.messages(theirs).len()), (2, 0));
    let strange = OwnerTask::BotNewsV1 {
        account: account.id,
        news: OwnerNews::WebhookBroken { bot: BotId(scene.bot.id + 1) },
    };
    assert!(receive(&world, &[strange], 1).await);
    assert_eq!(world.messages(theirs).len(), 0);
}

#[tokio::test]
async fn rights_lost_in_a_tracked_chat_are_told_once_and_not_if_they_are_back() {
    let world = World::new().await;
    let scene = world.scene().await;
    let owner = owner(&world, &scene).await;
    notify(&scene.account, json!({"leads": 0})).await;
    let untracked = world.channel(&scene.bot).await;
    world.simulator.demote(scene.bot.tg, untracked).unwrap();
    let made = world.simulator.demote(scene.bot.tg, scene.chat).unwrap();
    world.settle().await;
    world.simulator.redeliver(scene.bot.tg, made[0].update_id).unwrap();
    world.settle().await;
    let lost = "@mytrackbot is no longer an administrator of My Channel. \
                Joins there are not counted until it is again.";
    assert_eq!(world.messages(owner), [lost], "bots matter even to who wants to hear nothing of leads");
    world.simulator.promote(scene.bot.tg, scene.chat).unwrap();
    world.settle().await;
    world.simulator.redeliver(scene.bot.tg, made[0].update_id).unwrap();
    world.settle().await;
    assert_eq!(world.messages(owner).len(), 1);
}

#[tokio::test]
async fn a_bot_whose_token_is_revoked_is_told_of_by_another_bot_once_a_day() {
    let world = World::new().await;
    let scene = world.scene().await;
    let owner = owner(&world, &scene).await;
    let helper = world.connect_bot(&scene.account, "helperbot").await;
    world.simulator.send_text(owner, helper.tg, "hello").unwrap();
    world.settle().await;
    let tell = async |news| {
        assert!(receive(&world, &[OwnerTask::BotNewsV1 { account: scene.account.id, news }], 1).await);
    };
    tell(OwnerNews::TokenRefused { bot: BotId(scene.bot.id) }).await;
    for _ in 0..2 {
        tell(OwnerNews::WebhookBroken { bot: BotId(scene.bot.id) }).await;
    }
    assert_eq!(world.messages(owner).len(), 1, "the token is not refused");
    for _ in 0..2 {
        world.refuse_next("sendMessage", 401, None);
        scene.start(world.person("Anna"), "c1");
        world.settle().await;
        let again = json!({"token": scene.bot.token});
        world.until("the owner is told", async || world.messages(owner).len() == 2).await;
        scene.account.post_json("/api/bots/add.json", &again).await.data();
    }
    let messages = world.simulator.messages_to(owner);
    let told: Vec<_> = messages.iter().map(|message| (message.bot, message.text.as_str())).collect();
    let token = "Telegram no longer accepts the token of @mytrackbot. Connect the bot again.";
    let webhook = "Telegram cannot deliver the updates of @mytrackbot. Check the bot.";
    assert_eq!(told, [(scene.bot.tg, webhook), (helper.tg, token)]);
}

#[tokio::test]
async fn an_owners_group_that_becomes_a_supergroup_hears_on() {
    let world = World::new().await;
    let scene = world.setting().group().set("notify_level", 1).set_up().await;
    notify(&scene.account, json!({"leads": 1, "chat": scene.chat})).await;
    let supergroup = world.channel(&scene.bot).await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    notify(&scene.account, json!({"leads": 0})).await;
    scene.join(anna);
    world.settle().await;
    notify(&scene.account, json!({"leads": 1})).await;
    let refusal = Refusal {
        code: 400,
        migrate_to_chat_id: Some(supergroup),
        next: 1,
        methods: vec!["sendMessage".to_owned()],
        ..Refusal::default()
    };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    let tasks = [task(&scene, anna, LeadStatus::Approve).await];
    assert!(!receive(&world, &tasks, 1).await, "it comes again");
    assert!(receive(&world, &tasks, 2).await);
    assert_eq!(world.simulator.messages_in(supergroup).len(), 1);
}
