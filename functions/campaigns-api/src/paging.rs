//! Pages of lists.

use serde::Serialize;
use serde_json::{Map, Value};
use shared::app::ListPage;
use shared::domain::cursor::Cursor;
use shared::edge::campaigns_api::{Call, invalid};
use shared::ids::BotId;
use shared::{AppError, AppResult};

/// A page has no more than this.
pub const LIMIT_MAX: u64 = 100;

/// How many a page has if nobody says.
pub const LIMIT: u64 = 20;

/// Far more pages than an account has of anything.
const PAGE_MAX: u64 = 1_000_000;

/// What a page takes at most, in bytes: Lambda answers six megabytes, in which a quote takes two.
const PAGE_BYTES: usize = 6_000_000;

/// Which page it is.
#[derive(Debug, Serialize)]
pub struct Pagination {
    page: u64,
    limit: u64,
    total: u64,
    pages: u64,
}

impl Pagination {
    /// The page of a list with so many in all.
    #[must_use]
    pub fn of(page: ListPage, total: u64) -> Self {
        let ListPage { page, limit, .. } = page;
        Self { page, limit, total, pages: total.div_ceil(limit) }
    }
}

/// Which page of a list is asked for, with the highest first or last.
///
/// # Errors
///
/// [`shared::AppError::Invalid`] for a parameter that is out of bounds.
pub fn page(call: &Call, descending: bool) -> AppResult<ListPage> {
    let (page, limit) = (call.number("page", 1, 1, PAGE_MAX)?, call.number("limit", LIMIT, 1, LIMIT_MAX)?);
    Ok(ListPage { page, limit, descending })
}

/// What a list is sorted by, and which page of it is asked for. `-` before the field puts the highest first; without a
/// field, the highest of the first comes first.
///
/// # Errors
///
/// [`shared::AppError::Invalid`] for a parameter that is unknown or out of bounds.
pub fn sorted_page<S: Copy>(call: &Call, sorts: &[(&str, S)]) -> AppResult<(S, ListPage)> {
    let asked = call.text("sort").or_else(|| Some(sorts.first()?.0)).unwrap_or_default();
    let descending = asked.starts_with('-') || call.text("sort").is_none();
    let name = asked.strip_prefix('-').unwrap_or(asked);
    let known: Vec<_> = sorts.iter().map(|(name, _)| *name).collect();
    let found = sorts.iter().find(|(known, _)| *known == name);
    let (_, sort) = found.ok_or_else(|| {
        invalid("sort", format!("must be one of {}, with - before it or not", known.join(", ")))
    })?;
    Ok((*sort, page(call, descending)?))
}

/// How many of a list that goes on by cursors are asked for, and from where on.
#[derive(Clone, Debug)]
pub struct CursorPage {
    limit: u64,
    /// `None` for the first page.
    pub cursor: Option<Cursor>,
}

/// Where a list that goes on by cursors goes on.
#[derive(Debug, Serialize)]
pub struct NextPage {
    limit: u64,
    /// The cursor of the next page; `null` at the end.
    next: Option<String>,
}

impl CursorPage {
    /// What the query asks for.
    ///
    /// # Errors
    ///
    /// - [`AppError::Invalid`] for a limit that is out of bounds.
    /// - [`AppError::InvalidCursor`] for a cursor of no list.
    pub fn of(call: &Call) -> AppResult<Self> {
        let cursor = call.text("cursor").map(|cursor| cursor.parse().map_err(|_| AppError::InvalidCursor));
        Ok(Self { limit: call.number("limit", LIMIT, 1, LIMIT_MAX)?, cursor: cursor.transpose()? })
    }

    /// How many are asked for.
    #[must_use]
    pub fn size(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }

    /// What the answer says of the next page.
    #[must_use]
    pub fn followed_by(&self, next: Option<Cursor>) -> NextPage {
        NextPage { limit: self.limit, next: next.map(|cursor| cursor.to_string()) }
    }
}

/// The bot that a list is asked for, if for one.
///
/// # Errors
///
/// [`AppError::Invalid`] for what is the id of none.
pub fn bot(call: &Call) -> AppResult<Option<BotId>> {
    let id = call.text("bot").map(|bot| bot.parse().map_err(|_| invalid("bot", "must be the id of a bot")));
    Ok(id.transpose()?.map(BotId))
}

/// The page's items, if an answer has room for them.
///
/// # Errors
///
/// [`shared::AppError::Invalid`] for `limit` if it has not: fewer of them may fit.
pub fn in_an_answer(items: Vec<Map<String, Value>>) -> AppResult<Vec<Map<String, Value>>> {
    let spelled = |item: &Map<String, Value>| {
        let text = serde_json::to_string(item).unwrap_or_default();
        text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
    };
    match items.iter().map(spelled).sum::<usize>() > PAGE_BYTES {
        true => {
            Err(invalid("limit", format!("must be less: this page would take more than {PAGE_BYTES} bytes")))
        }
        false => Ok(items),
    }
}
