//! A request as a payload 2.0 event.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::route::Match;
use crate::clock;
use crate::template::ACCOUNT;

/// A request with its body read and its route found.
pub struct Incoming<'a> {
    /// Everything but the body.
    pub parts: &'a Parts,
    /// The body.
    pub body: &'a [u8],
    /// Who sent it.
    pub peer: SocketAddr,
    /// Where it was received.
    pub port: u16,
    /// Its route.
    pub matched: &'a Match<'a>,
}

impl Incoming<'_> {
    /// The event; as with API Gateway, what a request does not have is left out.
    pub fn event(&self) -> Value {
        let uri = &self.parts.uri;
        let raw_query = uri.query().unwrap_or_default();
        let mut event = Map::new();
        let mut put = |key: &str, value: Value| event.insert(key.to_owned(), value);
        put("version", json!("2.0"));
        put("routeKey", json!(self.matched.entry.key));
        put("rawPath", json!(uri.path()));
        put("rawQueryString", json!(raw_query));
        put("headers", json!(self.headers()));
        put("requestContext", self.context());
        let cookies = cookies(&self.parts.headers);
        if !cookies.is_empty() {
            put("cookies", json!(cookies));
        }
        let query = joined(url::form_urlencoded::parse(raw_query.as_bytes()));
        if !query.is_empty() {
            put("queryStringParameters", json!(query));
        }
        if !self.matched.parameters.is_empty() {
            put("pathParameters", json!(self.matched.parameters));
        }
        let text = self.text();
        put("isBase64Encoded", json!(text.is_none()));
        if !self.body.is_empty() {
            put("body", json!(text.map_or_else(|| STANDARD.encode(self.body), str::to_owned)));
        }
        Value::Object(event)
    }

    fn headers(&self) -> BTreeMap<String, String> {
        let sent = self.parts.headers.iter().filter(|(name, _)| *name != COOKIE);
        let mut headers =
            joined(sent.map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()))));
        // Never the client's word: a function takes the scheme of its own URI from here.
        headers.insert("x-forwarded-for".into(), self.peer.ip().to_string());
        headers.insert("x-forwarded-port".into(), self.port.to_string());
        headers.insert("x-forwarded-proto".into(), "http".into());
        headers
    }

    fn context(&self) -> Value {
        let now_ms = clock::now_ms();
        let host = self.header(&HOST);
        json!({
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.split('.').next().unwrap_or_default(),
            "http": {
                "method": self.parts.method.as_str(),
                "path": self.parts.uri.path(),
                "protocol": format!("{:?}", self.parts.version),
                "sourceIp": self.peer.ip().to_string(),
                "userAgent": self.header(&USER_AGENT),
            },
            "requestId": uuid::Uuid::new_v4().to_string(),
            "routeKey": self.matched.entry.key,
            "stage": "$default",
            "time": clock::access_log(now_ms),
            "timeEpoch": now_ms,
        })
    }

    /// The body, if API Gateway takes it for text and it is.
    fn text(&self) -> Option<&str> {
        if self.body.is_empty() {
            return Some("");
        }
        let content_type = self.header(&CONTENT_TYPE);
        is_text(content_type).then(|| std::str::from_utf8(self.body).ok()).flatten()
    }

    fn header(&self, name: &HeaderName) -> &str {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

fn is_text(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(
            kind.as_str(),
            "application/json"
                | "application/javascript"
                | "application/xml"
                | "application/x-www-form-urlencoded"
        )
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let cookies = lines.flat_map(|line| line.split(';'));
    cookies.map(|cookie| cookie.trim().to_owned()).filter(|cookie| !cookie.is_empty()).collect()
}

/// Pairs as a map; repeated names have their values joined with commas.
fn joined<K: AsRef<str>, V: AsRef<str>>(pairs: impl Iterator<Item = (K, V)>) -> BTreeMap<String, String> {
    let mut map = BTreeMap::<String, String>::new();
    for (name, value) in pairs {
        map.entry(name.as_ref().to_owned())
            .and_modify(|values| {
                values.push(',');
                values.push_str(value.as_ref());
            })
            .or_insert_with(|| value.as_ref().to_owned());
    }
    map
}
