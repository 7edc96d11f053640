//! From a use case's outcome to the User API's answer: always HTTP 200, `status` says which.

use http::StatusCode;
use serde::Serialize;

use super::http::{Answer, json};
use crate::error::{AppError, AppResult};

#[derive(Serialize)]
struct Success<T> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
}

#[derive(Serialize)]
struct Failure<'a> {
    status: &'static str,
    error: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<&'static str>,
}

/// `{"status":"ok","data":…}`, or without `data` where there is none.
pub fn user_api<T: Serialize>(outcome: AppResult<Option<T>>) -> Answer {
    let body = outcome.and_then(|data| {
        let body = serde_json::to_string(&Success { status: "ok", data });
        body.map_err(|error| AppError::unavailable(format!("an answer does not write: {error}")))
    });
    match body {
        Ok(body) => json(StatusCode::OK, body),
        Err(error) => failure(&error),
    }
}

/// The stable word for an error in the User API.
fn word(error: &AppError) -> &'static str {
    match error {
        AppError::Unauthorized => "key",
        AppError::Suspended => "ban",
        AppError::UnknownRoute => "func",
        AppError::Parameter { .. } => "param",
        AppError::NotFound(_) => "notfound",
        AppError::ChatTaken | AppError::BotTaken => "exists",
        AppError::NoChat => "nochat",
        AppError::CampaignLimit => "limit",
        AppError::TokenRefused => "token",
        AppError::WebhookRefused => "webhook",
        AppError::Unavailable { .. } => "db",
    }
}

fn failure(error: &AppError) -> Answer {
    if let AppError::Unavailable { internal } = error {
        tracing::error!(internal, "unavailable");
    }
    let param = match error {
        AppError::Parameter { name, .. } => Some(*name),
        _ => None,
    };
    let failure = Failure { status: "error", error: word(error), message: &error.to_string(), param };
    json(StatusCode::OK, serde_json::to_string(&failure).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(answer: &Answer) -> &str {
        match answer.body() {
            lambda_http::Body::Text(text) => text,
            other => panic!("not text: {other:?}"),
        }
    }

    #[test]
    fn answers_read_as_the_contract_spells_them() {
        insta::assert_snapshot!(body(&user_api::<()>(Ok(None))), @r#"{"status":"ok"}"#);
        insta::assert_snapshot!(body(&user_api(Ok(Some([1])))), @r#"{"status":"ok","data":[1]}"#);
        let error = user_api::<()>(Err(AppError::parameter("bot", "must be a number")));
        insta::assert_snapshot!(body(&error), @r#"{"status":"error","error":"param","message":"bot: must be a number","param":"bot"}"#);
        let outage = user_api::<()>(Err(AppError::unavailable("secret detail")));
        insta::assert_snapshot!(body(&outage), @r#"{"status":"error","error":"db","message":"temporarily unavailable, try again"}"#);
    }
}
