//! A receiver of HTTP calls: whatever comes to `/simulator/receiver/…` is kept and answered.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde::{Deserialize, Serialize};

use crate::simulator::Simulator;

const MAX_POSTBACKS: usize = 100_000;
const MAX_KEPT_BYTES: usize = 128 * 1024 * 1024;
const MAX_READ_BYTES: usize = 2 * 1024 * 1024;
const MAX_BODY_BYTES: usize = 64 * 1024;

/// One call that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceivedPostback {
    /// Counts up from 1.
    pub number: u64,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// What follows `/simulator/receiver`, with its slash.
    pub path: String,
    /// Raw, without the question mark; empty if there was none.
    pub query: String,
    /// Names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// Cut at 64 KiB; bytes that are no UTF-8 are replaced.
    pub body: String,
}

/// How the receiver answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReceiverAnswer {
    /// HTTP status.
    pub status: u16,
    /// The pause before the answer.
    pub delay_ms: u64,
}

impl Default for ReceiverAnswer {
    fn default() -> Self {
        Self { status: 200, delay_ms: 0 }
    }
}

#[derive(Default)]
pub struct Receiver {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    answer: ReceiverAnswer,
    postbacks: VecDeque<ReceivedPostback>,
    size_bytes: usize,
    count: u64,
}

impl Receiver {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, mut postback: ReceivedPostback) {
        self.count += 1;
        postback.number = self.count;
        self.size_bytes += size_bytes(&postback);
        self.postbacks.push_back(postback);
        while self.postbacks.len() > MAX_POSTBACKS || self.size_bytes > MAX_KEPT_BYTES {
            let Some(oldest) = self.postbacks.pop_front() else { return };
            self.size_bytes -= size_bytes(&oldest);
        }
    }
}

fn size_bytes(postback: &ReceivedPostback) -> usize {
    let headers: usize = postback.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    postback.path.len() + postback.query.len() + postback.body.len() + headers
}

impl Simulator {
    /// What came in, oldest first; the last 100,000, and at most 128 MiB.
    #[must_use]
    pub fn postbacks(&self) -> Vec<ReceivedPostback> {
        self.receiver().lock().postbacks.iter().cloned().collect()
    }

    /// The last so many, newest first, and how many came in altogether.
    #[must_use]
    pub fn latest_postbacks(&self, most: usize) -> (u64, Vec<ReceivedPostback>) {
        let kept = self.receiver().lock();
        (kept.count, kept.postbacks.iter().rev().take(most).cloned().collect())
    }

    /// Forgets what came in.
    pub fn clear_postbacks(&self) {
        let mut kept = self.receiver().lock();
        *kept = Kept { answer: kept.answer, ..Kept::default() };
    }

    /// Sets how the receiver answers from now on.
    pub fn set_receiver(&self, answer: ReceiverAnswer) {
        self.receiver().lock().answer = answer;
    }

    /// How the receiver answers.
    #[must_use]
    pub fn receiver_answer(&self) -> ReceiverAnswer {
        self.receiver().lock().answer
    }
}

pub fn router(simulator: &Simulator) -> Router {
    Router::new().route("/", any(receive)).route("/{*path}", any(receive)).with_state(simulator.clone())
}

async fn receive(State(simulator): State<Simulator>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_READ_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let kept_body = body.get(..MAX_BODY_BYTES).unwrap_or(&body);
    let postback = ReceivedPostback {
        number: 0,
        at_ms: simulator.read(|world| world.clock.now_ms()),
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(header).collect(),
        body: String::from_utf8_lossy(kept_body).into_owned(),
    };
    let answer = {
        let mut kept = simulator.receiver().lock();
        kept.keep(postback);
        kept.answer
    };
    if answer.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(answer.delay_ms)).await;
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    if status.is_success() { (status, "ok").into_response() } else { status.into_response() }
}
