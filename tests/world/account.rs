use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use serde_json::{Value, json};
use shared::ids::AccountId;
use shared::secret::ApiKey;
use url::form_urlencoded::Serializer;

use super::World;

/// An account as its owner sees it: a key and the User API.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: AccountId,
    pub key: String,
    http: reqwest::Client,
    base_url: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub code: u16,
    pub content_type: String,
    pub retry_after: Option<u64>,
    pub location: String,
    pub replayed: bool,
    pub text: String,
}

impl World {
    /// An account as the store has it, with these of its attributes: for what no operator's command sets.
    pub async fn stored_account(&self, attributes: Value) -> Account {
        let store = &self.system.app.store;
        let id = store.next_account_id().await.unwrap();
        let key = ApiKey::generate(id).unwrap();
        let mut account = json!({
            "id": id, "name": "stored", "status": "active", "key_hash": key.hash(), "created": 0,
        });
        for (name, value) in attributes.as_object().unwrap() {
            account[name] = value.clone();
        }
        store.create_account(&serde_json::from_value(account).unwrap()).await.unwrap();
        self.account_of(id, key.reveal())
    }
}

impl Reply {
    /// Sends a request.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let header = |name| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.map(str::to_owned)
        };
        Self {
            code: response.status().as_u16(),
            content_type: header(CONTENT_TYPE).unwrap_or_default(),
            retry_after: header(RETRY_AFTER).and_then(|seconds| seconds.parse().ok()),
            location: header(LOCATION).unwrap_or_default(),
            replayed: response.headers().get("Idempotent-Replayed").is_some_and(|value| value == "true"),
            text: response.text().await.unwrap(),
        }
    }

    /// Sends a request to the User API, whose every answer is 200 and JSON.
    pub async fn of_api(request: RequestBuilder) -> Self {
        let reply = Self::of(request).await;
        assert_eq!((reply.code, reply.content_type.as_str()), (200, "application/json"), "{}", reply.text);
        reply
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The error's word; empty if it is none.
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    /// The data of a success.
    pub fn data(&self) -> Value {
        let mut json = self.json();
        assert_eq!(json["status"], "ok", "{}", self.text);
        json["data"].take()
    }
}

impl Account {
    pub fn new(id: AccountId, key: String, http: reqwest::Client, base_url: String) -> Self {
        Self { id, key, http, base_url }
    }

    /// Reads, with the parameters in `path`.
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// A request to the system as it is, without the key.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("{}{path}", self.base_url))
    }

    pub async fn get(&self, path: &str) -> Reply {
        let request = self.http.get(format!("{}{path}", self.base_url));
        Reply::of_api(request.bearer_auth(&self.key)).await
    }

    /// Writes, with the parameters in a JSON object.
    pub async fn post_json(&self, path: &str, body: &Value) -> Reply {
        let request = self.http.post(format!("{}{path}", self.base_url)).json(body);
        Reply::of_api(request.bearer_auth(&self.key)).await
    }

    /// Writes, with the parameters in a form.
    pub async fn post_form(&self, path: &str, fields: &Value) -> Reply {
        let request = self.http.post(format!("{}{path}", self.base_url)).body(form(fields));
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        Reply::of_api(request.bearer_auth(&self.key)).await
    }

    /// Asks for the file of leads, and follows no redirect.
    pub async fn export(&self, query: &str) -> Reply {
        let request = self.http.get(format!("{}/api/leads/export.csv{query}", self.base_url));
        Reply::of(request.bearer_auth(&self.key)).await
    }

    /// What answers behind a redirect.
    pub async fn look(&self, redirect: &Reply) -> Reply {
        Reply::of(self.http.get(&redirect.location)).await
    }

    /// What stands behind a redirect.
    pub async fn follow(&self, redirect: &Reply) -> String {
        let reply = self.look(redirect).await;
        assert_eq!(reply.code, 200, "{}", reply.text);
        reply.text
    }

    /// Calls with the parameters where the method has them: in the query, or in a JSON object.
    pub async fn call(&self, method: &str, path: &str, parameters: &Value) -> Reply {
        match method {
            "GET" => self.get(&format!("{path}?{}", form(parameters))).await,
            _ => self.post_json(path, parameters).await,
        }
    }
}

/// An object's fields, spelled as a form or a query.
pub fn form(fields: &Value) -> String {
    let mut form = Serializer::new(String::new());
    for (name, value) in fields.as_object().into_iter().flatten() {
        form.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    form.finish()
}
