//! A cloud with handlers written in the test.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use local_aws::{Cloud, CloudOptions, Environment, FunctionError, Functions, Handler, StartError, Template};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Longer than anything here may take.
pub const LIMIT: Duration = Duration::from_secs(10);

/// Events in the order of their invocations.
pub type Events = Arc<Mutex<Vec<Value>>>;

/// What a world is made of.
pub struct Plan {
    pub template: String,
    pub handlers: BTreeMap<&'static str, Handler>,
    pub ephemeral: bool,
}

impl Plan {
    pub fn new(template: &str) -> Self {
        Self { template: template.to_owned(), handlers: BTreeMap::new(), ephemeral: true }
    }

    pub fn durable(mut self) -> Self {
        self.ephemeral = false;
        self
    }

    pub fn function<F, A>(mut self, binary: &'static str, function: F) -> Self
    where
        F: Fn(Value) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Value, FunctionError>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |invocation| Box::pin(function(invocation.event)));
        self.handlers.insert(binary, handler);
        self
    }

    /// A function that keeps its events and answers by their number, from 0.
    pub fn recording<F>(self, binary: &'static str, events: &Events, answer: F) -> Self
    where
        F: Fn(usize, &Value) -> Result<Value, FunctionError> + Send + Sync + 'static,
    {
        let events = Arc::clone(events);
        self.function(binary, move |event| {
            let mut events = events.lock().unwrap();
            let answer = answer(events.len(), &event);
            events.push(event);
            async move { answer }
        })
    }

    pub async fn start(self) -> World {
        let data = TempDir::new().unwrap();
        let cloud = self.start_in(data.path()).await.unwrap();
        World { cloud, data }
    }

    pub async fn start_in(self, data: &Path) -> Result<Cloud, StartError> {
        let handlers = self.handlers;
        let find = move |binary: &str, _: &Environment| handlers.get(binary).map(Arc::clone);
        start(&self.template, data, self.ephemeral, Functions::InProcess(Box::new(find))).await
    }
}

pub async fn start(
    template: &str,
    data: &Path,
    ephemeral: bool,
    functions: Functions,
) -> Result<Cloud, StartError> {
    Cloud::start(CloudOptions {
        template: Template::parse(template).unwrap(),
        listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        body_limit_bytes: 10 << 20,
        data: data.to_owned(),
        ephemeral,
        parameters: BTreeMap::new(),
        environment: Environment::from([("GREETING".to_owned(), "hello".to_owned())]),
        functions,
        extra_routes: axum::Router::new().route("/healthz", axum::routing::get(|| async { "well" })),
    })
    .await
}

/// A cloud and its directory.
pub struct World {
    pub cloud: Cloud,
    pub data: TempDir,
}

/// What a client sees.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// One HTTP request on a connection of its own.
pub async fn request(base: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let host = base.trim_start_matches("http://");
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    raw(base, &[head.as_bytes(), body].concat()).await
}

/// Sends bytes as they are on a connection of their own, and reads until its end.
pub async fn raw(base: &str, bytes: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(base.trim_start_matches("http://")).await.unwrap();
    // A server that refuses a large body may close before it has read all of it.
    let _ = stream.write_all(bytes).await;
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a response head");
    let head = String::from_utf8(response[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    Reply {
        status,
        headers: headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
        body: response[end + 4..].to_vec(),
    }
}

pub async fn get(cloud: &Cloud, path: &str) -> Reply {
    request(&cloud.base_url(), "GET", path, &[], b"").await
}

fn endpoint(cloud: &Cloud, service: &str) -> String {
    cloud.aws_environment()[&format!("AWS_ENDPOINT_URL_{service}")].clone()
}

fn credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "test")
}

pub fn dynamodb(cloud: &Cloud) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(aws_sdk_dynamodb::config::Region::new("us-east-1"))
        .endpoint_url(endpoint(cloud, "DYNAMODB"))
        .credentials_provider(credentials())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

pub fn sqs(cloud: &Cloud) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
        .region(aws_sdk_sqs::config::Region::new("us-east-1"))
        .endpoint_url(endpoint(cloud, "SQS"))
        .credentials_provider(credentials())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_sqs::Client::from_conf(config)
}

pub async fn put(cloud: &Cloud, key: &str) {
    let put = dynamodb(cloud).put_item().table_name("Table").item("PK", AttributeValue::S(key.to_owned()));
    put.item("value", AttributeValue::N("1".to_owned())).send().await.unwrap();
}

/// Puts items in one transaction, so that the stream has all of them at once.
pub async fn put_together(cloud: &Cloud, keys: &[&str]) {
    let mut transaction = dynamodb(cloud).transact_write_items();
    for key in keys {
        let put = Put::builder().table_name("Table").item("PK", AttributeValue::S((*key).to_owned())).build();
        transaction = transaction.transact_items(TransactWriteItem::builder().put(put.unwrap()).build());
    }
    transaction.send().await.unwrap();
}

pub async fn send(cloud: &Cloud, logical_id: &str, body: &str) {
    let url = cloud.queue_url(logical_id).unwrap();
    sqs(cloud).send_message().queue_url(url).message_body(body).send().await.unwrap();
}

/// Seconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "signatures and expiry go by the wall clock")]
pub fn now_s() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

/// Waits until `done` holds.
pub async fn until(what: &str, done: impl Fn() -> bool) {
    let waited = tokio::time::timeout(LIMIT, async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("{what} did not come about"));
}

pub fn fail(message: &str) -> Result<Value, FunctionError> {
    Err(FunctionError::new("Refused", message))
}

pub fn done() -> Result<Value, FunctionError> {
    Ok(json!({}))
}

pub fn bodies(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().unwrap();
    records.iter().map(|record| record["body"].as_str().unwrap().to_owned()).collect()
}

pub fn keys(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().unwrap();
    let key = |record: &Value| record["dynamodb"]["Keys"]["PK"]["S"].as_str().unwrap().to_owned();
    records.iter().map(key).collect()
}
