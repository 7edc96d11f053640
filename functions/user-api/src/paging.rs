//! Long lists: which page of them a call asks for, and how it is answered.

use shared::app::{Page, PageRequest, PageStart};
use shared::edge::envelope::Reply;
use shared::edge::params::Params;
use shared::{AppError, AppResult};

use crate::query::limit;

/// `limit`, and either `offset` or `cursor`.
pub(crate) fn page_request(params: &Params) -> AppResult<PageRequest> {
    let start = match (params.optional("cursor")?, params.optional("offset")?) {
        (Some(_), Some(_)) => return Err(AppError::parameter("offset", "does not go with cursor")),
        (Some(cursor), None) => PageStart::After(cursor),
        (None, offset) => PageStart::Offset(offset.unwrap_or(0)),
    };
    Ok(PageRequest { limit: limit(params)?, start })
}

/// The answer of a page.
pub(crate) fn reply<R, T: From<R>>(page: Page<R>) -> Reply<Vec<T>> {
    let Page { rows, total, next } = page;
    let data = rows.into_iter().map(T::from).collect();
    Reply { data: Some(data), total: Some(total), next: next.map(|cursor| cursor.to_string()) }
}
