//! The log of postbacks.

pub mod list;
pub mod replay;

use shared::AppResult;
use shared::app::TimeRange;
use shared::domain::postback_log::{LogPlace, PostbackState};
use shared::edge::params::Params;

use crate::query::{parsed, time};

fn state(params: &Params) -> AppResult<Option<PostbackState>> {
    parsed(params, "state", "must be pending, delivered, failed or skipped")
}

/// `from` and `to`, in Unix seconds, by the times of the events.
fn range(params: &Params) -> AppResult<TimeRange> {
    Ok(TimeRange { from: time(params, "from")?, to: time(params, "to")? })
}

fn cursor(params: &Params) -> AppResult<Option<LogPlace>> {
    parsed(params, "cursor", "must be `next` of an earlier answer")
}
