//! From a use case's outcome to an answer. The User API's is always HTTP 200, and `status` says which.

mod campaigns;

use http::StatusCode;
use serde::Serialize;

pub use campaigns::{Answered, campaigns_api};

use super::http::{Answer, json};
use crate::error::{AppError, AppResult};

/// What stands in the answer to a call that succeeded, beside its status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reply<T> {
    /// What was asked for; `None` where the call only acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<T>,
    /// How many there are in all, of a list that comes in pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// The cursor of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> From<Option<T>> for Reply<T> {
    fn from(data: Option<T>) -> Self {
        Self { data, total: None, next: None }
    }
}

#[derive(Serialize)]
struct Success<T> {
    status: &'static str,
    #[serde(flatten)]
    reply: Reply<T>,
}

#[derive(Serialize)]
struct Failure<'a> {
    status: &'static str,
    error: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<&'static str>,
}

/// `{"status":"ok","data":…}`, or without `data` where there is none; a page has `total` and `next` beside it.
pub fn user_api<T: Serialize>(outcome: AppResult<impl Into<Reply<T>>>) -> Answer {
    let body = outcome.and_then(|reply| {
        let body = serde_json::to_string(&Success { status: "ok", reply: reply.into() });
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
        AppError::Parameter { .. } | AppError::Invalid(_) | AppError::UnsupportedFilter(_) => "param",
        AppError::NotFound(_) => "notfound",
        // Outreach alone answers these, and not by this API.
        AppError::Refused(_)
        | AppError::VersionConflict
        | AppError::KeyOfOtherCall
        | AppError::CallUnderWay
        | AppError::NoContent
        | AppError::EmptyAudience
        | AppError::SegmentInUse { .. }
        | AppError::NotRedeliverable(_)
        | AppError::InvalidCursor => "param",
        AppError::ChatTaken | AppError::BotTaken => "exists",
        AppError::NoChat => "nochat",
        AppError::CampaignLimit => "limit",
        AppError::TokenRefused => "token",
        AppError::WebhookRefused => "webhook",
        AppError::FileMissing => "file",
        AppError::MediaType => "type",
        AppError::MediaSize(_) => "size",
        AppError::Unavailable { .. } => "db",
    }
}

/// `{"status":"error",…}`; an outage is told to the log.
pub(super) fn failure(error: &AppError) -> Answer {
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

    fn refused(error: AppError) -> Answer {
        user_api(Err::<Option<()>, _>(error))
    }

    #[test]
    fn answers_read_as_the_contract_spells_them() {
        insta::assert_snapshot!(body(&user_api::<()>(Ok(None::<()>))), @r#"{"status":"ok"}"#);
        insta::assert_snapshot!(body(&user_api(Ok(Some([1])))), @r#"{"status":"ok","data":[1]}"#);
        let page = Reply { data: Some([1]), total: Some(2), next: Some("c".into()) };
        insta::assert_snapshot!(body(&user_api(Ok(page))), @r#"{"status":"ok","data":[1],"total":2,"next":"c"}"#);
        let error = refused(AppError::parameter("bot", "must be a number"));
        insta::assert_snapshot!(body(&error), @r#"{"status":"error","error":"param","message":"bot: must be a number","param":"bot"}"#);
        let outage = refused(AppError::unavailable("secret detail"));
        insta::assert_snapshot!(body(&outage), @r#"{"status":"error","error":"db","message":"temporarily unavailable, try again"}"#);
    }
}
