//! `GET /api/v1/campaigns`

use serde::Serialize;
use serde_json::{Map, Value};
use shared::app::{OutreachQuestion, OutreachSort};
use shared::domain::outreach::{CampaignType, OutreachStatus};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::shown;
use crate::paging::{Pagination, in_an_answer, sorted_page};

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
/// - As [`App::list_outreach_campaigns`] and [`App::audience_totals`].
pub async fn list(app: &App, call: Call) -> AppResult<Answered<Campaigns>> {
    let (sort, page) = sorted_page(&call, &SORTS)?;
    let question = OutreachQuestion {
        status: call.word("status", &OutreachStatus::ALL.map(|status| (status.name(), status)))?,
        kind: call.word("type", &CampaignType::ALL.map(|kind| (kind.name(), kind)))?,
        search: call.text("search").map(str::to_owned),
        sort,
        page,
    };
    let (campaigns, total) = app.list_outreach_campaigns(call.account, &question).await?;
    let totals = app.audience_totals(call.account, &campaigns).await?;
    let counters = app.outreach_counters_of(call.account, &campaigns).await?;
    let campaigns = campaigns.iter().zip(totals).zip(&counters);
    let campaigns = campaigns
        .map(|((campaign, total), counters)| shown::in_a_list(campaign, call.account, total, counters));
    let campaigns = in_an_answer(campaigns.collect::<AppResult<_>>()?)?;
    Ok(Answered::Found(Campaigns { campaigns, pagination: Pagination::of(page, total) }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Campaigns {
    campaigns: Vec<Map<String, Value>>,
    pagination: Pagination,
}
