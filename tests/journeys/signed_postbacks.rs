//! Postbacks that are signed by Standard Webhooks. `tests/signatures/check` asks the reference libraries.

use serde_json::json;
use shared::clock::Clock;
use shared::secret::SigningSecret;
use telegram_simulator::ReceivedPostback;

use crate::world::{Scene, World, header, is_signed_by};

const DAY_MS: i64 = 86_400_000;

/// How old an account may be that the sender works with.
const FRESH_MS: i64 = 5_000;

/// A system whose clock a test moves; it starts two days ago, so that it does not run ahead of Telegram.
async fn manual() -> World {
    let clock = Clock::manual(Clock::System.now_ms() - 2 * DAY_MS);
    World::with(|options| options.clock = clock).await
}

/// Somebody presses Start; the postback that follows.
async fn next(world: &World, scene: &Scene) -> ReceivedPostback {
    world.system.app.clock.advance_ms(FRESH_MS);
    scene.start(world.person("Anna"), "c1");
    world.settle().await;
    world.simulator.postbacks().pop().unwrap()
}

#[tokio::test]
async fn without_a_secret_nothing_is_signed_and_with_one_everything_is() {
    let world = manual().await;
    let scene = world.setting().set("pb_method", "POST").set_up().await;
    assert_eq!(header(&next(&world, &scene).await, "webhook-signature"), "");
    let secret = scene.account.change_signing("create").await;
    let signed = next(&world, &scene).await;
    assert!(is_signed_by(&signed, &secret));
    assert_eq!(header(&signed, "webhook-id"), header(&signed, "gatepost-id"));
    assert_eq!(header(&signed, "webhook-timestamp"), world.system.app.clock.now().to_string());
    scene.account.change_signing("remove").await;
    assert_eq!(header(&next(&world, &scene).await, "webhook-signature"), "");
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign_for_a_day() {
    let world = manual().await;
    let scene = world.scene().await;
    let old = scene.account.change_signing("create").await;
    let new = scene.account.change_signing("rotate").await;
    let signed = next(&world, &scene).await;
    assert!(is_signed_by(&signed, &new) && is_signed_by(&signed, &old));
    assert_eq!(signed.body, "", "a GET signs its id and its time");
    world.system.app.clock.advance_ms(DAY_MS - 2 * FRESH_MS - 1_000);
    assert!(is_signed_by(&next(&world, &scene).await, &old), "to the last seconds");
    world.system.app.clock.advance_ms(1_000);
    let signed = next(&world, &scene).await;
    assert!(is_signed_by(&signed, &new) && !is_signed_by(&signed, &old));
}

#[tokio::test]
async fn a_rotation_that_is_repeated_does_not_silence_the_first_secret() {
    let world = manual().await;
    let scene = world.scene().await;
    let known = scene.account.change_signing("create").await;
    scene.account.change_signing("rotate").await;
    let last = scene.account.change_signing("rotate").await;
    let signed = next(&world, &scene).await;
    assert!(is_signed_by(&signed, &known) && is_signed_by(&signed, &last));
}

#[tokio::test]
async fn every_kind_of_request_is_signed_as_it_is_sent() {
    let world = World::new().await;
    let account = &world.account();
    let (old, new) = (account.change_signing("create").await, account.change_signing("rotate").await);
    let body = r#"{"click":"{click} ✓","lead":{lead}}"#;
    let scene = world.setting().set("pb_method", "POST").set("pb_format", "json").set("pb_body", body);
    let json_sent = scene.set_up().await;
    let form_sent = world.setting().bot("formbot").set("pb_method", "POST").set_up().await;
    let get_sent = world.setting().bot("getbot").set_up().await;
    for scene in [&json_sent, &form_sent, &get_sent] {
        scene.start(world.person("Anna"), "c1");
    }
    world.settle().await;
    let received = world.simulator.postbacks();
    assert_eq!(received.len(), 3);
    for postback in &received {
        assert!(is_signed_by(postback, &new) && is_signed_by(postback, &old));
    }
    // What crossed the wire, for the reference libraries.
    let other = SigningSecret::generate().unwrap().reveal();
    let json = json!({"click": "c1 ✓"});
    let sample =
        json!({"requests": received, "signers": [new, old], "strangers": [other], "kinds": 3, "json": json});
    let folder = crate::house::root().join("target/signatures");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("requests.json"), sample.to_string()).unwrap();
}
