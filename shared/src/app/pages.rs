use std::str::FromStr;

use crate::domain::cursor::Cursor;
use crate::error::{AppError, AppResult};

/// Which page of a long list.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// How many rows.
    pub limit: usize,
    /// Where it begins.
    pub start: PageStart,
}

/// Where a page begins.
#[derive(Clone, Debug)]
pub enum PageStart {
    /// After so many rows.
    Offset(u64),
    /// Where another page ended.
    After(Cursor),
}

/// One page of a long list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// How many rows the list has.
    pub total: u64,
    /// Where the next page begins; `None` if this one is the last.
    pub next: Option<Cursor>,
}

/// A list that cannot be counted in the time a call has.
pub(super) fn too_many() -> AppError {
    AppError::parameter("from", "leaves too many to count: choose a shorter time")
}

impl PageRequest {
    /// The place after which the page begins, and what the list had in all when it was begun.
    pub(super) fn after<P: FromStr>(&self, question: &str) -> AppResult<Option<(P, u64)>> {
        let PageStart::After(cursor) = &self.start else { return Ok(None) };
        if cursor.question != question {
            return Err(AppError::parameter("cursor", "belongs to another list"));
        }
        let place =
            cursor.place.parse().map_err(|_| AppError::parameter("cursor", "is no cursor of this list"))?;
        Ok(Some((place, cursor.total)))
    }

    /// How many rows to pass before the first.
    pub(super) fn offset(&self) -> u64 {
        match self.start {
            PageStart::Offset(offset) => offset,
            PageStart::After(_) => 0,
        }
    }
}

impl<T> Page<T> {
    /// A page of `rows`; a full one has a next, which may turn out to be empty.
    pub(super) fn new(
        rows: Vec<T>,
        total: u64,
        limit: usize,
        question: String,
        place: impl Fn(&T) -> String,
    ) -> Self {
        let last = rows.last().filter(|_| rows.len() == limit);
        let next = last.map(|row| Cursor { place: place(row), total, question });
        Self { rows, total, next }
    }

    /// The same page of other rows.
    #[must_use]
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(change).collect(), total: self.total, next: self.next }
    }
}
