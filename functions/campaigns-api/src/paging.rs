//! Pages and orders of lists.

use serde::Serialize;
use shared::AppResult;
use shared::edge::campaigns_api::{Call, invalid};

/// A page has no more than this.
const LIMIT_MAX: u64 = 100;

/// Far more pages than an account has of anything.
const PAGE_MAX: u64 = 1_000_000;

/// Which page is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// From 1.
    pub page: u64,
    /// How many a page has.
    pub limit: u64,
}

impl Paging {
    /// Reads `page` and `limit`.
    ///
    /// # Errors
    ///
    /// [`shared::AppError::Invalid`] for one that is out of bounds.
    pub fn read(call: &Call) -> AppResult<Self> {
        Ok(Self {
            page: call.number("page", 1, 1, PAGE_MAX)?,
            limit: call.number("limit", 20, 1, LIMIT_MAX)?,
        })
    }

    /// What the answer says of the page.
    #[must_use]
    pub const fn of(self, total: u64) -> Pagination {
        let Self { page, limit } = self;
        Pagination { page, limit, total, pages: total.div_ceil(limit) }
    }
}

/// Which page an answer is.
#[derive(Debug, Serialize)]
pub struct Pagination {
    page: u64,
    limit: u64,
    total: u64,
    pages: u64,
}

/// Reads `sort`; the answer's second part is whether the highest comes first, which `-` before the field asks for.
/// Without a field, `newest`, the newest first.
///
/// # Errors
///
/// [`shared::AppError::Invalid`] for a field that is not one of `sorts`.
pub fn sort<T: Copy>(call: &Call, sorts: &[(&str, T)], newest: T) -> AppResult<(T, bool)> {
    let Some(asked) = call.text("sort") else { return Ok((newest, true)) };
    let (name, descending) = asked.strip_prefix('-').map_or((asked, false), |name| (name, true));
    let known: Vec<_> = sorts.iter().map(|(name, _)| *name).collect();
    let found = sorts.iter().find(|(known, _)| *known == name);
    found.map(|(_, sort)| (*sort, descending)).ok_or_else(|| {
        invalid("sort", format!("must be one of {}, with - before it or not", known.join(", ")))
    })
}
