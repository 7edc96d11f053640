//! `GET /api/v1/webhooks/:id/deliveries`

use serde::Serialize;
use shared::domain::postback_log::PostbackState;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;
use super::shown_delivery::ShownDelivery;
use crate::paging::{CursorPage, NextPage};

/// A page of what a webhook was told, the latest first.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for a parameter that is out of bounds.
/// - As [`App::webhook_deliveries`].
pub async fn deliveries(app: &App, call: Call) -> AppResult<Answered<Deliveries>> {
    let id = named(&call)?;
    let page = CursorPage::of(&call)?;
    let states = PostbackState::ALL.map(|state| (state.name(), state));
    let state = call.word("status", &states)?;
    let (found, next) =
        app.webhook_deliveries(call.account, &id, state, page.cursor.as_ref(), page.size()).await?;
    Ok(Answered::Found(Deliveries {
        deliveries: found.into_iter().map(ShownDelivery::from).collect(),
        pagination: page.followed_by(next),
    }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Deliveries {
    deliveries: Vec<ShownDelivery>,
    pagination: NextPage,
}
