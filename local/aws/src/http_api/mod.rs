//! The HTTP API: routes requests to functions with payload format 2.0.

mod answer;
mod event;
mod route;
mod sound;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::lambda::Lambda;
use crate::template::FunctionSpec;
use event::Incoming;
use route::Routes;

struct Gateway {
    routes: Routes,
    lambda: Arc<Lambda>,
    port: u16,
    body_limit_bytes: usize,
}

/// `extra_routes`, and below them every route of the functions; `port` is where they are served.
pub fn router(
    functions: &[FunctionSpec],
    lambda: Arc<Lambda>,
    port: u16,
    body_limit_bytes: usize,
    extra_routes: Router,
) -> Router {
    let gateway = Arc::new(Gateway { routes: Routes::new(functions), lambda, port, body_limit_bytes });
    extra_routes.fallback_service(Router::new().fallback(serve).with_state(gateway))
}

async fn serve(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if !sound::is_sound(&parts) {
        return answer::refusal(StatusCode::BAD_REQUEST, "Bad Request");
    }
    let Some(matched) = gateway.routes.find(parts.method.as_str(), parts.uri.path()) else {
        return answer::refusal(StatusCode::NOT_FOUND, "Not Found");
    };
    let Ok(body) = axum::body::to_bytes(body, gateway.body_limit_bytes).await else {
        return answer::refusal(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let event = Incoming { parts: &parts, body: &body, peer, port: gateway.port, matched: &matched }.event();
    let invocation = gateway.lambda.invoke(&matched.entry.binary, event);
    match tokio::time::timeout(matched.entry.timeout, invocation).await {
        Ok(Ok(reply)) => answer::response(&reply),
        Ok(Err(error)) if !error.is_timeout() => {
            answer::refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
        Ok(Err(_)) | Err(_) => answer::refusal(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}
