//! `GET /api/v1/executions/:id/deliveries`

use serde::Serialize;
use shared::app::{DeliveryQuestion, ListedDelivery};
use shared::domain::outreach::{Delivery, DeliveryFilter, DeliveryStatus};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::ids::{BotId, ExecutionId, SegmentId};
use shared::{App, AppError, AppResult};

use crate::paging::{CursorPage, NextPage, bot};

/// A page of what became of each message to each recipient.
///
/// # Errors
///
/// - [`AppError::Invalid`] for a parameter that is out of bounds.
/// - As [`App::list_deliveries`].
pub async fn deliveries(app: &App, call: Call) -> AppResult<Answered<Deliveries>> {
    let id = ExecutionId::parse(&call.id).ok_or(AppError::NotFound("execution"))?;
    let page = CursorPage::of(&call)?;
    let codes: Vec<_> = Delivery::codes().into_iter().map(|code| (code, code)).collect();
    let statuses = DeliveryStatus::ALL.map(|status| (status.name(), status));
    let filter =
        DeliveryFilter { status: call.word("outcome", &statuses)?, code: call.word("error", &codes)? };
    let question = DeliveryQuestion { filter, bot: bot(&call)? };
    let (found, next) =
        app.list_deliveries(call.account, &id, question, page.cursor.as_ref(), page.size()).await?;
    Ok(Answered::Found(Deliveries {
        deliveries: found.into_iter().map(Shown::from).collect(),
        pagination: page.followed_by(next),
    }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Deliveries {
    deliveries: Vec<Shown>,
    pagination: NextPage,
}

/// One message to one recipient.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    /// `null` for who was erased.
    recipient: Option<String>,
    bot: BotId,
    segment: Option<SegmentId>,
    message: Option<String>,
    /// `null` for the message itself.
    variation: Option<String>,
    outcome: &'static str,
    error: Option<&'static str>,
    telegram_message_id: Option<i64>,
}

impl From<ListedDelivery> for Shown {
    fn from(listed: ListedDelivery) -> Self {
        let delivery = listed.delivery;
        Self {
            recipient: delivery.user.map(|user| user.to_string()),
            bot: listed.bot,
            segment: listed.segment,
            message: listed.message,
            variation: listed.variation,
            outcome: delivery.status().name(),
            error: delivery.code(),
            telegram_message_id: delivery.telegram_message(),
        }
    }
}
