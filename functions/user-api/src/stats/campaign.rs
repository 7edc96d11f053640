//! `GET /api/stats/campaign.json`

use serde::Serialize;
use shared::app::{CampaignStatistics, DayRange};
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::ids::TrackingCampaignId;
use shared::{App, AppResult};

use super::day_range;

/// The funnel of one campaign and its counters by day.
///
/// # Errors
///
/// As [`App::campaign_statistics`].
pub async fn campaign(app: &App, call: &Call, params: CampaignParams) -> AppResult<Option<Statistics>> {
    Ok(Some(app.campaign_statistics(call.account, params.id, params.range).await?.into()))
}

/// What the call takes.
pub struct CampaignParams {
    id: TrackingCampaignId,
    range: DayRange,
}

impl FromParams for CampaignParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        Ok(Self { id: params.required("id")?, range: day_range(params)? })
    }
}

/// What the call answers.
#[derive(Debug, Serialize)]
pub struct Statistics {
    funnel: Funnel,
    days: Vec<Day>,
}

/// The whole range.
#[derive(Debug, Serialize)]
struct Funnel {
    starts: i64,
    holds: i64,
    approves: i64,
    unsubs: i64,
}

/// One day, `YYYY-MM-DD`.
#[derive(Debug, Serialize)]
struct Day {
    date: String,
    starts: i64,
    holds: i64,
    confirms: i64,
    unsubs: i64,
}

impl From<CampaignStatistics> for Statistics {
    fn from(CampaignStatistics { sum, days }: CampaignStatistics) -> Self {
        let funnel =
            Funnel { starts: sum.starts, holds: sum.holds, approves: sum.confirms, unsubs: sum.unsubs };
        let days = days.into_iter().map(|(date, day)| Day {
            date,
            starts: day.starts,
            holds: day.holds,
            confirms: day.confirms,
            unsubs: day.unsubs,
        });
        Self { funnel, days: days.collect() }
    }
}
