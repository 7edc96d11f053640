//! Welcomes below a picture or a film.

use serde_json::json;
use shared::clock::Clock;
use shared::domain::media::{MediaRef, TelegramFile};
use shared::ids::BotKey;
use telegram_simulator::{Faults, MediaKind, RecordedRequest, Refusal, SentMessage};

use crate::world::samples::{gif, jpeg, mp4, png, webp};
use crate::world::{Scene, World};

const WRONG: &str = "Bad Request: wrong file identifier/HTTP URL specified";

/// A campaign whose welcome has this file above its text and a button below.
async fn scene_with(world: &World, file: &[u8]) -> (Scene, MediaRef) {
    let media = world.upload(&world.account(), file).await.data()["media"].as_str().unwrap().to_owned();
    let scene = world
        .setting()
        .set("media", media.clone())
        .set("button_text", "Go")
        .set("button_url", "https://e.com/?c={click}")
        .set_up()
        .await;
    (scene, MediaRef::parse(&media).unwrap())
}

async fn welcome_of(world: &World, scene: &Scene, name: &str) -> SentMessage {
    let user = world.person(name);
    scene.start(user, "c1");
    world.settle().await;
    let sent = world.simulator.messages_to(user);
    assert_eq!(sent.len(), 1, "{sent:?}");
    sent.into_iter().next().unwrap()
}

/// The calls that send, each as its method and whether it uploads.
fn sends(world: &World) -> Vec<(String, bool)> {
    let sends = world.simulator.requests().into_iter().filter(|request| request.method.starts_with("send"));
    let fits = |request: &RecordedRequest| assert!(request.unknown_parameters.is_empty(), "{request:?}");
    let uploads =
        |request: &RecordedRequest| request.parameters.values().any(|value| value["size_bytes"].is_u64());
    sends.inspect(fits).map(|request| (request.method.clone(), uploads(&request))).collect()
}

async fn kept(world: &World, bot: BotKey, media: &MediaRef) -> Option<TelegramFile> {
    world.system.app.store.telegram_file(bot, media).await.unwrap()
}

