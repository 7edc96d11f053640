//! A connection to AWS that misbehaves on demand, through the SDK's own seam for HTTP clients.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::{AggregatedBytes, ByteStream};

/// The switches. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct AwsFaults {
    down: Arc<AtomicBool>,
    distance_ms: Arc<AtomicU64>,
    answers_to_lose: Arc<AtomicUsize>,
    action_to_lose: Arc<Mutex<Option<String>>>,
    refused_actions: Arc<Mutex<BTreeSet<String>>>,
    calls: Arc<Mutex<BTreeMap<String, usize>>>,
    actions: Arc<Mutex<BTreeSet<(String, String)>>>,
    rows_read: Arc<Mutex<BTreeMap<String, u64>>>,
    deaths: Arc<Mutex<BTreeMap<String, Death>>>,
}

/// When a function dies.
#[derive(Clone, Copy, Debug)]
pub struct Death {
    /// After so many more calls of AWS.
    pub calls: usize,
    /// Whether one more is carried out, without an answer.
    pub lost_answer: bool,
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answered,
    Lost,
    Refused,
}

impl AwsFaults {
    /// From now on no call gets through.
    pub fn go_down(&self) {
        self.down.store(true, Ordering::SeqCst);
    }

    /// From now on calls get through.
    pub fn come_back(&self) {
        self.down.store(false, Ordering::SeqCst);
    }

    /// From now on each call takes so many milliseconds longer, as it does over a network.
    pub fn set_distance_ms(&self, ms: u64) {
        self.distance_ms.store(ms, Ordering::SeqCst);
    }

    /// The next calls are carried out, and their answers lost.
    pub fn lose_answers(&self, count: usize) {
        self.answers_to_lose.store(count, Ordering::SeqCst);
    }

    /// The next call that needs this IAM action is carried out, and its answer lost.
    pub fn lose_answer_to(&self, action: &str) {
        *lock(&self.action_to_lose) = Some(action.to_owned());
    }

    /// From now on no call gets through that needs one of these IAM actions; with none all do again.
    pub fn refuse(&self, actions: &[&str]) {
        *lock(&self.refused_actions) = actions.iter().map(|action| (*action).to_owned()).collect();
    }

    /// From then on no call of this function gets through, as if it had been killed there.
    pub fn kill(&self, binary: &str, death: Death) {
        lock(&self.deaths).insert(binary.to_owned(), death);
    }

    /// The function may call again; whether it had died.
    #[must_use]
    pub fn revive(&self, binary: &str) -> bool {
        lock(&self.deaths).remove(binary).is_some_and(|death| death.calls == 0 && !death.lost_answer)
    }

    /// Whether a function that was to die has died by now.
    #[must_use]
    pub fn has_died(&self, binary: &str) -> bool {
        lock(&self.deaths).get(binary).is_some_and(|death| death.calls == 0 && !death.lost_answer)
    }

    fn fate(&self, binary: &str) -> Fate {
        let mut deaths = lock(&self.deaths);
        let Some(death) = deaths.get_mut(binary) else { return Fate::Answered };
        if let Some(calls) = death.calls.checked_sub(1) {
            death.calls = calls;
            return Fate::Answered;
        }
        if std::mem::take(&mut death.lost_answer) { Fate::Lost } else { Fate::Refused }
    }

    /// How many calls a function made, lost and refused ones included.
    #[must_use]
    pub fn calls_of(&self, binary: &str) -> usize {
        lock(&self.calls).get(binary).copied().unwrap_or_default()
    }

    /// How many items DynamoDB read for the queries of a function, those that a filter left out included.
    #[must_use]
    pub fn rows_read_by(&self, binary: &str) -> u64 {
        lock(&self.rows_read).get(binary).copied().unwrap_or_default()
    }

    /// The IAM actions that each function's calls needed, as (binary, `dynamodb:GetItem`), with the part of the table or
    /// the bucket where it is not the whole: `dynamodb:Query index/by_name`, `s3:GetObject media/*`.
    #[must_use]
    pub fn actions(&self) -> BTreeSet<(String, String)> {
        lock(&self.actions).clone()
    }

    /// An HTTP client for the SDKs of one function that obeys the switches.
    #[must_use]
    pub fn http_client(&self, binary: &str) -> SharedHttpClient {
        let (inner, faults) = (shared::aws::http_client(), self.clone());
        SharedHttpClient::new(FaultyHttp { inner, faults, binary: binary.into() })
    }

    /// Notes what a query cost and gives the answer on as it came.
    async fn note_rows(&self, binary: &str, answer: &mut HttpResponse) {
        let body = ByteStream::new(answer.take_body()).collect().await.map(AggregatedBytes::into_bytes);
        let body = body.unwrap_or_default();
        let read: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        *lock(&self.rows_read).entry(binary.to_owned()).or_default() +=
            read["ScannedCount"].as_u64().unwrap_or_default();
        *answer.body_mut() = SdkBody::from(body);
    }

