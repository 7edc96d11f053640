//! Files that a client uploads to the bucket by itself, with a form that the API signed.

use local::SystemOptions;
use serde_json::{Value, json};
use shared::clock::Clock;

use crate::world::samples::{gif, jpeg, mp4, png};
use crate::world::{Scene, World};

async fn name_in_edit(scene: &Scene, form: &Value) -> Value {
    let edit = json!({"id": 1, "media": form["media"]});
    scene.account.post_json("/api/camp/edit.json", &edit).await.json()
}

fn refusal(reason: &str) -> Value {
    json!({"status": "error", "error": "param", "message": format!("media: {reason}"), "param": "media"})
}

#[tokio::test]
async fn a_file_uploaded_with_a_form_is_judged_at_its_first_use_and_stays() {
    let world = World::new().await;
    let account = world.account();
    let form = world.presigned(&account, "video/mp4").await;
    let media = form["media"].as_str().unwrap().to_owned();
    assert!(media.starts_with("vid_"));
    // Longer than a request to the API may be, and full of what could begin a form's boundary.
    let long =
        [&mp4(b"isom", b"vide")[..], &8_000_008_u32.to_be_bytes(), b"free", &b"\r\n".repeat(4_000_000)]
            .concat();
    assert_eq!(world.send_form(&form, &long).await, 204);
    assert_eq!(world.objects(), [format!("incoming/1/{media}")]);

    let scene = world.setting().set("media", media.clone()).set_up().await;
    assert_eq!(scene.detail().await.data()["media"], *media);
    assert!(world.objects().contains(&format!("media/1/{media}")));

    // What is sent with the form afterwards is looked at no more, and changes nothing.
    assert_eq!(world.send_form(&form, b"MZ").await, 204);
    for media in [json!(""), form["media"].clone()] {
        let edit = json!({"id": 1, "media": media});
        assert_eq!(account.post_json("/api/camp/edit.json", &edit).await.json()["status"], "ok");
    }
    let kept = world.object(&format!("media/1/{media}"));
    assert!(kept == long, "{} bytes", kept.len());
}

#[tokio::test]
async fn what_is_not_there_or_not_what_was_announced_is_param_media() {
    let world = World::new().await;
    let scene = world.scene().await;
    let form = world.presigned(&scene.account, "image/png").await;
    assert_eq!(name_in_edit(&scene, &form).await, refusal("is not uploaded yet"));

    for file in [&b"\x7fELF\x02\x01\x01 and more"[..], &gif(64, 48), &png(64, 48)[..40]] {
        assert_eq!(world.send_form(&form, file).await, 204);
        let expected = refusal("must be a whole JPEG, PNG, WebP, GIF or MP4 file");
        assert_eq!(name_in_edit(&scene, &form).await, expected);
        assert_eq!(world.objects(), Vec::<String>::new(), "it is removed");
    }
    assert_eq!(world.send_form(&form, &png(9_000, 9_000)).await, 204);
    let expected = refusal("a photo's width and height may be at most 10000 pixels together");
    assert_eq!(name_in_edit(&scene, &form).await, expected);

    // Another format of the same kind is as good, and the form may be used again.
    assert_eq!(world.send_form(&form, &jpeg(640, 480)).await, 204);
    assert_eq!(name_in_edit(&scene, &form).await["status"], "ok");
}

#[tokio::test]
async fn a_form_writes_one_object_of_one_type_within_its_limit() {
    let world = World::new().await;
    let account = world.account();
    let form = world.presigned(&account, "image/png").await;
    for (field, value) in [
        ("key", "media/1/img_abc123xyz789"),
        ("key", "incoming/2/img_abc123xyz789"),
        ("Content-Type", "text/html"),
        ("policy", "eyJleHBpcmF0aW9uIjoiMjA5OS0wMS0wMVQwMDowMDowMFoiLCJjb25kaXRpb25zIjpbXX0="),
        ("x-amz-signature", "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"),
    ] {
        let mut changed = form.clone();
        changed["fields"][field] = json!(value);
        let code = world.send_form(&changed, &png(64, 48)).await;
        assert!((400..500).contains(&code), "{field}={value}: {code}");
    }
    assert_eq!(world.send_form(&form, b"").await, 400);
    assert_eq!(world.send_form(&form, &vec![0; (10 << 20) + 1]).await, 400);
    assert_eq!(world.objects(), Vec::<String>::new());
    assert_eq!(world.send_form(&form, &vec![0; 10 << 20]).await, 204);
}

#[tokio::test]
async fn a_form_is_good_for_a_quarter_of_an_hour() {
    let now_ms = Clock::System.now_ms();
    let clock = Clock::manual(now_ms - 16 * 60_000);
    let world =
        World::with(|options| *options = SystemOptions { clock: clock.clone(), ..options.clone() }).await;
    let account = world.account();
    let form = world.presigned(&account, "image/png").await;
    assert!((400..500).contains(&world.send_form(&form, &png(64, 48)).await));
    clock.advance_ms(16 * 60_000);
    let form = world.presigned(&account, "image/png").await;
    assert_eq!(world.send_form(&form, &png(64, 48)).await, 204);
}

#[tokio::test]
async fn an_uploaded_file_that_nobody_named_for_a_day_is_forgotten() {
    let clock = Clock::manual(Clock::System.now_ms());
    let world =
        World::with(|options| *options = SystemOptions { clock: clock.clone(), ..options.clone() }).await;
    let scene = world.scene().await;
    let [early, late] = [
        world.presigned(&scene.account, "image/png").await,
        world.presigned(&scene.account, "image/png").await,
    ];
    for form in [&early, &late] {
        assert_eq!(world.send_form(form, &png(64, 48)).await, 204);
    }
    clock.advance_ms(86_399_000);
    assert_eq!(name_in_edit(&scene, &early).await["status"], "ok");
    clock.advance_ms(1_000);
    assert_eq!(name_in_edit(&scene, &late).await, refusal("names no uploaded media"));
    let again = json!({"id": 1, "media": ""});
    scene.account.post_json("/api/camp/edit.json", &again).await.json();
    assert_eq!(name_in_edit(&scene, &early).await["status"], "ok", "one that was judged stays");
}

#[tokio::test]
async fn a_form_is_given_for_the_formats_and_up_to_their_limits_alone() {
    let world = World::new().await;
    let account = world.account();
    let (photo, video) = (10 << 20, 50 << 20);
    for (content_type, size, error) in [
        ("image/jpeg", photo, ""),
        ("IMAGE/PNG", photo, ""),
        ("image/webp", photo + 1, "size"),
        ("image/gif", video, ""),
        ("video/mp4", video, ""),
        ("video/mp4", video + 1, "size"),
        ("image/svg+xml", 1, "type"),
        ("video/quicktime", 1, "type"),
        ("", 1, "type"),
    ] {
        let announced = json!({"name": "x", "size": size, "type": content_type});
        let reply = account.post_form("/api/media/presign.json", &announced).await;
        assert_eq!(reply.error(), error, "{content_type} of {size}: {}", reply.text);
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_while_a_file_was_judged_changes_nothing() {
    let world = World::new().await;
    let scene = world.scene().await;
    for lost in ["s3:GetObject", "s3:PutObject", "dynamodb:UpdateItem"] {
        let form = world.presigned(&scene.account, "image/png").await;
        assert_eq!(world.send_form(&form, &png(64, 48)).await, 204);
        world.faults.lose_answer_to(lost);
        assert_eq!(name_in_edit(&scene, &form).await["status"], "ok", "{lost}");
    }
}
