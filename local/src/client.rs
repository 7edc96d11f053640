//! A client of the APIs of a running system, for the demo and the tests.

use std::time::Duration;

use serde_json::Value;

/// One account's view of the User API.
#[derive(Clone, Debug)]
pub struct ApiClient {
    http: reqwest::Client,
    base_url: String,
    key: String,
}

/// A call that got no answer, or none in JSON.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct CallError {
    path: String,
    source: reqwest::Error,
}

impl ApiClient {
    /// A client with an account's key.
    ///
    /// # Errors
    ///
    /// [`reqwest::Error`] if TLS cannot be set up; a build fault.
    pub fn new(base_url: String, key: String) -> Result<Self, reqwest::Error> {
        let http = shared::tls::http_client().timeout(Duration::from_secs(30)).build()?;
        Ok(Self { http, base_url, key })
    }

    /// Reads, with the parameters in `path_and_query`.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn get(&self, path_and_query: &str) -> Result<Value, CallError> {
        self.send(self.http.get(format!("{}{path_and_query}", self.base_url)), path_and_query).await
    }

    /// Writes, with the parameters in a JSON object.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, CallError> {
        self.send(self.http.post(format!("{}{path}", self.base_url)).json(body), path).await
    }

    async fn send(&self, request: reqwest::RequestBuilder, path: &str) -> Result<Value, CallError> {
        let answer = async { request.bearer_auth(&self.key).send().await?.json().await };
        answer.await.map_err(|source| CallError { path: path.to_owned(), source })
    }
}
