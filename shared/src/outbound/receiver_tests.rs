//! Receivers that fail in every way. Each is judged right, and cut within the deadline plus a tenth of a second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{self, ServerConfig};

use super::client::{Exchange, Limits, Outbound};
use super::request::{OutboundBody, OutboundRequest};
use super::resolver::system_lookup;
use super::test_receiver::{Receiver, read_request};
use crate::domain::retry_after::RetryAfter;
use crate::domain::verdict::{Verdict, judge};

const LIMITS: Limits = Limits { connect: Duration::from_millis(300), whole: Duration::from_millis(600) };
const GRACE: Duration = Duration::from_millis(100);

/// How often a test is tried before the clock of a busy machine is believed.
const TRIES: usize = 3;

fn outbound() -> Outbound {
    Outbound::within(LIMITS, |_| true, system_lookup()).unwrap()
}

/// Asks a receiver; what came of it, and whether that was in time.
async fn ask(scheme: &str, receiver: &Receiver) -> (Exchange, Duration) {
    let url = format!("{scheme}://127.0.0.1:{}/", receiver.port).parse().unwrap();
    let began = Instant::now();
    let exchange = outbound().send(&OutboundRequest::get(url, "id")).await;
    (exchange, began.elapsed())
}

/// What comes of asking a receiver that behaves like this. Its connection is closed afterwards.
async fn against<F>(scheme: &str, behave: impl Fn(TcpStream) -> F + Send + Copy + 'static) -> Exchange
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut last = None;
    for _ in 0..TRIES {
        let receiver = Receiver::on("127.0.0.1:0", behave).await;
        let (exchange, took) = ask(scheme, &receiver).await;
        assert_eq!(receiver.count(), 1, "one request is sent once");
        if took <= LIMITS.whole + GRACE {
            return exchange;
        }
        last = Some(took);
    }
    panic!("cut after {last:?}");
}

async fn say(mut stream: TcpStream, answer: &str) {
    read_request(&mut stream).await;
    let _ = stream.write_all(answer.as_bytes()).await;
}

fn answered(status: u16, excerpt: &str) -> Exchange {
    Exchange::Answered { status, excerpt: excerpt.to_owned(), retry_after: None }
}

#[tokio::test]
async fn every_status_is_judged_as_the_table_says() {
    let outbound = outbound();
    let receiver = Receiver::on("127.0.0.1:0", |mut stream| async move {
        let Some(request) = read_request(&mut stream).await else { return };
        let status = &request["GET /".len()..][..3];
        let length = if status.starts_with('1') { "" } else { "content-length: 0\r\n" };
        let _ = stream.write_all(format!("HTTP/1.1 {status} X\r\n{length}\r\n").as_bytes()).await;
    })
    .await;
    for status in 100..=599 {
        let url = format!("http://127.0.0.1:{}/{status}", receiver.port).parse().unwrap();
        let exchange = outbound.send(&OutboundRequest::get(url, "id")).await;
        // 1xx is no answer yet, but for 101, which nobody asked for; the receiver then hangs up.
        let (expected, verdict) = match status {
            100 | 102..=199 => (Exchange::BrokenOff, Verdict::Retry),
            _ => (answered(status, ""), judge(Some(status))),
        };
        assert_eq!((&exchange, judge(exchange.status())), (&expected, verdict), "{status}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::answering("127.0.0.1:0", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    for status in [301, 302, 303, 307, 308] {
        let target = elsewhere.port;
        let exchange = against("http", move |stream| async move {
            let location = format!("location: http://127.0.0.1:{target}/\r\n");
            say(stream, &format!("HTTP/1.1 {status} X\r\n{location}content-length: 0\r\n\r\n")).await;
        });
        assert_eq!(exchange.await, answered(status, ""));
    }
    assert_eq!(elsewhere.count(), 0);
}

#[tokio::test]
async fn a_reset_before_or_after_the_request_is_a_connection_that_broke_off() {
    let before = against("http", |stream| async move { stream.set_zero_linger().unwrap() }).await;
    let after = against("http", |mut stream| async move {
        read_request(&mut stream).await;
        stream.set_zero_linger().unwrap();
    });
    assert_eq!((before, after.await), (Exchange::BrokenOff, Exchange::BrokenOff));
}

#[tokio::test]
async fn a_receiver_that_hangs_up_or_talks_nonsense_is_a_connection_that_broke_off() {
    for answer in ["", "HTTP/1.1 20", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nx", "SSH-2.0-OpenSSH_9.6\r\n"] {
        let exchange = against("http", move |stream| async move { say(stream, answer).await }).await;
        assert_eq!(exchange, Exchange::BrokenOff, "{answer:?}");
    }
}

#[tokio::test]
async fn silence_and_slow_headers_are_cut() {
    let silent = against("http", |mut stream| async move {
        read_request(&mut stream).await;
        sleep(LIMITS.whole * 3).await;
    });
    let slow = against("http", |mut stream| async move {
        read_request(&mut stream).await;
        for byte in "HTTP/1.1 200 OK\r\nx-slow: yes\r\n".bytes().cycle() {
            let _ = stream.write_all(&[byte]).await;
            sleep(Duration::from_millis(50)).await;
        }
    });
    assert_eq!(tokio::join!(silent, slow), (Exchange::TimedOut, Exchange::TimedOut));
}

#[tokio::test]
async fn an_answer_whose_body_does_not_end_is_judged_by_its_status() {
    let slow = against("http", |mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\nab").await;
        sleep(LIMITS.whole * 3).await;
    });
    let dripping = against("http", |mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 503 X\r\ntransfer-encoding: chunked\r\n\r\n").await;
        while stream.write_all(b"1\r\nx\r\n").await.is_ok() {
            sleep(Duration::from_millis(250)).await;
        }
    });
    let (slow, dripping) = tokio::join!(slow, dripping);
    assert_eq!(slow, answered(200, "ab"));
    assert_eq!(dripping.status(), Some(503));
}

