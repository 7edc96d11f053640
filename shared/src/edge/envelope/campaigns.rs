//! The Campaigns API's answers: the HTTP status says how it went, `code` why not.

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde::Serialize;
use serde_json::{Value, json as object};

use super::super::http::{Answer, json};
use crate::domain::outreach::{CampaignRefusal, OutreachStatus, Refusal};
use crate::error::{AppError, AppResult};

/// After how many seconds to try again what was unavailable.
const RETRY_SECONDS: u16 = 1;

/// An answer's data, and the HTTP status it comes with.
#[derive(Clone, Debug)]
pub enum Answered<T> {
    /// 200.
    Found(T),
    /// 201: something is there that was not.
    Made(T),
    /// 202: something was begun.
    Begun(T),
    /// One of the others; a repeat of the call under its key is answered what stands beside it.
    Once(Box<Self>, T),
}

impl<T> Answered<T> {
    /// The same, of which a repeat of the call under its key is answered, and nothing kept, but this: for answers with
    /// something that is shown once, or with people, who may be erased meanwhile.
    #[must_use]
    pub fn kept_as(self, kept: T) -> Self {
        Self::Once(Box::new(self), kept)
    }

    /// The answer to the call itself, and the one to its repeats; `None` if they are the same.
    pub(in crate::edge) fn apart(self) -> (Self, Option<Self>) {
        let Self::Once(shown, kept) = self else { return (self, None) };
        let kept = match *shown {
            Self::Made(_) => Self::Made(kept),
            Self::Begun(_) => Self::Begun(kept),
            Self::Found(_) | Self::Once(..) => Self::Found(kept),
        };
        (*shown, Some(kept))
    }
}

#[derive(Serialize)]
struct Success<T> {
    success: bool,
    data: T,
}

#[derive(Serialize)]
struct Failure {
    success: bool,
    error: String,
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Value>,
    retryable: bool,
}

/// `{"success":true,"data":…}` or `{"success":false,"error":…,"code":…}`.
pub fn campaigns_api<T: Serialize>(outcome: AppResult<Answered<T>>) -> Answer {
    let written = outcome.and_then(|reply| {
        let (status, data) = match reply.apart().0 {
            Answered::Found(data) | Answered::Once(_, data) => (StatusCode::OK, data),
            Answered::Made(data) => (StatusCode::CREATED, data),
            Answered::Begun(data) => (StatusCode::ACCEPTED, data),
        };
        let body = serde_json::to_string(&Success { success: true, data });
        let body = body.map_err(|error| AppError::unavailable(format!("an answer does not write: {error}")));
        Ok(json(status, body?))
    });
    written.unwrap_or_else(|error| failure(&error))
}

fn failure(error: &AppError) -> Answer {
    if let AppError::Unavailable { internal } = error {
        tracing::error!(internal, "unavailable");
    }
    let (status, code) = status_and_code(error);
    let failure = Failure {
        success: false,
        error: error.to_string(),
        code,
        details: details(error),
        retryable: error.retryable(),
    };
    let mut answer = json(status, serde_json::to_string(&failure).unwrap_or_default());
    if error.retryable() {
        answer.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS.into());
    }
    answer
}

fn status_and_code(error: &AppError) -> (StatusCode, String) {
    let (status, code) = match error {
        AppError::Unauthorized => (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
        AppError::Suspended => (StatusCode::FORBIDDEN, "FORBIDDEN"),
        AppError::UnknownRoute => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        AppError::NotFound(noun) => {
            return (StatusCode::NOT_FOUND, format!("{}_NOT_FOUND", noun.to_ascii_uppercase()));
        }
        AppError::Refused(refusal) => (StatusCode::CONFLICT, refusal_code(refusal.refusal)),
        AppError::VersionConflict => (StatusCode::CONFLICT, "VERSION_CONFLICT"),
        AppError::KeyOfOtherCall | AppError::CallUnderWay => (StatusCode::CONFLICT, "IDEMPOTENCY_CONFLICT"),
        AppError::SegmentInUse { .. } => (StatusCode::CONFLICT, "SEGMENT_IN_USE"),
        AppError::NotRedeliverable(_) => (StatusCode::CONFLICT, "NOT_REDELIVERABLE"),
        AppError::InvalidCursor => (StatusCode::BAD_REQUEST, "INVALID_CURSOR"),
        AppError::ChatTaken | AppError::BotTaken => (StatusCode::CONFLICT, "CONFLICT"),
        AppError::NoContent => (StatusCode::UNPROCESSABLE_ENTITY, "NO_CONTENT"),
        AppError::EmptyAudience => (StatusCode::UNPROCESSABLE_ENTITY, "EMPTY_AUDIENCE"),
        AppError::UnsupportedFilter(_) => (StatusCode::UNPROCESSABLE_ENTITY, "UNSUPPORTED_FILTER"),
        AppError::Parameter { .. }
        | AppError::Invalid(_)
        | AppError::NoChat
        | AppError::CampaignLimit
        | AppError::TokenRefused
        | AppError::WebhookRefused
        | AppError::FileMissing
        | AppError::MediaType
        | AppError::MediaSize(_) => (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"),
        AppError::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "TEMPORARILY_UNAVAILABLE"),
    };
    (status, code.to_owned())
}

const fn refusal_code(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Transition => "INVALID_STATUS_TRANSITION",
        Refusal::InProgress => "EXECUTION_IN_PROGRESS",
        Refusal::Locked => "CAMPAIGN_LOCKED",
        Refusal::NotDeletable => "CAMPAIGN_NOT_DELETABLE",
        Refusal::Expired => "CAMPAIGN_EXPIRED",
        Refusal::Superseded => "EXECUTION_SUPERSEDED",
        Refusal::Triggered => "EXECUTION_TRIGGERED",
        Refusal::OverBudget => "BUDGET_EXCEEDED",
    }
}

fn details(error: &AppError) -> Option<Value> {
    match error {
        AppError::Invalid(faults) | AppError::UnsupportedFilter(faults) => Some(object!(faults)),
        AppError::Parameter { name, reason } => Some(object!([{"field": name, "reason": reason}])),
        AppError::Refused(CampaignRefusal { from, action, allowed, .. }) => {
            let allowed: Vec<_> = allowed.iter().copied().map(OutreachStatus::name).collect();
            Some(object!({"from": from.name(), "to": action.name(), "allowed": allowed}))
        }
        AppError::SegmentInUse { campaigns, segments } => {
            Some(object!({"campaigns": campaigns, "segments": segments}))
        }
        _ => None,
    }
}
