//! A webhook for a bot that Telegram cannot reach: the system talks to the Bot API through `/poll`, which passes
//! every call on except `setWebhook` and `deleteWebhook`. Those start and stop fetching updates by `getUpdates`
//! and bringing them to the webhook, in order, until it takes them. `getWebhookInfo` tells of that webhook, unless
//! Telegram has another one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::telegram::AllowedUpdate;
use tokio::task::JoinHandle;

/// How long Telegram may hold a `getUpdates` open.
const LONG_POLL_SECONDS: u64 = 25;

/// The pause after an update was not taken, or no updates could be had.
const PAUSE: Duration = Duration::from_secs(2);

/// The longest answer to `getWebhookInfo`.
const ANSWER_BYTES: usize = 64 << 10;

/// Where a bot's updates go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Webhook {
    url: String,
    secret: String,
}

/// The bots that are polled; clones share them.
#[derive(Clone)]
pub(crate) struct Poller(Arc<Shared>);

struct Shared {
    http: reqwest::Client,
    telegram_url: String,
    path: PathBuf,
    webhooks: Mutex<HashMap<String, Webhook>>,
    tasks: Mutex<HashMap<String, JoinHandle<()>>>,
}

impl Poller {
    /// Goes on polling the bots that were polled before.
    pub(crate) fn start(telegram_url: String, path: PathBuf) -> Result<Self, reqwest::Error> {
        let http = shared::tls::http_client().timeout(Duration::from_secs(LONG_POLL_SECONDS + 10)).build()?;
        let webhooks = read(&path);
        let shared = Shared {
            http,
            telegram_url,
            path,
            webhooks: Mutex::new(webhooks.clone()),
            tasks: Mutex::default(),
        };
        let poller = Self(Arc::new(shared));
        for (token, webhook) in webhooks {
            poller.poll(token, webhook);
        }
        Ok(poller)
    }

    /// The Bot API as the functions see it.
    pub(crate) fn router(&self) -> Router {
        Router::new().route("/poll/{token}/{method}", any(pass_on)).with_state(self.clone())
    }

    pub(crate) async fn stop(&self) {
        let tasks: Vec<_> = lock(&self.0.tasks).drain().collect();
        for (_, task) in tasks {
            task.abort();
            let _ = task.await;
        }
    }

    fn set(&self, token: &str, webhook: Option<Webhook>) -> std::io::Result<()> {
        if let Some(task) = lock(&self.0.tasks).remove(token) {
            task.abort();
        }
        let mut webhooks = lock(&self.0.webhooks);
        match &webhook {
            Some(webhook) => webhooks.insert(token.to_owned(), webhook.clone()),
            None => webhooks.remove(token),
        };
        write(&self.0.path, &webhooks)?;
        drop(webhooks);
        if let Some(webhook) = webhook {
            self.poll(token.to_owned(), webhook);
        }
        Ok(())
    }

    fn poll(&self, token: String, webhook: Webhook) {
        let poller = self.clone();
        let bot = token.clone();
        let task = tokio::spawn(async move { poller.poll_for_ever(&bot, &webhook).await });
        lock(&self.0.tasks).insert(token, task);
    }

    async fn poll_for_ever(&self, token: &str, webhook: &Webhook) {
        let mut offset = 0;
        loop {
            match self.updates(token, offset).await {
                Some(updates) => {
                    for update in updates {
                        offset = update["update_id"].as_i64().unwrap_or(offset) + 1;
                        self.bring(webhook, &update).await;
                    }
                }
                None => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    async fn updates(&self, token: &str, offset: i64) -> Option<Vec<Value>> {
        let kinds = AllowedUpdate::ALL.map(AllowedUpdate::name);
        let parameters = json!({"offset": offset, "timeout": LONG_POLL_SECONDS, "allowed_updates": kinds});
        let url = format!("{}/{token}/getUpdates", self.0.telegram_url);
        let answer = self.0.http.post(url).json(&parameters).send().await.ok()?;
        let mut answer: Value = answer.json().await.ok()?;
        match answer["result"].take() {
            Value::Array(updates) => Some(updates),
            _ => None,
        }
    }

    async fn bring(&self, webhook: &Webhook, update: &Value) {
        loop {
            let request =
                self.0.http.post(&webhook.url).header("x-telegram-bot-api-secret-token", &webhook.secret);
            match request.json(update).send().await {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) if answer.status() == StatusCode::BAD_REQUEST => return,
                _ => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

/// Answers one Bot API call of the functions.
async fn pass_on(
    State(poller): State<Poller>,
    UrlPath((token, method)): UrlPath<(String, String)>,
    verb: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match method.as_str() {
        "setWebhook" => match serde_json::from_slice::<SetWebhook>(&body) {
            Ok(SetWebhook { url, secret_token }) => {
                // getUpdates is refused while an older webhook is set.
                let cleared = poller.forward(&token, "deleteWebhook", Method::POST, None, Bytes::new()).await;
                if cleared.status() != StatusCode::OK {
                    return cleared;
                }
                taken(poller.set(&token, Some(Webhook { url, secret: secret_token })))
            }
            Err(_) => StatusCode::BAD_REQUEST.into_response(),
        },
        "deleteWebhook" => taken(poller.set(&token, None)),
        "getWebhookInfo" => poller.webhook_info(&token).await,
        _ => poller.forward(&token, &method, verb, headers.get(header::CONTENT_TYPE).cloned(), body).await,
    }
}

#[derive(Deserialize)]
struct SetWebhook {
    url: String,
    secret_token: String,
}

fn taken(outcome: std::io::Result<()>) -> Response {
    match outcome {
        Ok(()) => axum::Json(json!({"ok": true, "result": true})).into_response(),
        Err(error) => {
            tracing::error!(%error, "the polled bots cannot be kept");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

impl Poller {
    /// What Telegram would say if it brought the updates itself. A webhook that somebody else set is told as it is: it
    /// keeps updates from being fetched, until the bot sets its own again.
    async fn webhook_info(&self, token: &str) -> Response {
        let told = self.forward(token, "getWebhookInfo", Method::POST, None, Bytes::new()).await;
        if told.status() != StatusCode::OK {
            return told;
        }
        let Ok(body) = axum::body::to_bytes(told.into_body(), ANSWER_BYTES).await else {
            return StatusCode::BAD_GATEWAY.into_response();
        };
        let mut answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let own = lock(&self.0.webhooks).get(token).map(|webhook| webhook.url.clone());
        if let (Some(url), Some("")) = (own, answer["result"]["url"].as_str()) {
            answer["result"]["url"] = url.into();
            answer["result"]["allowed_updates"] = json!(AllowedUpdate::ALL.map(AllowedUpdate::name));
        }
        axum::Json(answer).into_response()
    }

    async fn forward(
        &self,
        token: &str,
        method: &str,
        verb: Method,
        content_type: Option<header::HeaderValue>,
        body: Bytes,
    ) -> Response {
        let url = format!("{}/{token}/{method}", self.0.telegram_url);
        let mut request = self.0.http.request(verb, url).body(body);
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let Ok(answer) = request.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
        let status = answer.status();
        match answer.bytes().await {
            Ok(body) => (status, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(_) => StatusCode::BAD_GATEWAY.into_response(),
        }
    }
}

fn read(path: &Path) -> HashMap<String, Webhook> {
    std::fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// Tokens are in this file, so only its owner may read it.
fn write(path: &Path, webhooks: &HashMap<String, Webhook>) -> std::io::Result<()> {
    crate::data_folder::write_private(path, serde_json::to_string(webhooks)?.as_bytes())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
