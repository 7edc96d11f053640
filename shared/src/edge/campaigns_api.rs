//! What every route of the Campaigns API does before its own work: find the account, read the path, query and body.

use std::collections::BTreeMap;
use std::str::FromStr;

use lambda_http::RequestExt;
use serde_json::{Map, Value};

use super::exact_numbers::inexact_number;
use super::http::Request;
use super::user_api::bearer_key;
use crate::app::App;
use crate::error::{AppError, AppResult, Fault};
use crate::ids::AccountId;
use crate::secret::ApiKey;

/// A body is no longer than this, in bytes.
const BODY_BYTES: usize = 256 * 1024;

/// The other header that a key may come in.
const KEY_HEADER: &str = "x-api-key";

/// The parameter of a link's query that a key may come in.
const KEY_PARAMETER: &str = "apiKey";

/// A call whose key was checked.
#[derive(Debug)]
pub struct Call {
    /// Who calls.
    pub account: AccountId,
    /// The parameter `id` of the path; empty where the path has none.
    pub id: String,
    /// The parameter `delivery` of the path; empty where the path has none.
    pub delivery: String,
    /// The body; empty where none was sent.
    pub body: Map<String, Value>,
    query: BTreeMap<String, String>,
}

impl Call {
    /// Checks the key and reads the rest.
    ///
    /// # Errors
    ///
    /// - [`AppError::Unauthorized`], [`AppError::Suspended`] by the key.
    /// - [`AppError::Invalid`] for a body that is no JSON object, or too long.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn open(app: &App, request: &Request) -> AppResult<Self> {
        Self::open_under(app, request, key_of(request), query_of(request)).await
    }

    /// The same for a call that may come as a bare link, with the key in the query; the query stands for the body.
    ///
    /// # Errors
    ///
    /// As [`Call::open`].
    pub async fn open_link(app: &App, request: &Request) -> AppResult<Self> {
        let mut query = query_of(request);
        let key = query.remove(KEY_PARAMETER).and_then(|key| ApiKey::parse(key.trim()));
        let mut call = Self::open_under(app, request, key_of(request).or(key), query).await?;
        let given = call.query.iter().filter(|(_, value)| !value.is_empty());
        call.body = given.map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        Ok(call)
    }

    async fn open_under(
        app: &App,
        request: &Request,
        key: Option<ApiKey>,
        query: BTreeMap<String, String>,
    ) -> AppResult<Self> {
        let account = app.authenticate(key).await?;
        let path = request.path_parameters_ref();
        let named = |name| path.as_ref().and_then(|path| path.first(name)).unwrap_or_default().to_owned();
        let (id, delivery) = (named("id"), named("delivery"));
        Ok(Self { account: account.id, id, delivery, body: read_body(request.body().as_ref())?, query })
    }

    /// A parameter of the query; `None` if it is absent or empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A whole number of the query within bounds, or what stands for an absent one.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] if it is something else.
    pub fn number(&self, name: &str, absent: u64, least: u64, most: u64) -> AppResult<u64> {
        let Some(text) = self.text(name) else { return Ok(absent) };
        let number = u64::from_str(text).ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| invalid(name, format!("must be a whole number from {least} to {most}")))
    }

    /// One of some words of the query.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] if it is another word.
    pub fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> AppResult<Option<T>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        found.map(Some).ok_or_else(|| invalid(name, format!("must be one of {}", known.join(", "))))
    }
}

/// One fault.
#[must_use]
pub fn invalid(field: &str, reason: impl Into<String>) -> AppError {
    AppError::Invalid(vec![Fault { field: field.to_owned(), reason: reason.into() }])
}

/// The key of either header.
fn key_of(request: &Request) -> Option<ApiKey> {
    let plain_key = || ApiKey::parse(request.headers().get(KEY_HEADER)?.to_str().ok()?.trim());
    bearer_key(request).or_else(plain_key)
}

fn query_of(request: &Request) -> BTreeMap<String, String> {
    let query = request.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn read_body(body: &[u8]) -> AppResult<Map<String, Value>> {
    if body.len() > BODY_BYTES {
        return Err(invalid("body", format!("must have at most {BODY_BYTES} bytes")));
    }
    if body.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    let read = serde_json::from_slice(body).map_err(|_| invalid("body", "must be a JSON object"))?;
    match inexact_number(body) {
        Some(number) => {
            let reason = format!("has a number with more digits than are kept, to be sent as text: {number}");
            Err(invalid("body", reason))
        }
        None => Ok(read),
    }
}
