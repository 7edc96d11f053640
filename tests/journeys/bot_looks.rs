//! The chain of looks at a bot, and what a pass does when Telegram refuses.

use serde_json::{Value, json};
use shared::ids::AccountId;
use shared::queue::BotTask;
use shared::store::AccountStatus;
use telegram_simulator::{Faults, Refusal};

use crate::world::{Scene, World};

/// People who started and joined.
async fn members(world: &World, scene: &Scene, count: usize) -> Vec<i64> {
    world.simulator.set_faults(Faults { limits_off: true, ..Faults::default() });
    let people: Vec<_> = (0..count).map(|number| world.person(&format!("P{number}"))).collect();
    for user in &people {
        scene.start(*user, "c1");
    }
    world.settle().await;
    for user in &people {
        scene.join(*user);
    }
    world.settle().await;
    people
}

/// Telegram answers the next question about a member with this.
fn refuse_question(world: &World, code: u16, words: &str, retry_after: Option<i64>) {
    let methods = vec!["getChatMember".to_owned()];
    let description = words.to_owned();
    let refusal = Refusal { code, description, retry_after, next: 1, methods, ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
}

fn questions(world: &World) -> usize {
    world.calls_of("getChatMember")
}

async fn owner(world: &World, scene: &Scene) -> i64 {
    let owner = world.person("Olga");
    let helper = world.connect_bot(&scene.account, "helperbot").await;
    for bot in [scene.bot.tg, helper.tg] {
        world.simulator.send_text(owner, bot, "hello").unwrap();
    }
    scene.account.post_json("/api/profile/notify.json", &json!({"leads": 0, "chat": owner})).await;
    world.settle().await;
    owner
}

#[tokio::test]
async fn a_pass_asks_thirty_in_ten_seconds_at_most_whatever_the_queue_brings() {
    let (world, clock) = World::ahead().await;
    let scene = world.scene().await;
    members(&world, &scene, 40).await;
    clock.advance_ms(86_400_000);
    scene.look(&world).await;
    let piece = BotTask::PieceV1 { bot: scene.bot_key() };
    for _ in 0..5 {
        world.check_bot(&piece).await;
    }
    assert_eq!(questions(&world), 30);
    clock.advance_ms(9_999);
    world.check_bot(&piece).await;
    assert_eq!(questions(&world), 30);
    clock.advance_ms(1);
    world.check_bot(&piece).await;
    assert_eq!((questions(&world), scene.bot_check().await.place), (40, None));
    scene.piece(&world).await;
    assert_eq!(questions(&world), 40, "a pass a day");
}

#[tokio::test]
async fn a_look_that_comes_twice_or_too_late_is_made_once() {
    let (world, clock) = World::ahead().await;
    let scene = world.scene().await;
    let first = scene.planned_look().await;
    clock.advance_ms(180_000);
    assert!(!world.check_bot(&first).await);
    let second = scene.planned_look().await;
    assert_ne!(first, second);
    let asked = world.calls_of("getWebhookInfo");
    assert!(!world.check_bot(&first).await);
    assert_eq!((world.calls_of("getWebhookInfo"), scene.planned_look().await), (asked, second));
    // Connecting again plans a look in place of the one that was planned.
    clock.advance_ms(1_000);
    scene.account.post_json("/api/bots/add.json", &json!({"token": scene.bot.token})).await.data();
    let third = scene.planned_look().await;
    world.check_bot(&second).await;
    assert_eq!(scene.planned_look().await, third);
    scene.account.post_json("/api/bots/check.json", &json!({"id": 1})).await.data();
    assert_eq!(scene.planned_look().await, third, "a check of the API does not disturb a chain that goes on");
}

#[tokio::test]
async fn a_chain_survives_an_outage_of_hours_and_of_storage() {
    let (world, clock) = World::ahead().await;
    let scene = world.scene().await;
    world.pass_time(0).await;
    world.pass_time(3 * 3_600_000).await;
    let asked = world.calls_of("getWebhookInfo");
    assert_eq!(asked, 1, "the look that was due is made once");
    let look = scene.planned_look().await;
    world.faults.go_down();
    assert!(world.check_bot(&look).await, "to be received again");
    world.faults.come_back();
    assert_eq!(scene.planned_look().await, look);
    clock.advance_ms(3_600_000);
    assert!(!world.check_bot(&look).await);
    let next = scene.planned_look().await;
    assert_ne!(next, look);
    assert_eq!(world.calls_of("getWebhookInfo"), 2);
    clock.advance_ms(3_600_000);
    world.faults.lose_answer_to("dynamodb:PutItem");
    assert!(!world.check_bot(&next).await, "the next look is planned, whatever was heard of it");
    assert_ne!(scene.planned_look().await, next);
}

#[tokio::test]
async fn a_bot_that_is_deleted_is_not_looked_after_until_it_is_added_again() {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    let look = scene.planned_look().await;
    scene.account.post_json("/api/bots/del.json", &json!({"id": 1})).await.data();
    assert!(!world.check_bot(&look).await);
    assert_eq!((scene.bot_check().await.next_ms, world.calls_of("getWebhookInfo")), (None, 0));
    scene.account.post_json("/api/bots/add.json", &json!({"token": scene.bot.token})).await.data();
    scene.look(&world).await;
    assert_eq!(world.calls_of("getWebhookInfo"), 1);
}

#[tokio::test]
async fn nothing_is_asked_for_a_suspended_account_and_all_of_it_once_it_is_let_in_again() {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    members(&world, &scene, 3).await;
    let set = |status| world.system.app.set_account_status(AccountId(1), status);
    set(AccountStatus::Suspended).await.unwrap();
    for _ in 0..3 {
        scene.look(&world).await;
        scene.piece(&world).await;
    }
    assert_eq!((world.calls_of("getWebhookInfo"), questions(&world)), (0, 0));
    set(AccountStatus::Active).await.unwrap();
    scene.look(&world).await;
    scene.piece(&world).await;
    assert_eq!((world.calls_of("getWebhookInfo"), questions(&world)), (1, 3));
}

#[tokio::test]
async fn a_flood_ends_a_piece_and_nothing_is_asked_until_it_is_over() {
    let (world, clock) = World::ahead().await;
    let scene = world.scene().await;
    members(&world, &scene, 3).await;
    scene.look(&world).await;
    refuse_question(&world, 429, "", Some(3_600));
    scene.piece(&world).await;
    assert_eq!(questions(&world), 1);
    world.simulator.set_faults(Faults::default());
    let gate = world.system.app.store.gate(scene.bot_key()).await.unwrap();
    scene.piece(&world).await;
    scene.look(&world).await;
    assert_eq!((questions(&world), world.calls_of("getWebhookInfo")), (1, 1));
    let next_ms = scene.bot_check().await.next_ms.unwrap();
    assert!(next_ms >= gate.closed_until_ms, "the next look waits for the gate");
    clock.advance_ms(3_600_000);
    scene.piece(&world).await;
    assert_eq!((questions(&world), scene.bot_check().await.place), (4, None), "and nobody was left out");
}

#[tokio::test]
async fn a_person_telegram_does_not_know_is_passed_over_and_no_answer_is_not_asked_for_twice() {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    members(&world, &scene, 4).await;
    scene.look(&world).await;
    refuse_question(&world, 400, "Bad Request: user not found", None);
    scene.piece(&world).await;
    assert_eq!(scene.bot_check().await.place, None);
    assert_eq!(questions(&world), 5, "four people, and the bot itself in the chat");
    world.system.app.clock.advance_ms(86_400_000);
    scene.look(&world).await;
    refuse_question(&world, 502, "", None);
    scene.piece(&world).await;
    assert_eq!(questions(&world), 6, "the piece ends");
    scene.piece(&world).await;
    assert_eq!((questions(&world), scene.bot_check().await.place), (9, None));
}

#[tokio::test]
async fn a_chat_that_the_bot_lost_in_silence_is_left_alone_and_its_owner_told() {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    members(&world, &scene, 3).await;
    let owner = owner(&world, &scene).await;
    world.simulator.set_faults(Faults { withhold_my_chat_member_share: 1.0, ..Faults::default() });
    world.simulator.demote(scene.bot.tg, scene.chat).unwrap();
    for _ in 0..2 {
        scene.whole_pass(&world).await;
    }
    assert_eq!(questions(&world), 4, "in each pass one person, and the bot itself");
    let status: Value = scene.account.get("/api/bots/list.json").await.data()[0]["status"].clone();
    assert_eq!(status, 1);
    assert_eq!(world.messages(owner).len(), 1);
    assert!(world.messages(owner)[0].contains("no longer an administrator of My Channel"));
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_in_silence_is_asked_about_there() {
    let (world, _) = World::ahead().await;
    let scene = world.setting().group().set_up().await;
    let people = members(&world, &scene, 2).await;
    world.tell_only(&scene.bot, &["chat_member"]).await;
    world.simulator.migrate(scene.chat).unwrap();
    world.settle().await;
    scene.whole_pass(&world).await;
    for user in people {
        assert_eq!(scene.status(user).await.map(|status| status.name()), Some("approve"));
    }
    assert_eq!(questions(&world), 3, "once in the group, and twice in the supergroup");
}

#[tokio::test]
async fn a_token_found_revoked_disables_the_bot_and_its_owner_is_told() {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    let owner = owner(&world, &scene).await;
    world.simulator.revoke(scene.bot.tg).unwrap();
    scene.look(&world).await;
    world.settle().await;
    let told = world.simulator.messages_to(owner);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].text, "Telegram no longer accepts the token of @mytrackbot. Connect the bot again.");
    assert_eq!(scene.bot_check().await.next_ms, None);
    assert_eq!(scene.account.get("/api/bots/list.json").await.data()[0]["status"], 1);
}

#[tokio::test]
async fn a_bot_whose_token_was_refused_by_mistake_is_used_again_after_the_next_look() {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    let owner = owner(&world, &scene).await;
    for (is_revoked, status) in [(false, 0), (true, 1)] {
        world.refuse_next("sendMessage", 401, None);
        scene.start(world.person("Anna"), "c1");
        world.settle().await;
        assert_eq!(scene.account.get("/api/bots/list.json").await.data()[0]["status"], 1);
        if is_revoked {
            world.simulator.revoke(scene.bot.tg).unwrap();
        }
        scene.look(&world).await;
        world.settle().await;
        assert_eq!(scene.account.get("/api/bots/list.json").await.data()[0]["status"], status);
        assert_eq!(scene.bot_check().await.next_ms.is_some(), !is_revoked);
        assert_eq!(world.simulator.messages_to(owner).len(), 1, "told once a day");
    }
}
