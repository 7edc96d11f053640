//! What receivers say, in the log.

use serde_json::json;
use shared::domain::course::Course;
use shared::domain::lead_event::LeadStatus;
use shared::domain::postback_log::{PostbackAttempt, PostbackState};
use shared::ids::UserId;
use shared::store::{AttemptWrite, LoggedPostback};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::world::{World, start_update};

/// A receiver that says the first line of each request back; its port.
async fn parrot() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).await.unwrap_or_default();
            let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
            let said = format!("no such click: {}", request.lines().next().unwrap_or_default());
            let length = said.len();
            let answer =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{said}");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    port
}

#[tokio::test]
async fn neither_the_visitor_nor_a_secret_is_in_the_log_when_the_receiver_says_the_request_back() {
    let world = World::new().await;
    let place = format!("http://127.0.0.1:{}/api/track/postback.json", parrot().await);
    let query = "id=t0ken-of-mine&click={click}&ip={ip}&ua={user_agent}&sig=s3%26cret";
    let setting = world.setting().without_templates().set("pb_wait", format!("{place}?{query}"));
    let scene = setting.set_up().await;
    let passage = world.go(&format!("{}?click=c1", scene.code)).await;
    let payload = passage.link.split_once("start=").unwrap().1;
    let now = world.system.app.clock.now();
    world.deliver(&scene.bot, &start_update(1, world.person("Anna"), now, payload)).await;
    world.settle().await;
    let logged = scene.log().await[0].clone();
    let shown = "id=***&click=c1&ip=***&ua=***&sig=***";
    assert_eq!(logged["url"], json!(format!("{place}?{shown}")));
    let said = format!("no such click: GET /api/track/postback.json?{shown} HTTP/1.1");
    assert_eq!(logged["attempts"][0]["answer"], json!(said));
}

#[tokio::test]
async fn what_was_said_is_kept_of_the_last_ten_attempts() {
    let world = World::new().await;
    let scene = world.setting().without_templates().set_up().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.settle().await;
    let id = scene.postback_id(anna, LeadStatus::Wait).await;
    let attempt = |number: i64| PostbackAttempt {
        started_ms: 1_795_000_000_000 + number,
        code: Some(503),
        answer: format!("busy {number}"),
        ..PostbackAttempt::default()
    };
    let mut postback = LoggedPostback {
        id,
        subscriber: UserId(anna),
        state: PostbackState::Pending,
        url: "https://t.example/".to_owned(),
        error: None,
        attempts: Vec::new(),
        course: Course { next_ms: Some(1_795_000_010_000), ..Course::default() },
    };
    for number in 0..13 {
        postback.attempts.push(attempt(number));
        for again in ["once", "after a lost answer"] {
            let written = world.system.app.store.log_attempt(scene.account.id, &postback).await.unwrap();
            assert_eq!(written, AttemptWrite::Logged, "{number} {again}");
        }
    }
    let kept = scene.logged(anna, LeadStatus::Wait).await.attempts;
    let answers: Vec<_> = kept.iter().map(|attempt| attempt.answer.clone()).collect();
    let expected = (0..13).map(|number| if number < 3 { String::new() } else { format!("busy {number}") });
    assert_eq!(answers, expected.collect::<Vec<_>>());
}
