//! `GET /api/v1/webhooks`

use serde::Serialize;
use shared::app::ListPage;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::shown::Shown;
use crate::paging::{Pagination, page};

/// A page of webhooks, the oldest first.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for a parameter that is out of bounds.
/// - As [`App::webhooks`].
pub async fn list(app: &App, call: Call) -> AppResult<Answered<Webhooks>> {
    let page: ListPage = page(&call, false)?;
    let webhooks = app.webhooks(call.account).await?.into_iter();
    let (webhooks, total) = page.of(webhooks.map(|webhook| (webhook.id.clone(), webhook)).collect());
    let ids: Vec<_> = webhooks.iter().map(|webhook| &webhook.id).collect();
    let records = app.webhook_records(call.account, &ids).await?;
    let webhooks = webhooks.into_iter().zip(records).map(|(webhook, record)| Shown::of(webhook, record));
    let webhooks = webhooks.collect();
    Ok(Answered::Found(Webhooks { webhooks, pagination: Pagination::of(page, total) }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Webhooks {
    webhooks: Vec<Shown>,
    pagination: Pagination,
}
