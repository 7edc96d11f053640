//! Uploads, and campaigns that name them.

use serde_json::json;

use crate::world::samples::{gif, jpeg, mp4, png, webp};
use crate::world::{Reply, World, file_part, part};

#[tokio::test]
async fn a_file_is_kept_under_a_reference_that_says_whether_it_moves() {
    let world = World::new().await;
    let account = world.account();
    for (prefix, file) in [
        ("img_", jpeg(640, 480)),
        ("img_", png(640, 480)),
        ("img_", webp(640, 480)),
        ("vid_", gif(640, 480)),
        ("vid_", mp4(b"isom", b"vide")),
    ] {
        // Every one of them is called cat.jpg.
        let reply = world.upload(&account, &file).await;
        let media = reply.data()["media"].as_str().unwrap().to_owned();
        assert!(media.starts_with(prefix) && media.len() == 16, "{}", reply.text);
        let as_in_the_contract = reply.text.replace(&media, "img_abc123xyz");
        assert_eq!(as_in_the_contract, r#"{"status":"ok","data":{"media":"img_abc123xyz"}}"#);
        assert!(world.objects().contains(&format!("media/1/{media}")), "{:?}", world.objects());
    }
    assert_eq!(world.objects().len(), 5);
}

#[tokio::test]
async fn a_file_that_is_refused_leaves_nothing_behind() {
    let world = World::new().await;
    let account = world.account();
    let executable = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 4096]].concat();
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    let whole = jpeg(640, 480);
    let header_alone = png(30_000, 30_000)[..33].to_vec();
    for (what, word, file) in [
        ("an executable", "type", executable),
        ("an SVG", "type", svg.to_vec()),
        ("a header of 30,000 × 30,000", "type", header_alone),
        ("a whole PNG of 30,000 × 30,000", "size", png(30_000, 30_000)),
        ("a ribbon", "size", png(3_000, 100)),
        ("a part", "type", whole[..whole.len() - 1].to_vec()),
        ("an empty file", "type", vec![]),
        ("a QuickTime film", "type", mp4(b"qt  ", b"vide")),
        ("60 MB", "size", vec![0; 60_000_000]),
        ("one byte more than fits", "size", vec![0; 4_500_001]),
    ] {
        assert_eq!(world.upload(&account, &file).await.error(), word, "{what}");
    }
    assert_eq!(world.objects(), Vec::<String>::new());
    let done: Vec<_> =
        world.faults.actions().into_iter().filter(|(binary, _)| binary == "media-upload").collect();
    assert_eq!(
        done,
        [("media-upload".to_owned(), "dynamodb:GetItem".to_owned())],
        "it looked up the key alone"
    );
}

