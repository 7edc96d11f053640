//! The Lambda Runtime API, below `/<binary>/<instance>`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::Value;

use super::{FunctionError, Lambda};
use crate::template::{ACCOUNT, REGION};

/// A Lambda answer may be 6 MB; a request body as a base64 event is larger than that.
const BODY_LIMIT_BYTES: usize = 16 << 20;

/// The routes that the functions' processes call.
pub fn router(lambda: Arc<Lambda>) -> Router {
    let runtime = "/{binary}/{instance}/2018-06-01/runtime";
    Router::new()
        .route(&format!("{runtime}/invocation/next"), get(next))
        .route(&format!("{runtime}/invocation/{{request_id}}/response"), post(respond))
        .route(&format!("{runtime}/invocation/{{request_id}}/error"), post(fail))
        .route(&format!("{runtime}/init/error"), post(fail_initialization))
        .layer(axum::extract::DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .with_state(lambda)
}

async fn next(State(lambda): State<Arc<Lambda>>, Path((binary, instance)): Path<(String, u64)>) -> Response {
    let Some(pool) = lambda.pool(&binary) else { return StatusCode::NOT_FOUND.into_response() };
    let invocation = pool.next(instance).await;
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.request_id),
        ("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", pool.name()),
        ),
    ];
    (headers, Json(invocation.event)).into_response()
}

async fn respond(
    State(lambda): State<Arc<Lambda>>,
    Path((binary, instance, request_id)): Path<(String, u64, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let trailer = headers.get("lambda-runtime-function-error-type").and_then(|kind| kind.to_str().ok());
    let reply = match (trailer, serde_json::from_slice::<Value>(&body)) {
        (Some(kind), _) => Err(FunctionError::new(kind, String::from_utf8_lossy(&body))),
        (None, Ok(answer)) => Ok(answer),
        (None, Err(_)) if body.is_empty() => Ok(Value::Null),
        (None, Err(error)) => Err(FunctionError::new("Runtime.InvalidResponse", error.to_string())),
    };
    finish(&lambda, &binary, instance, &request_id, reply)
}

async fn fail(
    State(lambda): State<Arc<Lambda>>,
    Path((binary, instance, request_id)): Path<(String, u64, String)>,
    body: Bytes,
) -> StatusCode {
    finish(&lambda, &binary, instance, &request_id, Err(reported(&body)))
}

async fn fail_initialization(
    State(lambda): State<Arc<Lambda>>,
    Path((binary, _instance)): Path<(String, u64)>,
    body: Bytes,
) -> StatusCode {
    let Some(pool) = lambda.pool(&binary) else { return StatusCode::NOT_FOUND };
    pool.fail_initialization(reported(&body));
    StatusCode::ACCEPTED
}

fn finish(
    lambda: &Lambda,
    binary: &str,
    instance: u64,
    request_id: &str,
    reply: Result<Value, FunctionError>,
) -> StatusCode {
    let known = lambda.pool(binary).is_some_and(|pool| pool.complete(instance, request_id, reply));
    if known { StatusCode::ACCEPTED } else { StatusCode::BAD_REQUEST }
}

fn reported(body: &[u8]) -> FunctionError {
    serde_json::from_slice(body)
        .unwrap_or_else(|_| FunctionError::new("Runtime.Unknown", String::from_utf8_lossy(body)))
}
