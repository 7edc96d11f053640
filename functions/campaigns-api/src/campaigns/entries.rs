//! `GET /api/v1/campaigns/:id/entries`

use serde::Serialize;
use shared::domain::calendar::iso_time;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::ids::BotId;
use shared::store::ContestEntry;
use shared::{App, AppResult};

use super::named;
use crate::paging::{CursorPage, NextPage};

/// A page of the entries of a campaign's contest.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for a parameter that is out of bounds.
/// - As [`App::list_entries`].
pub async fn entries(app: &App, call: Call) -> AppResult<Answered<Entries>> {
    let id = named(&call)?;
    let page = CursorPage::of(&call)?;
    let (found, next) = app.list_entries(call.account, &id, page.cursor.as_ref(), page.size()).await?;
    Ok(Answered::Found(Entries {
        entries: found.into_iter().map(Shown::from).collect(),
        pagination: page.followed_by(next),
    }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Entries {
    entries: Vec<Shown>,
    pagination: NextPage,
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
