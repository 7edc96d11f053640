//! Tests through HTTP, on loopback only.

mod api;
mod chats;
mod control;
mod delivery;
mod faults;
mod persistence;
mod refusals;
mod shapes;
mod specification;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::{Value, json};

use crate::{Bot, ChatKind, DeliveryTiming, NewChat, NewUser, Simulator, SimulatorOptions};

/// Quick enough for tests, slow enough to be told apart.
const TIMING: DeliveryTiming =
    DeliveryTiming { answer_timeout_ms: 400, first_pause_ms: 50, longest_pause_ms: 200 };

pub struct Rig {
    pub simulator: Simulator,
    pub origin: String,
    pub client: reqwest::Client,
    pub bot: Bot,
}

pub async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

impl Rig {
    pub async fn new() -> Self {
        let options = SimulatorOptions { data_file: None, public_url: "http://127.0.0.1".to_owned() };
        let simulator = Simulator::start_with_timing(options, TIMING).unwrap();
        let address = serve(simulator.router()).await;
        let client = crate::delivery::client(DeliveryTiming::default()).unwrap();
        let bot = simulator.create_bot("shop_bot", "Shop");
        Self { simulator, origin: format!("http://{address}"), client, bot }
    }

    /// Calls the Bot API; the whole answer and its status.
    pub async fn call(&self, method: &str, parameters: Value) -> (u16, Value) {
        let url = format!("{}/simulator/api/bot{}/{method}", self.origin, self.bot.token);
        let response = self.client.post(url).json(&parameters).send().await.unwrap();
        let status = response.status().as_u16();
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["ok"] == json!(true), status == 200, "{answer}");
        if status != 200 {
            assert_eq!(answer["error_code"], json!(status));
        }
        (status, answer)
    }

    /// The result of a call that has to succeed, of a type that the specification names.
    pub async fn result(&self, method: &str, parameters: Value) -> Value {
        let (status, answer) = self.call(method, parameters).await;
        assert_eq!(status, 200, "{method}: {answer}");
        let specification = self.simulator.specification();
        let returns = &specification.method(method).unwrap().returns;
        assert_eq!(specification.check_any(returns, &answer["result"], method), Ok(()));
        answer["result"].clone()
    }

    /// The status and description of a call that has to fail.
    pub async fn refusal(&self, method: &str, parameters: Value) -> (u16, String) {
        let (status, answer) = self.call(method, parameters).await;
        assert_ne!(status, 200, "{method}: {answer}");
        (status, answer["description"].as_str().unwrap().to_owned())
    }

    pub async fn control(&self, verb: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/simulator/control{path}", self.origin);
        let verb = reqwest::Method::from_bytes(verb.as_bytes()).unwrap();
        let response = self.client.request(verb, url).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// A person who has started the bot.
    pub fn subscriber(&self, name: &str) -> i64 {
        let user = self.simulator.create_user(NewUser::named(name));
        self.simulator.start_bot(user, &self.bot.username, "").unwrap();
        user
    }

    /// A channel that the bot administers.
    pub fn channel(&self) -> i64 {
        self.chat(ChatKind::Channel, false)
    }

    pub fn chat(&self, kind: ChatKind, join_by_request: bool) -> i64 {
        let chat = self.simulator.create_chat(NewChat { join_by_request, ..NewChat::new("News", kind) });
        self.simulator.promote(self.bot.id, chat).unwrap();
        chat
    }

    /// Sets the webhook, wanting everything.
    pub async fn listen(&self) -> Webhook {
        let webhook = Webhook::start().await;
        self.result("setWebhook", webhook.parameters()).await;
        webhook
    }
}

pub const EVERYTHING: [&str; 5] =
    ["message", "my_chat_member", "chat_member", "chat_join_request", "callback_query"];

/// A webhook that keeps what it gets and answers as told.
#[derive(Clone)]
pub struct Webhook {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    updates: Vec<Value>,
    secrets: Vec<Option<String>>,
    answers: VecDeque<(u16, Option<&'static str>, Duration)>,
    in_flight: usize,
    most_in_flight: usize,
    pause: Duration,
}

impl Webhook {
    pub async fn start() -> Self {
        let inner = Arc::new(Mutex::new(Inner::default()));
        let router = Router::new().route("/hook", post(take)).with_state(Arc::clone(&inner));
        let address = serve(router).await;
        Self { url: format!("http://{address}/hook"), inner }
    }

    pub fn parameters(&self) -> Value {
        json!({ "url": self.url, "secret_token": "s3cret", "allowed_updates": EVERYTHING })
    }

    /// The next answers, before it accepts everything again.
    pub fn answer_next(&self, status: u16, retry_after: Option<&'static str>, pause: Duration) {
        self.inner.lock().unwrap().answers.push_back((status, retry_after, pause));
    }

    pub fn set_pause(&self, pause: Duration) {
        self.inner.lock().unwrap().pause = pause;
    }

    pub fn updates(&self) -> Vec<Value> {
        self.inner.lock().unwrap().updates.clone()
    }

    pub fn secrets(&self) -> Vec<Option<String>> {
        self.inner.lock().unwrap().secrets.clone()
    }

    pub fn most_in_flight(&self) -> usize {
        self.inner.lock().unwrap().most_in_flight
    }

    /// Waits until so many calls have come in.
    pub async fn wait_for(&self, count: usize) -> Vec<Value> {
        for _ in 0..500 {
            let updates = self.updates();
            if updates.len() >= count {
                return updates;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("only {} of {count} updates came", self.updates().len());
    }
}

async fn take(
    State(inner): State<Arc<Mutex<Inner>>>,
    headers: HeaderMap,
    axum::Json(update): axum::Json<Value>,
) -> impl IntoResponse {
    let (status, retry_after, pause) = {
        let mut inner = inner.lock().unwrap();
        let secret = headers.get("x-telegram-bot-api-secret-token");
        inner.secrets.push(secret.map(|value| value.to_str().unwrap().to_owned()));
        inner.updates.push(update);
        inner.in_flight += 1;
        inner.most_in_flight = inner.most_in_flight.max(inner.in_flight);
        let usual = (200, None, inner.pause);
        inner.answers.pop_front().unwrap_or(usual)
    };
    tokio::time::sleep(pause).await;
    inner.lock().unwrap().in_flight -= 1;
    let mut headers = HeaderMap::new();
    if let Some(seconds) = retry_after {
        headers.insert("retry-after", seconds.parse().unwrap());
    }
    (StatusCode::from_u16(status).unwrap(), headers)
}

/// Waits until all updates are accepted.
pub async fn drained(simulator: &Simulator) {
    for _ in 0..500 {
        if simulator.pending_updates() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} updates are still pending", simulator.pending_updates());
}