#[tokio::test]
async fn refusals_read_as_the_contract_spells_them() {
    let world = World::new().await;
    let account = world.account();
    let missing = account.post_json("/api/media/upload.json", &json!({})).await;
    insta::assert_snapshot!(missing.text, @r#"{"status":"error","error":"file","message":"the field file is missing"}"#);
    let no_file = world
        .upload_parts(&account, &[part("name=\"note\"", b"x"), part("name=\"f\"; filename=\"f\"", b"x")])
        .await;
    assert_eq!(no_file.text, missing.text);
    let other = world.upload(&account, b"MZ\x90\x00").await;
    insta::assert_snapshot!(other.text, @r#"{"status":"error","error":"type","message":"must be a whole JPEG, PNG, WebP, GIF or MP4 file"}"#);
    let wide = world.upload(&account, &png(9_000, 9_000)).await;
    insta::assert_snapshot!(wide.text, @r#"{"status":"error","error":"size","message":"a photo's width and height may be at most 10000 pixels together"}"#);
    let long = world.upload(&account, &vec![0; 4_500_001]).await;
    insta::assert_snapshot!(long.text, @r#"{"status":"error","error":"size","message":"an upload carries at most 4500000 bytes; use media/presign for a longer file"}"#);
    let broken = world.request("POST", "/api/media/upload.json").bearer_auth(&account.key);
    let broken = broken.header("content-type", "multipart/form-data; boundary=x").body("--x\r\nContent");
    insta::assert_snapshot!(Reply::of_api(broken).await.text, @r#"{"status":"error","error":"param","message":"body: must be a whole multipart form","param":"body"}"#);
}

#[tokio::test]
async fn an_upload_takes_its_key_from_the_query_too_and_none_is_key() {
    let world = World::new().await;
    let account = world.account();
    let url = format!("{}/api/media/upload.json", world.system.base_url());
    let file = [file_part(&png(64, 48))];
    let with_key = world.multipart(&format!("{url}?id={}", account.key), &file);
    assert_eq!(Reply::of_api(with_key).await.json()["status"], "ok");
    assert_eq!(Reply::of_api(world.multipart(&url, &file)).await.error(), "key");
    let long = world.multipart(&url, &[file_part(&vec![0; 4_500_001])]);
    assert_eq!(Reply::of_api(long).await.error(), "key", "without a key not even a size is told of");
}

#[tokio::test]
async fn the_texts_of_a_multipart_form_are_parameters() {
    let world = World::new().await;
    let scene = world.scene().await;
    let url = format!("{}/api/camp/edit.json", world.system.base_url());
    let parts = [part("name=\"id\"", b"1"), part("name=\"welcome\"", "Grüße".as_bytes())];
    let edited = Reply::of_api(world.multipart(&url, &parts).bearer_auth(&scene.account.key)).await;
    assert_eq!(edited.text, r#"{"status":"ok"}"#);
    assert_eq!(scene.detail().await.data()["welcome"], "Grüße");
}

#[tokio::test]
async fn a_campaign_takes_an_uploaded_media_changes_it_and_gives_it_up() {
    let world = World::new().await;
    let account = world.account();
    let photo = world.upload(&account, &png(640, 480)).await.data()["media"].clone();
    let film = world.upload(&account, &mp4(b"mp42", b"vide")).await.data()["media"].clone();
    let scene = world.setting().set("media", photo.clone()).set_up().await;
    assert_eq!(scene.detail().await.data()["media"], photo);
    for media in [film, json!("")] {
        let edit = json!({"id": 1, "media": media});
        assert_eq!(account.post_json("/api/camp/edit.json", &edit).await.json()["status"], "ok");
        assert_eq!(scene.detail().await.data()["media"], media);
    }
}

#[tokio::test]
async fn another_accounts_media_is_param_as_one_that_is_not_there() {
    let world = World::new().await;
    let scene = world.scene().await;
    let stranger = world.another_account().await;
    let theirs = world.upload(&stranger, &png(640, 480)).await.data()["media"].clone();
    let edit =
        async |media| scene.account.post_json("/api/camp/edit.json", &json!({"id": 1, "media": media})).await;
    let foreign = edit(theirs).await;
    insta::assert_snapshot!(foreign.text, @r#"{"status":"error","error":"param","message":"media: names no uploaded media","param":"media"}"#);
    assert_eq!(edit(json!("img_abc123xyz789")).await.text, foreign.text);
    let chat = world.channel(&scene.bot).await;
    let add = json!({"bot": 1, "chat": chat, "welcome": "Join!", "media": "img_abc123xyz789"});
    assert_eq!(scene.account.post_json("/api/camp/add.json", &add).await.text, foreign.text);
}

#[tokio::test]
async fn an_upload_whose_answer_from_storage_was_lost_is_kept_once() {
    let world = World::new().await;
    let account = world.account();
    for lost in ["s3:PutObject", "dynamodb:PutItem"] {
        world.faults.lose_answer_to(lost);
        let reply = world.upload(&account, &png(64, 48)).await;
        let media = reply.data()["media"].as_str().unwrap().to_owned();
        assert!(world.objects().contains(&format!("media/1/{media}")), "{lost}");
        world
            .setting()
            .bot(if lost.starts_with("s3") { "onebot" } else { "otherbot" })
            .set("media", media)
            .set_up()
            .await;
    }
    world.faults.go_down();
    assert_eq!(world.upload(&account, &png(64, 48)).await.error(), "db");
    world.faults.come_back();
    assert_eq!(world.objects().len(), 2);
}
