//! Visitors who are sent on: from an ad to Telegram, and from a message to where its link leads.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, REFERRER_POLICY, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;

use super::http::{Answer, Request, text};
use crate::app::{App, Visit, Visitor};
use crate::domain::fetcher::{PURPOSE_HEADERS, is_ahead, is_fetcher};
use crate::error::AppResult;

/// When a visitor may try again where nothing is known of the code, in seconds.
const RETRY_AFTER_SECONDS: u64 = 2;

/// Sends a visitor of `/go/{code}` on: 302 to the deep link, 404 unknown code, 503 with `Retry-After` try again.
pub async fn go(app: &App, request: Request) -> Answer {
    let parameters = request.path_parameters_ref();
    let code = parameters.and_then(|parameters| parameters.first("code")).unwrap_or_default();
    let query = request.uri().query().unwrap_or_default();
    sent_on(app.receive_visit(code, query, visit(&request)).await)
}

/// Sends on who comes by `/r/{token}`, and counts a person's click: 302, 404 for what is no tracked link, 503 with
/// `Retry-After` try again. `HEAD` counts nobody.
pub async fn follow(app: &App, request: Request) -> Answer {
    let parameters = request.path_parameters_ref();
    let token = parameters.and_then(|parameters| parameters.first("token")).unwrap_or_default();
    let visitor = match *request.method() {
        Method::GET if !is_program(request.headers()) => Visitor::Person,
        Method::GET | Method::HEAD => Visitor::Fetcher,
        _ => return sent_on(Ok(None)),
    };
    sent_on(app.follow_link(token, visitor).await)
}

/// Whether a program asks of itself, by what it calls itself and what it says that it is about.
fn is_program(headers: &HeaderMap) -> bool {
    let value = |name: &str| {
        let value = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        value.unwrap_or_default()
    };
    is_fetcher(&value("user-agent")) || PURPOSE_HEADERS.iter().any(|name| is_ahead(&value(name)))
}

fn sent_on(link: AppResult<Option<String>>) -> Answer {
    match link {
        Ok(link) => match link.and_then(|link| HeaderValue::try_from(link).ok()) {
            Some(link) => {
                let mut found = page(StatusCode::FOUND, "");
                found.headers_mut().insert(LOCATION, link);
                found
            }
            None => page(StatusCode::NOT_FOUND, "There is nothing behind this link."),
        },
        Err(error) => {
            tracing::error!(?error, "a visitor was not sent on");
            let mut later = page(StatusCode::SERVICE_UNAVAILABLE, "Please try this link again in a moment.");
            later.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_SECONDS.into());
            later
        }
    }
}

/// Who visits, by the word of API Gateway.
fn visit(request: &Request) -> Visit {
    let user_agent =
        request.headers().get("user-agent").map(|value| String::from_utf8_lossy(value.as_bytes()));
    let ip = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
        _ => None,
    };
    Visit { ip: ip.unwrap_or_default(), user_agent: user_agent.unwrap_or_default().into_owned() }
}

/// Every visit counts, so nothing is kept by caches; the next page does not learn of the ad's address.
fn page(status: StatusCode, body: &str) -> Answer {
    let mut page = text(status, body);
    let headers = page.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    page
}
