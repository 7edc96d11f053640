use crate::world::{MemberChange, World, member_update, start_update};

/// What Telegram waits for, with the configuration in the webhook's memory.
#[tokio::test]
async fn a_join_takes_one_call_of_aws_and_a_start_three() {
    let world = World::new().await;
    let scene = world.scene().await;
    let users: Vec<_> = (0..11).map(|_| world.person("Anna")).collect();
    for user in &users {
        world.simulator.start_bot(*user, "mytrackbot", "").unwrap();
    }
    world.settle().await;
    let now = world.system.app.clock.now();
    let payload = format!("{}-c", scene.code);
    let deliver = async |update| assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    deliver(start_update(1, users[0], now, &payload)).await;
    deliver(member_update(2, now, MemberChange::join(users[0], scene.chat))).await;

    let calls = || world.faults.calls_of("telegram-webhook");
    let before = calls();
    for user in &users[1..] {
        deliver(start_update(*user, *user, now, &payload)).await;
    }
    assert_eq!(calls() - before, 30, "ten starts: the fact, the gate, and that the welcome has left");
    let before = calls();
    for user in &users[1..] {
        deliver(member_update(100 + user, now, MemberChange::join(*user, scene.chat))).await;
    }
    assert_eq!(calls() - before, 10, "ten joins: the fact");
}
