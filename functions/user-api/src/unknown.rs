//! Paths and methods that no route has.

use futures::future::BoxFuture;
use shared::App;
use shared::edge::envelope;
use shared::edge::http::{Answer, Request};
use shared::edge::user_api::unknown_route;

/// Answers `func`, with or without a key.
pub fn answer(_: &App, _: Request) -> BoxFuture<'_, Answer> {
    Box::pin(async { envelope::user_api(unknown_route()) })
}