fn refuse(world: &World, description: &str, next: u32) {
    let refusal = Refusal { code: 400, description: description.to_owned(), next, ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
}

#[tokio::test]
async fn every_format_is_uploaded_once_with_its_caption_and_button_and_then_sent_by_its_id() {
    for (file, method, kind, file_name) in [
        (jpeg(640, 480), "sendPhoto", MediaKind::Photo, None),
        (png(640, 480), "sendPhoto", MediaKind::Photo, None),
        (webp(640, 480), "sendPhoto", MediaKind::Photo, None),
        (gif(64, 48), "sendAnimation", MediaKind::Animation, Some("animation.gif")),
        (mp4(b"isom", b"vide"), "sendVideo", MediaKind::Video, Some("video.mp4")),
    ] {
        let world = World::new().await;
        let (scene, media) = scene_with(&world, &file).await;
        let mut ids = Vec::new();
        for name in ["Anna", "Bert & <b>", "Carl"] {
            let sent = welcome_of(&world, &scene, name).await;
            assert_eq!(sent.text, format!("Join My Channel, {name}!"));
            assert_eq!((sent.entities.len(), sent.parse_mode.as_deref()), (1, Some("HTML")));
            assert_eq!(sent.buttons[0][0].url.as_deref(), Some("https://e.com/?c=c1"));
            let shown = sent.media.unwrap();
            assert_eq!((shown.kind, shown.size_bytes), (kind, file.len()), "the whole file");
            assert!(file_name.is_none() || shown.file_name.as_deref() == file_name);
            ids.push(shown.file_id);
        }
        let sent_by = |uploads| (method.to_owned(), uploads);
        assert_eq!(sends(&world), [sent_by(true), sent_by(false), sent_by(false)]);
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(kept(&world, scene.bot_key(), &media).await.unwrap().file_id, ids[0]);
    }
}

#[tokio::test]
async fn a_film_of_fifty_megabytes_arrives_whole() {
    let world = World::new().await;
    let start = mp4(b"isom", b"vide");
    let rest = (50_usize << 20) - start.len();
    let filling = (8..rest).map(|place| u8::try_from(place % 251).unwrap()).collect();
    let film = [start, u32::try_from(rest).unwrap().to_be_bytes().into(), b"free".into(), filling].concat();
    let form = world.presigned(&world.account(), "video/mp4").await;
    assert_eq!(world.send_form(&form, &film).await, 204);
    let scene = world.setting().set("media", form["media"].clone()).set_up().await;
    let shown = welcome_of(&world, &scene, "Anna").await.media.unwrap();
    assert_eq!(shown.size_bytes, 50 << 20);
    let kept = world.request("GET", &format!("/simulator/control/files/{}", shown.file_id)).send().await;
    assert!(kept.unwrap().bytes().await.unwrap() == film);
}

#[tokio::test]
async fn another_bot_uploads_the_same_media_for_itself() {
    let world = World::new().await;
    let (first, media) = scene_with(&world, &png(64, 48)).await;
    let second = world.setting().bot("otherbot").set("media", media.as_str()).set_up().await;
    welcome_of(&world, &first, "Anna").await;
    welcome_of(&world, &second, "Bert").await;
    assert_eq!(sends(&world).iter().filter(|(_, uploads)| *uploads).count(), 2);
    let (one, other) =
        (kept(&world, first.bot_key(), &media).await, kept(&world, second.bot_key(), &media).await);
    assert!(one.is_some() && other.is_some() && one != other);
}

#[tokio::test]
async fn a_wrong_file_id_has_the_file_uploaded_again_once() {
    let world = World::new().await;
    let (scene, media) = scene_with(&world, &png(64, 48)).await;
    welcome_of(&world, &scene, "Anna").await;
    let former = kept(&world, scene.bot_key(), &media).await;
    refuse(&world, WRONG, 1);
    assert!(welcome_of(&world, &scene, "Bert").await.media.is_some());
    let renewed = kept(&world, scene.bot_key(), &media).await;
    assert!(renewed.is_some() && renewed != former);
    world.simulator.set_faults(Faults::default());
    assert!(welcome_of(&world, &scene, "Carl").await.media.is_some());
    assert_eq!(sends(&world).iter().filter(|(_, uploads)| *uploads).count(), 2);
}

#[tokio::test]
async fn a_file_that_telegram_refuses_leaves_the_text_with_its_button() {
    for reason in [WRONG, "Bad Request: PHOTO_INVALID_DIMENSIONS", "Bad Request: IMAGE_PROCESS_FAILED"] {
        let world = World::new().await;
        let (scene, media) = scene_with(&world, &png(64, 48)).await;
        refuse(&world, reason, 1);
        let sent = welcome_of(&world, &scene, "Anna").await;
        assert_eq!((sent.text.as_str(), sent.buttons.len()), ("Join My Channel, Anna!", 1), "{reason}");
        assert!(sent.media.is_none() && kept(&world, scene.bot_key(), &media).await.is_none());
        assert_eq!(sends(&world), [("sendPhoto".to_owned(), true), ("sendMessage".to_owned(), false)]);
    }
}

#[tokio::test]
async fn a_media_that_is_gone_from_storage_leaves_the_text() {
    let world = World::new().await;
    let (scene, media) = scene_with(&world, &mp4(b"isom", b"vide")).await;
    world.remove_object(&format!("media/1/{media}"));
    for name in ["Anna", "Bert"] {
        let sent = welcome_of(&world, &scene, name).await;
        assert_eq!(
            (sent.text, sent.media, sent.buttons.len()),
            (format!("Join My Channel, {name}!"), None, 1)
        );
    }
    assert_eq!(world.events(), ["wait", "wait"]);
}

#[tokio::test]
async fn a_caption_whose_content_telegram_refuses_arrives_bare_below_its_media_if_telegram_keeps_it() {
    let world = World::new().await;
    let (scene, _) = scene_with(&world, &gif(64, 48)).await;
    for (name, shows, count) in [("Anna", true, 0), ("Bert", true, 2)] {
        refuse(&world, "Bad Request: can't parse entities: unsupported start tag", count);
        let sent = welcome_of(&world, &scene, name).await;
        assert_eq!((sent.text, sent.media.is_some()), (format!("Join My Channel, {name}!"), shows));
        assert_eq!((sent.parse_mode.is_none(), sent.buttons.is_empty()), (count > 0, count > 0));
    }
}

#[tokio::test]
async fn text_that_telegram_refuses_below_an_upload_arrives_alone_and_the_file_is_not_uploaded_twice() {
    let world = World::new().await;
    let (scene, _) = scene_with(&world, &gif(64, 48)).await;
    refuse(&world, "Bad Request: BUTTON_URL_INVALID", 1);
    let sent = welcome_of(&world, &scene, "Anna").await;
    assert_eq!((sent.media, sent.entities.len(), sent.buttons.len()), (None, 1, 0));
    let named = |method: &str, uploads| (method.to_owned(), uploads);
    assert_eq!(sends(&world), [named("sendAnimation", true), named("sendMessage", false)]);
}

#[tokio::test]
async fn an_answer_of_storage_that_is_lost_costs_no_picture() {
    let world = World::new().await;
    let (scene, _) = scene_with(&world, &png(64, 48)).await;
    world.faults.lose_answer_to("s3:GetObject");
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    let sent = world.simulator.messages_to(anna);
    assert!(sent.len() == 1 && sent[0].media.is_some(), "{sent:?}");
}

#[tokio::test]
async fn of_first_messages_at_once_one_uploads_and_the_others_show_what_telegram_keeps() {
    let world = World::new().await;
    let (scene, media) = scene_with(&world, &png(64, 48)).await;
    let people = ["Anna", "Bert", "Carl"].map(|name| world.person(name));
    people.iter().for_each(|person| scene.start(*person, "c1"));
    world.settle().await;
    let shown = people.map(|person| world.simulator.messages_to(person)[0].media.clone().unwrap().file_id);
    let kept = kept(&world, scene.bot_key(), &media).await.unwrap().file_id;
    assert!(shown.iter().all(|shown| *shown == kept), "{shown:?}");
    assert_eq!(sends(&world).iter().filter(|(_, uploads)| *uploads).count(), 1);
}

#[tokio::test]
async fn a_file_that_telegram_refuses_is_tried_again_after_a_minute() {
    let clock = Clock::manual(Clock::System.now_ms() - 120_000);
    let world = World::with(|options| options.clock = clock.clone()).await;
    let (scene, _) = scene_with(&world, &png(64, 48)).await;
    refuse(&world, "Bad Request: IMAGE_PROCESS_FAILED", 1);
    for (name, wait_ms, shows) in [("Anna", 59_000, false), ("Bert", 1_000, false), ("Carl", 0, true)] {
        assert_eq!(welcome_of(&world, &scene, name).await.media.is_some(), shows, "{name}");
        clock.advance_ms(wait_ms);
    }
    assert_eq!(sends(&world).iter().filter(|(_, uploads)| *uploads).count(), 2);
}

#[tokio::test]
async fn a_file_is_sent_on_as_what_it_was_shown_as_and_uploaded_again_where_that_is_wrong() {
    let world = World::new().await;
    let (scene, media) = scene_with(&world, &mp4(b"isom", b"vide")).await;
    let sent = welcome_of(&world, &scene, "Anna").await;
    assert_eq!(sent.media.unwrap().kind, MediaKind::Video);
    // Kept as an animation, it is refused as one by the simulator, which knows it for a film.
    let known = kept(&world, scene.bot_key(), &media).await.unwrap();
    let other: TelegramFile =
        serde_json::from_value(json!({"file_id": known.file_id, "shown_as": "animation"})).unwrap();
    let store = &world.system.app.store;
    store.keep_telegram_file(scene.bot_key(), &media, &other, Some(&known)).await.unwrap();
    welcome_of(&world, &scene, "Bert").await;
    let named = |method: &str, uploads| (method.to_owned(), uploads);
    assert_eq!(
        sends(&world),
        [named("sendVideo", true), named("sendAnimation", false), named("sendVideo", true)]
    );
}

#[tokio::test]
async fn a_caption_over_1024_characters_is_refused_when_the_campaign_is_edited() {
    let world = World::new().await;
    let (scene, _) = scene_with(&world, &png(64, 48)).await;
    let edit = async |welcome: String| {
        let reply =
            scene.account.post_json("/api/camp/edit.json", &json!({"id": 1, "welcome": welcome})).await;
        reply.json()
    };
    assert_eq!(edit(format!("*{}*", "x".repeat(1_024))).await["status"], "ok");
    let refused = edit("x".repeat(1_025)).await;
    assert_eq!((&refused["error"], &refused["param"]), (&json!("param"), &json!("welcome")));
}

#[tokio::test]
async fn a_name_that_makes_the_caption_too_long_has_the_text_go_out_alone() {
    let world = World::new().await;
    let (scene, _) = scene_with(&world, &png(64, 48)).await;
    let welcome = format!("{}{{first_name}}", "x".repeat(1_000));
    scene.account.post_json("/api/camp/edit.json", &json!({"id": 1, "welcome": welcome})).await;
    let sent = welcome_of(&world, &scene, &"n".repeat(64)).await;
    assert_eq!((sent.text.len(), sent.media), (1_064, None));
}
