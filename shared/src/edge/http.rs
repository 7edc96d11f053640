//! Functions behind the HTTP API.

use std::process::ExitCode;
use std::sync::Arc;

use futures::future::BoxFuture;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Body, Response, Service};
use lambda_runtime::LambdaEvent;
use serde_json::Value;

use super::HandlerError;
use crate::app::App;

/// A request as a handler sees it.
pub type Request = lambda_http::Request;

/// An answer as a handler gives it.
pub type Answer = Response<Body>;

/// One route of the HTTP API, and the binary that serves it.
#[derive(Clone, Copy)]
pub struct Route {
    /// The name of the binary, and of the route's folder in `events/`.
    pub binary: &'static str,
    /// `GET`, `POST` or `ANY`.
    pub method: &'static str,
    /// As the template spells it, `{name}` for parameters.
    pub path: &'static str,
    /// Answers a request; never fails, an error is an answer.
    pub handle: for<'a> fn(&'a App, Request) -> BoxFuture<'a, Answer>,
}

/// Serves a route to the Lambda runtime until the sandbox ends.
#[must_use]
pub fn serve(route: Route) -> ExitCode {
    super::run(|app| async move {
        app.store.connect().await;
        lambda_http::run(service(route, app)).await
    })
}

/// The same for a route that answers without looking anything up.
#[must_use]
pub fn serve_without_storage(route: Route) -> ExitCode {
    super::run(|app| lambda_http::run(service(route, app)))
}

/// Answers one event of the HTTP API, JSON in and JSON out.
///
/// # Errors
///
/// If the event is no HTTP API event.
pub async fn invoke(route: Route, app: Arc<App>, event: LambdaEvent<Value>) -> Result<Value, HandlerError> {
    let request: LambdaRequest = serde_json::from_value(event.payload)?;
    let answer = Adapter::from(service(route, app)).call(LambdaEvent::new(request, event.context)).await?;
    Ok(serde_json::to_value(answer)?)
}

fn service(
    route: Route,
    app: Arc<App>,
) -> impl Service<
    Request,
    Response = Answer,
    Error = HandlerError,
    Future = BoxFuture<'static, Result<Answer, HandlerError>>,
> + Clone {
    lambda_http::service_fn(move |request: Request| {
        let app = Arc::clone(&app);
        let answer: BoxFuture<'static, _> = Box::pin(async move { Ok((route.handle)(&app, request).await) });
        answer
    })
}

/// An answer with a JSON body.
#[must_use]
pub fn json(status: StatusCode, body: String) -> Answer {
    let mut answer = text(status, body);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// An answer with a plain body.
#[must_use]
pub fn text(status: StatusCode, body: impl Into<String>) -> Answer {
    let mut answer = Response::new(Body::Text(body.into()));
    *answer.status_mut() = status;
    answer
}
