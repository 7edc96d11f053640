//! Answers of the control API.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::ControlError;
use crate::updates::MadeUpdate;

/// What every handler returns.
pub type Answer = Result<Json<Value>, ControlError>;

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Invalid { .. } => StatusCode::BAD_REQUEST,
            Self::Unknown { .. } => StatusCode::NOT_FOUND,
        };
        (status, Json(json!({ "error": self.to_string() }))).into_response()
    }
}

/// Anything as JSON.
pub fn shown(value: &impl Serialize) -> Answer {
    let value = serde_json::to_value(value);
    value.map(Json).map_err(|error| ControlError::invalid("answer", error.to_string()))
}

/// The updates that an operation made.
pub fn made(updates: &[MadeUpdate]) -> Answer {
    Ok(Json(json!({ "updates": updates })))
}

/// An operation that made no update.
pub fn done() -> Answer {
    made(&[])
}

pub async fn no_such_route() -> ControlError {
    ControlError::unknown("route", "see the documentation of the control API")
}
