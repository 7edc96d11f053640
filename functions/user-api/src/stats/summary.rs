//! `GET /api/stats/summary.json`

use serde::Serialize;
use shared::app::DayRange;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::{App, AppResult};

use super::day_range;

/// The counters of all campaigns together.
///
/// # Errors
///
/// As [`App::summary_statistics`].
pub async fn summary(app: &App, call: &Call, params: SummaryParams) -> AppResult<Option<Summary>> {
    let counters = app.summary_statistics(call.account, params.range).await?;
    Ok(Some(Summary {
        starts: counters.starts,
        holds: counters.holds,
        confirms: counters.confirms,
        unsubs: counters.unsubs,
        cr: counters.conversion_rate(),
    }))
}

/// What the call takes.
pub struct SummaryParams {
    range: DayRange,
}

impl FromParams for SummaryParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        Ok(Self { range: day_range(params)? })
    }
}

/// What the call answers.
#[derive(Debug, Serialize)]
pub struct Summary {
    starts: i64,
    holds: i64,
    confirms: i64,
    unsubs: i64,
    /// Confirms out of a hundred starts.
    cr: f64,
}
