//! `GET /api/v1/subscribers`

use serde::Serialize;
use shared::app::SubscriberQuestion;
use shared::edge::campaigns_api::{Call, invalid};
use shared::edge::envelope::Answered;
use shared::ids::{BotId, SegmentId};
use shared::{App, AppError, AppResult};

use super::shown::Subscriber;
use crate::paging::{LIMIT, LIMIT_MAX};

/// A page of subscribers.
///
/// # Errors
///
/// - [`AppError::Invalid`] for a parameter that is out of bounds.
/// - As [`App::list_subscribers`].
pub async fn list(app: &App, call: Call) -> AppResult<Answered<Subscribers>> {
    let limit = call.number("limit", LIMIT, 1, LIMIT_MAX)?;
    let bot = call.text("bot").map(|bot| bot.parse().map_err(|_| invalid("bot", "must be the id of a bot")));
    let segment = call
        .text("segment")
        .map(|id| SegmentId::parse(id).ok_or_else(|| invalid("segment", "must be the id of a segment")));
    let question = SubscriberQuestion {
        bot: bot.transpose()?.map(BotId),
        tag: call.text("tag").map(str::to_owned),
        segment: segment.transpose()?,
    };
    let cursor = call.text("cursor").map(|cursor| cursor.parse().map_err(|_| AppError::InvalidCursor));
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let (people, next) =
        app.list_subscribers(call.account, &question, cursor.transpose()?.as_ref(), size).await?;
    Ok(Answered::Found(Subscribers {
        subscribers: people.into_iter().map(Subscriber::from).collect(),
        pagination: Pagination { limit, next: next.map(|cursor| cursor.to_string()) },
    }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Subscribers {
    subscribers: Vec<Subscriber>,
    pagination: Pagination,
}

/// Where to go on.
#[derive(Debug, Serialize)]
struct Pagination {
    limit: u64,
    /// The cursor of the next page; `null` at the end.
    next: Option<String>,
}