#[tokio::test]
async fn an_endless_body_is_cut_at_four_kibibytes() {
    let (told, sent) = tokio::sync::oneshot::channel();
    let told = Arc::new(std::sync::Mutex::new(Some(told)));
    let receiver = Receiver::on("127.0.0.1:0", move |mut stream| {
        let told = Arc::clone(&told);
        async move {
            read_request(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            let mut sent = 0_usize;
            while stream.write_all(&[b'x'; 1024]).await.is_ok() {
                sent += 1024;
            }
            let _ = told.lock().unwrap().take().unwrap().send(sent);
        }
    })
    .await;
    let (exchange, took) = ask("http", &receiver).await;
    assert_eq!(exchange, answered(200, &"x".repeat(500)));
    assert!(took < LIMITS.whole, "not read to the deadline: {took:?}");
    // What the two kernels hold is on its way; the client has hung up.
    assert!(sent.await.unwrap() < 32 << 20);
}

#[tokio::test]
async fn huge_headers_are_no_answer() {
    let endless = against("http", |mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        let line = format!("x-huge: {}\r\n", "y".repeat(8_000));
        while stream.write_all(line.as_bytes()).await.is_ok() {}
    });
    let many = against("http", |stream| async move {
        say(stream, &format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-many: y\r\n".repeat(1_000))).await;
    });
    assert_eq!(tokio::join!(endless, many), (Exchange::BrokenOff, Exchange::BrokenOff));
}

#[tokio::test]
async fn a_body_of_another_length_than_said_is_judged_by_the_status() {
    let short = against("http", |stream| async move {
        say(stream, "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort").await;
    });
    let long = against("http", |stream| async move {
        say(stream, "HTTP/1.1 404 X\r\ncontent-length: 2\r\n\r\nlonger than said").await;
    });
    let none = against("http", |stream| async move {
        say(stream, "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello").await;
    });
    let chunked = against("http", |stream| async move {
        say(stream, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nnonsense").await;
    });
    let contradictory = against("http", |stream| async move {
        say(stream, "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab").await;
    });
    let all = tokio::join!(short, long, none, chunked, contradictory);
    assert_eq!(all.0, answered(200, "short"));
    assert_eq!(all.1, answered(404, "lo"));
    assert_eq!(all.2, answered(204, ""));
    assert_eq!(all.3, answered(200, ""));
    assert_eq!(all.4, Exchange::BrokenOff);
}

#[tokio::test]
async fn bad_tls_is_no_connection() {
    let nonsense = against("https", |mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        sleep(LIMITS.whole * 3).await;
    });
    let closed = against("https", |mut stream| async move {
        let _ = stream.read(&mut [0; 10]).await;
    });
    let silent = against("https", |stream| async move {
        sleep(LIMITS.whole * 3).await;
        drop(stream);
    });
    let untrusted = against("https", |stream| async move {
        if let Ok(mut stream) = self_signed().accept(stream).await {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    let all = tokio::join!(nonsense, closed, silent, untrusted);
    let refused = Exchange::NotConnected;
    assert_eq!(all, (refused.clone(), refused.clone(), Exchange::TimedOut, refused));
}

fn self_signed() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn a_closed_port_is_no_connection() {
    let url = "http://127.0.0.1:9/".parse().unwrap();
    assert_eq!(outbound().send(&OutboundRequest::get(url, "id")).await, Exchange::NotConnected);
}

#[tokio::test]
async fn what_the_receiver_says_of_itself_is_kept() {
    let exchange = against("http", |stream| async move {
        let head = "HTTP/1.1 429 X\r\nretry-after: 77\r\ncontent-length: 9\r\n\r\n";
        say(stream, &format!("{head}slow\x07down")).await;
    });
    let retry_after = Some(RetryAfter::Seconds(77));
    let expected = Exchange::Answered { status: 429, excerpt: "slow down".into(), retry_after };
    assert_eq!(exchange.await, expected);
}

#[tokio::test]
async fn a_post_carries_its_body_and_every_request_its_id() {
    let receiver = Receiver::on("127.0.0.1:0", |mut stream| async move {
        let request = read_request(&mut stream).await.unwrap();
        let said = request.replace("\r\n", "|");
        let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n\r\n{said}").as_bytes()).await;
    })
    .await;
    let url: url::Url = format!("http://127.0.0.1:{}/p?q=1", receiver.port).parse().unwrap();
    let body = OutboundBody { media_type: "application/json", text: r#"{"a":1}"#.to_owned() };
    let request = OutboundRequest { body: Some(body), ..OutboundRequest::get(url, "1-2-wait-3-4") };
    let Exchange::Answered { excerpt, .. } = outbound().send(&request).await else { panic!("no answer") };
    for part in [
        "POST /p?q=1 HTTP/1.1|",
        "|content-type: application/json|",
        "|gatepost-id: 1-2-wait-3-4|",
        r#"||{"a":1}"#,
    ] {
        assert!(excerpt.contains(part), "{part} in {excerpt}");
    }
    assert!(!excerpt.contains("webhook-"), "nothing is signed without a secret");
}
