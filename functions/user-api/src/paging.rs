//! Long lists: which rows of them a call asks for, and how their pages are answered.

use shared::app::{Page, PageRequest, PageStart};
use shared::edge::envelope::Reply;
use shared::edge::params::Params;
use shared::{AppError, AppResult};

const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 200;

/// The last second of the year 9999.
const TIME_MAX: i64 = 253_402_300_799;

/// `limit`, and either `offset` or `cursor`.
pub(crate) fn page_request(params: &Params) -> AppResult<PageRequest> {
    let limit = params.optional("limit")?.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(AppError::parameter("limit", "must be 1 to 200"));
    }
    let start = match (params.optional("cursor")?, params.optional("offset")?) {
        (Some(_), Some(_)) => return Err(AppError::parameter("offset", "does not go with cursor")),
        (Some(cursor), None) => PageStart::After(cursor),
        (None, offset) => PageStart::Offset(offset.unwrap_or(0)),
    };
    Ok(PageRequest { limit, start })
}

/// A time in Unix seconds.
pub(crate) fn time(params: &Params, name: &'static str) -> AppResult<Option<i64>> {
    match params.optional(name)? {
        Some(unix) if !(0..=TIME_MAX).contains(&unix) => {
            Err(AppError::parameter(name, "must be a time in Unix seconds"))
        }
        time => Ok(time),
    }
}

/// The answer of a page.
pub(crate) fn reply<R, T: From<R>>(page: Page<R>) -> Reply<Vec<T>> {
    let Page { rows, total, next } = page;
    let data = rows.into_iter().map(T::from).collect();
    Reply { data: Some(data), total: Some(total), next: next.map(|cursor| cursor.to_string()) }
}
