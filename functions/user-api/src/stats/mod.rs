//! Statistics.

pub mod campaign;
pub mod summary;

use shared::app::DayRange;
use shared::edge::params::Params;
use shared::{AppError, AppResult};

/// The last second of the year 9999.
const TIME_MAX: i64 = 253_402_300_799;

/// `from` and `to`, in Unix seconds; whole UTC days count.
fn day_range(params: &Params) -> AppResult<DayRange> {
    let time = |name| match params.optional(name)? {
        Some(unix) if !(0..=TIME_MAX).contains(&unix) => {
            Err(AppError::parameter(name, "must be a time in Unix seconds"))
        }
        time => Ok(time),
    };
    Ok(DayRange { from: time("from")?, to: time("to")? })
}
