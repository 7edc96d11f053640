//! Statistics.

pub mod campaign;
pub mod retention;
pub mod summary;

use shared::AppResult;
use shared::app::DayRange;
use shared::edge::params::Params;

use crate::query::time;

/// `from` and `to`, in Unix seconds; whole UTC days count.
fn day_range(params: &Params) -> AppResult<DayRange> {
    Ok(DayRange { from: time(params, "from")?, to: time(params, "to")? })
}
