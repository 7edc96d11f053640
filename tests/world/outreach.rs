use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{Account, Reply};

impl Account {
    /// Calls the Campaigns API; without a body where it is null.
    pub async fn v1(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.v1_with(method, path, body, |request| request).await
    }

    /// The same under a key for repeated calls.
    pub async fn v1_under(&self, key: &str, method: &str, path: &str, body: &Value) -> Reply {
        let key = reqwest::header::HeaderValue::from_bytes(key.as_bytes()).unwrap();
        self.v1_with(method, path, body, |request| request.header("Idempotency-Key", key)).await
    }

    async fn v1_with(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        change: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Reply {
        let request = self.request(method, &format!("/api/v1/{path}")).bearer_auth(&self.key);
        let request = if body.is_null() { request } else { request.json(body) };
        let reply = Reply::of(change(request)).await;
        assert_eq!(reply.content_type, "application/json", "{method} {path}: {}", reply.text);
        reply
    }

    /// Asks for the file of a campaign's deliveries, and follows no redirect.
    pub async fn deliveries_file(&self, campaign: &str, query: &str) -> Reply {
        let path = format!("/api/v1/campaigns/{campaign}/export{query}");
        Reply::of(self.request("GET", &path).bearer_auth(&self.key)).await
    }

    /// Makes an outreach campaign, and answers its id.
    pub async fn outreach_campaign(&self, changes: &Value) -> String {
        let mut body = json!({"name": "Sale", "type": "message", "messages": [{"content": "Hello"}]});
        let changes = changes.as_object().cloned().unwrap_or_default();
        body.as_object_mut().unwrap().extend(changes);
        let reply = self.v1("POST", "campaigns", &body).await;
        reply.success(201)["id"].as_str().unwrap().to_owned()
    }
}

impl Reply {
    /// The data of a success with this HTTP status.
    pub fn success(&self, code: u16) -> Value {
        let mut json = self.json();
        assert_eq!((self.code, &json["success"]), (code, &json!(true)), "{}", self.text);
        json["data"].take()
    }

    /// The HTTP status and the code of a failure.
    pub fn failure(&self) -> (u16, String) {
        let json = self.json();
        assert_eq!(json["success"], json!(false), "{}", self.text);
        assert!(json["error"].as_str().is_some_and(|error| !error.is_empty()), "{}", self.text);
        (self.code, json["code"].as_str().unwrap().to_owned())
    }

    /// The fields that a failure finds fault with.
    pub fn faulty_fields(&self) -> Vec<String> {
        let json = self.json();
        let details = json["details"].as_array().unwrap_or_else(|| panic!("no details: {}", self.text));
        details.iter().map(|fault| fault["field"].as_str().unwrap().to_owned()).collect()
    }
}
