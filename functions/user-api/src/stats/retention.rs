//! `GET /api/stats/retention.json`

use serde::Serialize;
use shared::domain::retention::Cohort;
use shared::edge::params::Id;
use shared::edge::user_api::Call;
use shared::ids::TrackingCampaignId;
use shared::{App, AppResult};

/// Who joined on which day, and how many of them stayed.
///
/// # Errors
///
/// As [`App::retention`].
pub async fn retention(
    app: &App,
    call: &Call,
    Id(id): Id<TrackingCampaignId>,
) -> AppResult<Option<Vec<JoinDay>>> {
    let cohorts = app.retention(call.account, id).await?;
    Ok(Some(cohorts.into_iter().map(JoinDay::from).collect()))
}

/// The leads that joined on one day, `YYYY-MM-DD`, and how many stayed for so many days; `null` while that time is not
/// over for all of them.
#[derive(Debug, Serialize)]
pub struct JoinDay {
    date: String,
    joined: i64,
    after_1: Option<i64>,
    after_3: Option<i64>,
    after_7: Option<i64>,
    after_14: Option<i64>,
    after_30: Option<i64>,
}

impl From<Cohort> for JoinDay {
    fn from(Cohort { date, joined, present_after }: Cohort) -> Self {
        let [after_1, after_3, after_7, after_14, after_30] = present_after;
        Self { date, joined, after_1, after_3, after_7, after_14, after_30 }
    }
}
