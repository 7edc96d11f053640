//! `GET /api/v1/conversions`: trackers and pixels tell of conversions by a link, which has no body and no header.

use futures::future::BoxFuture;
use shared::App;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::campaigns_api;
use shared::edge::http::{Answer, Request};

use super::create::create;

/// Records a conversion whose fields are the parameters of the query.
pub fn answer(app: &App, request: Request) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let outcome = async { create(app, Call::open_link(app, &request).await?).await };
        campaigns_api(outcome.await)
    })
}