    /// Notes a call; what is to become of it by what it needs.
    fn note(&self, binary: &str, request: &HttpRequest) -> Fate {
        *lock(&self.calls).entry(binary.to_owned()).or_default() += 1;
        let (service, needed) = match target(request) {
            Some((service, operation)) => {
                let service = if service.starts_with("DynamoDB") { "dynamodb" } else { "sqs" };
                let body = request.body().bytes().unwrap_or_default();
                (service, needed_actions(operation, &serde_json::from_slice(body).unwrap_or_default()))
            }
            None => ("s3", needed_object_actions(request)),
        };
        let needed: Vec<_> = needed.into_iter().map(|action| format!("{service}:{action}")).collect();
        for action in &needed {
            self.note_action(binary, action);
        }
        let is_it = |action: &mut String| needed.iter().any(|needed| needed.starts_with(action.as_str()));
        if needed.iter().any(|action| lock(&self.refused_actions).contains(action)) {
            return Fate::Refused;
        }
        if lock(&self.action_to_lose).take_if(is_it).is_some() { Fate::Lost } else { Fate::Answered }
    }

    /// Who may not list a bucket is answered 403 for an object that is absent.
    fn note_answer(&self, binary: &str, is_object: bool, status: u16) {
        if is_object && status == 404 {
            self.note_action(binary, "s3:ListBucket");
        }
    }

    fn note_action(&self, binary: &str, action: &str) {
        lock(&self.actions).insert((binary.to_owned(), action.to_owned()));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The service and the operation that a request names; S3 is the one that names none.
fn target(request: &HttpRequest) -> Option<(&str, &str)> {
    request.headers().get("x-amz-target")?.split_once('.')
}

/// The IAM actions of a request to S3, by method and headers: a copy reads what it writes.
fn needed_object_actions(request: &HttpRequest) -> Vec<String> {
    // The path is /<bucket>/<key>, of the key the part before its first slash.
    let path = request.uri().split_once("://").map_or(request.uri(), |(_, rest)| rest);
    let written = path.split(['/', '?']).nth(2).unwrap_or_default();
    let copied = request.headers().get("x-amz-copy-source").and_then(|source| source.split('/').nth(1));
    let action = match request.method() {
        "PUT" | "POST" => "PutObject",
        "DELETE" => "DeleteObject",
        _ => "GetObject",
    };
    let read = copied.map(|folder| format!("GetObject {folder}/*"));
    read.into_iter().chain([format!("{action} {written}/*")]).collect()
}

/// The IAM actions of an operation: a transaction needs those of its steps.
fn needed_actions(operation: &str, body: &serde_json::Value) -> Vec<String> {
    match operation {
        "Query" => match body["IndexName"].as_str() {
            Some(index) => vec![format!("Query index/{index}")],
            None => vec!["Query".to_owned()],
        },
        "TransactWriteItems" => {
            let steps = body["TransactItems"].as_array().into_iter().flatten();
            let names = steps.filter_map(|step| step.as_object()).flat_map(|step| step.keys());
            names.map(|name| format!("{name}Item")).collect()
        }
        "SendMessageBatch" => vec!["SendMessage".to_owned()],
        other => vec![other.to_owned()],
    }
}

#[derive(Clone, Debug)]
struct FaultyHttp {
    inner: SharedHttpClient,
    faults: AwsFaults,
    binary: Arc<str>,
}

impl HttpClient for FaultyHttp {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector { inner, http: self.clone() })
    }
}

#[derive(Clone, Debug)]
struct FaultyConnector {
    inner: SharedHttpConnector,
    http: FaultyHttp,
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { inner, http: FaultyHttp { faults, binary, .. } } = self.clone();
        let noted = faults.note(&binary, &request);
        let is_object = target(&request).is_none();
        HttpConnectorFuture::new(async move {
            let fate = faults.fate(&binary);
            if faults.down.load(Ordering::SeqCst) || [noted, fate].contains(&Fate::Refused) {
                return Err(ConnectorError::io("refused by a switch".into()));
            }
            let distance_ms = faults.distance_ms.load(Ordering::SeqCst);
            if distance_ms > 0 {
                tokio::time::sleep(Duration::from_millis(distance_ms)).await;
            }
            let is_query = request.headers().get("x-amz-target").is_some_and(|name| name.ends_with(".Query"));
            let mut answer = inner.call(request).await;
            if let (Ok(answer), true) = (&mut answer, is_query) {
                faults.note_rows(&binary, answer).await;
            }
            let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
            faults.note_answer(&binary, is_object, status);
            let lose = |left: usize| left.checked_sub(1);
            if [noted, fate].contains(&Fate::Lost) {
                return Err(ConnectorError::io("lost by a switch".into()));
            }
            if faults.answers_to_lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lose).is_ok() {
                return Err(ConnectorError::io("lost by a switch".into()));
            }
            answer
        })
    }
}
