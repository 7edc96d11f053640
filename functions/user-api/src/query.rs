//! Parameters that several routes take.

use std::str::FromStr;

use shared::edge::params::Params;
use shared::{AppError, AppResult};

/// The last second of the year 9999.
const TIME_MAX: i64 = 253_402_300_799;

/// How many entries a page has where nothing is said, and at most.
const LIMIT: u64 = 50;
const LIMIT_MAX: u64 = 200;

/// A time in Unix seconds.
pub fn time(params: &Params, name: &'static str) -> AppResult<Option<i64>> {
    match params.optional(name)? {
        Some(unix) if !(0..=TIME_MAX).contains(&unix) => {
            Err(AppError::parameter(name, "must be a time in Unix seconds"))
        }
        time => Ok(time),
    }
}

/// How many entries a page is to have.
pub fn limit(params: &Params) -> AppResult<usize> {
    let limit = params.optional("limit")?.unwrap_or(LIMIT);
    let limit = usize::try_from(limit).ok().filter(|_| (1..=LIMIT_MAX).contains(&limit));
    limit.ok_or_else(|| AppError::parameter("limit", "must be a number from 1 to 200"))
}

/// A word or a spelling that `T` knows.
pub fn parsed<T: FromStr>(params: &Params, name: &'static str, expected: &str) -> AppResult<Option<T>> {
    let text: Option<String> = params.optional(name)?;
    text.map(|text| text.parse().map_err(|_| AppError::parameter(name, expected))).transpose()
}
