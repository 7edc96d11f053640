//! Receivers that never come to an end are cut when a postback's own ten seconds are over, as they see it themselves.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::client::{Exchange, Limits, Outbound, TARGET_TIMEOUT};
use super::request::OutboundRequest;
use super::resolver::system_lookup;
use super::test_receiver::{Receiver, read_request};

/// How much later than a timer of the same length a connection may be closed.
const GRACE: Duration = Duration::from_millis(100);

/// How often the test is tried before the clock of a busy machine is believed.
const TRIES: usize = 3;

/// Between two pieces of an answer.
const PAUSE: Duration = Duration::from_millis(250);

/// How a receiver goes on for ever: what it says first, and then again and again.
type Endless = (&'static str, &'static str);

const SILENCE: Endless = ("", "");
const SLOW_HEADERS: Endless = ("HTTP/1.1 200 OK\r\n", "x: y\r\n");
const SLOW_BODY: Endless = ("HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n", "ab");
const ENDLESS_BODY: Endless = ("HTTP/1.1 503 X\r\ntransfer-encoding: chunked\r\n\r\n", "1\r\nx\r\n");

/// What came of asking a receiver of this kind, and when it found its connection closed.
async fn ask((first, again): Endless) -> (Exchange, Instant) {
    let (told, mut closed) = mpsc::unbounded_channel();
    let receiver = Receiver::on("127.0.0.1:0", move |mut stream| {
        let told = told.clone();
        async move {
            read_request(&mut stream).await;
            let _ = stream.write_all(first.as_bytes()).await;
            until_closed(&mut stream, again).await;
            let _ = told.send(Instant::now());
        }
    })
    .await;
    let outbound = Outbound::within(Limits::STANDARD, |_| true, system_lookup()).unwrap();
    let url = format!("http://127.0.0.1:{}/", receiver.port).parse().unwrap();
    let exchange = outbound.send(&OutboundRequest::get(url, "id")).await;
    (exchange, closed.recv().await.unwrap())
}

async fn until_closed(stream: &mut TcpStream, again: &str) {
    let mut buffer = [0; 64];
    loop {
        tokio::select! {
            read = stream.read(&mut buffer) => if matches!(read, Ok(0) | Err(_)) {
                return;
            },
            () = sleep(PAUSE) => if stream.write_all(again.as_bytes()).await.is_err() {
                return;
            },
        }
    }
}

/// When a timer of a postback's length rings on this machine, as it is now.
async fn timer() -> Instant {
    sleep(TARGET_TIMEOUT).await;
    Instant::now()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_end_is_cut_after_ten_seconds_and_not_before() {
    let mut late = Vec::new();
    for _ in 0..TRIES {
        let began = Instant::now();
        let asked = tokio::join!(ask(SILENCE), ask(SLOW_HEADERS), ask(SLOW_BODY), ask(ENDLESS_BODY), timer());
        let (silence, headers, slow, endless, timer) = asked;
        assert_eq!((silence.0, headers.0), (Exchange::TimedOut, Exchange::TimedOut));
        assert_eq!((slow.0.status(), endless.0.status()), (Some(200), Some(503)));
        let closed = [silence.1, headers.1, slow.1, endless.1].map(|closed| closed - began);
        assert!(closed.iter().all(|closed| *closed >= TARGET_TIMEOUT - GRACE), "cut early: {closed:?}");
        let limit = timer - began + GRACE;
        if closed.iter().all(|closed| *closed <= limit) {
            return;
        }
        late.push((limit, closed));
    }
    panic!("cut late: {late:?}");
}
