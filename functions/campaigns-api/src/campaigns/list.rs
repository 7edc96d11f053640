//! `GET /api/v1/campaigns`

use serde::Serialize;
use serde_json::{Map, Value};
use shared::app::{OutreachQuestion, OutreachSort};
use shared::domain::outreach::{CampaignType, OutreachStatus};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::shown;
use crate::paging::{Pagination, Paging, sort};

const SORTS: [(&str, OutreachSort); 7] = [
    ("createdAt", OutreachSort::CreatedAt),
    ("updatedAt", OutreachSort::UpdatedAt),
    ("name", OutreachSort::Name),
    ("status", OutreachSort::Status),
    ("startDate", OutreachSort::StartDate),
    ("endDate", OutreachSort::EndDate),
    ("budget", OutreachSort::Budget),
];

/// A page of campaigns.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for a parameter that is unknown or out of bounds.
/// - As [`App::list_outreach_campaigns`].
pub async fn list(app: &App, call: Call) -> AppResult<Answered<Campaigns>> {
    let (sort, descending) = sort(&call, &SORTS, OutreachSort::CreatedAt)?;
    let paging = Paging::read(&call)?;
    let question = OutreachQuestion {
        status: call.word("status", &OutreachStatus::ALL.map(|status| (status.name(), status)))?,
        kind: call.word("type", &CampaignType::ALL.map(|kind| (kind.name(), kind)))?,
        search: call.text("search").map(str::to_owned),
        sort,
        descending,
        page: paging.page,
        limit: paging.limit,
    };
    let (campaigns, total) = app.list_outreach_campaigns(call.account, &question).await?;
    let campaigns = campaigns.iter().map(|campaign| shown::in_a_list(campaign, call.account));
    let campaigns = campaigns.collect::<AppResult<_>>()?;
    Ok(Answered::Found(Campaigns { campaigns, pagination: paging.of(total) }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Campaigns {
    campaigns: Vec<Map<String, Value>>,
    pagination: Pagination,
}
