//! A function's answer as a response.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// API Gateway's own answers.
pub fn refusal(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({"message": message}))).into_response()
}

/// What the client gets. An answer without `statusCode` is itself the body of a 200; a malformed one is a 500.
pub fn response(answer: &Value) -> Response {
    let response = if answer.get("statusCode").is_some() { formatted(answer) } else { inferred(answer) };
    response.unwrap_or_else(|| {
        tracing::warn!("the function's answer is not a response of payload format 2.0");
        refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
    })
}

fn inferred(answer: &Value) -> Option<Response> {
    let body = match answer {
        Value::String(text) => text.clone(),
        other => serde_json::to_string(other).ok()?,
    };
    Some(([(CONTENT_TYPE, "application/json")], body).into_response())
}

fn formatted(answer: &Value) -> Option<Response> {
    let status = match &answer["statusCode"] {
        Value::String(text) => text.parse().ok()?,
        number => u16::try_from(number.as_u64()?).ok()?,
    };
    let mut response = Response::new(Body::from(body(answer)?));
    *response.status_mut() = StatusCode::from_u16(status).ok()?;
    *response.headers_mut() = headers(answer)?;
    Some(response)
}

fn body(answer: &Value) -> Option<Vec<u8>> {
    let text = match &answer["body"] {
        Value::Null => "",
        Value::String(text) => text,
        _ => return None,
    };
    if answer["isBase64Encoded"].as_bool().unwrap_or(false) {
        STANDARD.decode(text).ok()
    } else {
        Some(text.as_bytes().to_vec())
    }
}

/// `multiValueHeaders` stand in for the same names in `headers`.
fn headers(answer: &Value) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        headers.insert(HeaderName::try_from(name).ok()?, header_value(value)?);
    }
    for (name, values) in answer["multiValueHeaders"].as_object().into_iter().flatten() {
        let name = HeaderName::try_from(name).ok()?;
        headers.remove(&name);
        for value in values.as_array()? {
            headers.append(&name, header_value(value)?);
        }
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        headers.append(SET_COOKIE, header_value(cookie)?);
    }
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("text/plain;charset=UTF-8"));
    Some(headers)
}

fn header_value(value: &Value) -> Option<HeaderValue> {
    match value {
        Value::String(text) => HeaderValue::try_from(text).ok(),
        Value::Number(_) | Value::Bool(_) => HeaderValue::try_from(value.to_string()).ok(),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
