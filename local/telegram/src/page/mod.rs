//! The page on which a person plays the subscriber: `GET /simulator`.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::simulator::Simulator;

/// Nothing from elsewhere, and no script but the page's own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

pub fn router(_simulator: &Simulator) -> Router {
    let file = |content_type: &'static str, text: &'static str| {
        get(move || async move { shown(content_type, text) })
    };
    Router::new()
        .route("/simulator", file(HTML, include_str!("index.html")))
        .route("/simulator/", file(HTML, include_str!("index.html")))
        .route("/simulator/page/style.css", file(CSS, include_str!("style.css")))
        .route("/simulator/page/app.js", file(JAVASCRIPT, include_str!("app.js")))
        .route("/simulator/page/dom.js", file(JAVASCRIPT, include_str!("dom.js")))
        .route("/simulator/page/conversation.js", file(JAVASCRIPT, include_str!("conversation.js")))
        .route("/simulator/page/faults.js", file(JAVASCRIPT, include_str!("faults.js")))
        .route("/simulator/page/lists.js", file(JAVASCRIPT, include_str!("lists.js")))
}

fn shown(content_type: &'static str, text: &'static str) -> Response {
    let headers =
        [(CONTENT_TYPE, content_type), (CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "no-cache")];
    (headers, text).into_response()
}
