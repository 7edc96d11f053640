//! `GET /api/v1/webhooks/:id/deliveries`

use serde::Serialize;
use shared::domain::postback_log::PostbackState;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppError, AppResult};

use super::named;
use super::shown_delivery::ShownDelivery;
use crate::paging::{LIMIT, LIMIT_MAX};

/// A page of what a webhook was told, the latest first.
///
/// # Errors
///
/// - [`AppError::Invalid`] for a parameter that is out of bounds.
/// - As [`App::webhook_deliveries`].
pub async fn deliveries(app: &App, call: Call) -> AppResult<Answered<Deliveries>> {
    let id = named(&call)?;
    let limit = call.number("limit", LIMIT, 1, LIMIT_MAX)?;
    let states = PostbackState::ALL.map(|state| (state.name(), state));
    let state = call.word("status", &states)?;
    let cursor = call.text("cursor").map(|cursor| cursor.parse().map_err(|_| AppError::InvalidCursor));
    let (cursor, size) = (cursor.transpose()?, usize::try_from(limit).unwrap_or(usize::MAX));
    let (found, next) = app.webhook_deliveries(call.account, &id, state, cursor.as_ref(), size).await?;
    Ok(Answered::Found(Deliveries {
        deliveries: found.into_iter().map(ShownDelivery::from).collect(),
        pagination: Pagination { limit, next: next.map(|cursor| cursor.to_string()) },
    }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Deliveries {
    deliveries: Vec<ShownDelivery>,
    pagination: Pagination,
}

/// Where to go on.
#[derive(Debug, Serialize)]
struct Pagination {
    limit: u64,
    /// The cursor of the next page; `null` at the end.
    next: Option<String>,
}
