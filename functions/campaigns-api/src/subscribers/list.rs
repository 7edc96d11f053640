//! `GET /api/v1/subscribers`

use serde::Serialize;
use shared::app::SubscriberQuestion;
use shared::edge::campaigns_api::{Call, invalid};
use shared::edge::envelope::Answered;
use shared::ids::SegmentId;
use shared::{App, AppResult};

use super::shown::Subscriber;
use crate::paging::{CursorPage, NextPage, bot};

/// A page of subscribers.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for a parameter that is out of bounds.
/// - As [`App::list_subscribers`].
pub async fn list(app: &App, call: Call) -> AppResult<Answered<Subscribers>> {
    let page = CursorPage::of(&call)?;
    let segment = call
        .text("segment")
        .map(|id| SegmentId::parse(id).ok_or_else(|| invalid("segment", "must be the id of a segment")));
    let question = SubscriberQuestion {
        bot: bot(&call)?,
        tag: call.text("tag").map(str::to_owned),
        segment: segment.transpose()?,
    };
    let (people, next) =
        app.list_subscribers(call.account, &question, page.cursor.as_ref(), page.size()).await?;
    Ok(Answered::Found(Subscribers {
        subscribers: people.into_iter().map(Subscriber::from).collect(),
        pagination: page.followed_by(next),
    }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Subscribers {
    subscribers: Vec<Subscriber>,
    pagination: NextPage,
}
