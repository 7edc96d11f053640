//! `GET /api/v1/campaigns/:id/entries`

use serde::Serialize;
use shared::domain::calendar::iso_time;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::ids::BotId;
use shared::store::ContestEntry;
use shared::{App, AppError, AppResult};

use super::named;
use crate::paging::{LIMIT, LIMIT_MAX};

/// A page of the entries of a campaign's contest.
///
/// # Errors
///
/// - [`AppError::Invalid`] for a parameter that is out of bounds.
/// - As [`App::list_entries`].
pub async fn entries(app: &App, call: Call) -> AppResult<Answered<Entries>> {
    let id = named(&call)?;
    let limit = call.number("limit", LIMIT, 1, LIMIT_MAX)?;
    let cursor = call.text("cursor").map(|cursor| cursor.parse().map_err(|_| AppError::InvalidCursor));
    let (cursor, size) = (cursor.transpose()?, usize::try_from(limit).unwrap_or(usize::MAX));
    let (found, next) = app.list_entries(call.account, &id, cursor.as_ref(), size).await?;
    Ok(Answered::Found(Entries {
        entries: found.into_iter().map(Shown::from).collect(),
        pagination: Pagination { limit, next: next.map(|cursor| cursor.to_string()) },
    }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Entries {
    entries: Vec<Shown>,
    pagination: Pagination,
}

/// Where to go on.
#[derive(Debug, Serialize)]
struct Pagination {
    limit: u64,
    /// The cursor of the next page; `null` at the end.
    next: Option<String>,
}

/// One entry.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    number: u64,
    /// `null` for who was erased.
    recipient: Option<String>,
    bot: BotId,
    entered_at: String,
}

impl From<ContestEntry> for Shown {
    fn from(entry: ContestEntry) -> Self {
        Self {
            number: entry.number,
            recipient: entry.user.map(|user| user.to_string()),
            bot: entry.bot,
            entered_at: iso_time(entry.time),
        }
    }
}
