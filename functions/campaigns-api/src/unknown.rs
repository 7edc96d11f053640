//! Every other path or method under `/api/v1`.

use futures::future::BoxFuture;
use shared::edge::envelope::{Answered, campaigns_api};
use shared::edge::http::{Answer, Request};
use shared::{App, AppError};

/// Answers that there is no such route.
pub fn answer(_: &App, _: Request) -> BoxFuture<'_, Answer> {
    Box::pin(async { campaigns_api(Err::<Answered<()>, _>(AppError::UnknownRoute)) })
}
