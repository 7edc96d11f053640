use crate::world::{MemberChange, Reply, World, member_update, start_update};

#[tokio::test]
async fn a_wrong_or_missing_secret_is_401_and_changes_nothing() {
    let world = World::new().await;
    let scene = world.scene().await;
    let stranger = world.another_account().await;
    let other = world.connect_bot(&stranger, "otherbot").await;
    let anna = world.person("Anna");
    let now = world.system.app.clock.now();
    let start = start_update(200_000_001, anna, now, &format!("{}-c1", scene.code)).to_string();
    let join = member_update(200_000_002, now, MemberChange::join(anna, scene.chat)).to_string();
    let (path, right) = (world.webhook_path(&scene.bot), world.secret(&scene.bot));
    let wrong = [
        String::new(),
        "x".repeat(64),
        right.to_uppercase() + "x",
        world.secret(&other),
        right[1..].to_owned(),
    ];
    for body in [start.as_str(), join.as_str(), "{", ""] {
        for secret in wrong.iter().map(|secret| Some(secret.as_str())).chain([None]) {
            let reply = world.deliver_raw(&path, secret, body.to_owned()).await;
            assert_eq!(reply.code, 401, "{secret:?}");
        }
    }
    world.settle().await;
    assert_eq!((scene.lead(anna).await, scene.journal().await.len()), (None, 0));
    assert_eq!((world.messages(anna).len(), world.events().len(), scene.counters().await), (0, 0, [0, 0, 0]));
}

#[tokio::test]
async fn a_bot_that_is_not_there_is_401_with_any_secret() {
    let world = World::new().await;
    let scene = world.scene().await;
    let secret = world.secret(&scene.bot);
    for path in [
        "/telegram/1/2",
        "/telegram/2/1",
        "/telegram/x/1",
        "/telegram/1/-1",
        "/telegram/99999999999999999999/1",
    ] {
        let reply = world.deliver_raw(path, Some(&secret), r#"{"update_id":1}"#).await;
        assert_eq!(reply.code, 401, "{path}");
    }
}

#[tokio::test]
async fn the_last_two_secrets_are_taken_and_older_ones_refused() {
    let world = World::new().await;
    let account = world.account();
    let bot = world.connect_bot(&account, "mytrackbot").await;
    let path = world.webhook_path(&bot);
    let taken =
        async |secret: &str| world.deliver_raw(&path, Some(secret), r#"{"update_id":1}"#).await.code == 200;
    let first = world.secret(&bot);
    assert!(taken(&first).await);
    world.connect_bot(&account, "mytrackbot").await;
    let second = world.secret(&bot);
    world.until("the second secret is taken", async || taken(&second).await).await;
    assert!(taken(&first).await, "Telegram may not have heard of the second one");
    world.connect_bot(&account, "mytrackbot").await;
    let third = world.secret(&bot);
    world.until("the third secret is taken", async || taken(&third).await).await;
    assert!(taken(&second).await && !taken(&first).await);
}

#[tokio::test]
async fn only_posts_are_updates() {
    let world = World::new().await;
    let scene = world.scene().await;
    for method in ["GET", "PUT", "DELETE"] {
        let request = world.request(method, &world.webhook_path(&scene.bot));
        let request = request.header("X-Telegram-Bot-Api-Secret-Token", world.secret(&scene.bot));
        assert_eq!(Reply::of(request.body(r#"{"update_id":1}"#)).await.code, 404, "{method}");
    }
}
