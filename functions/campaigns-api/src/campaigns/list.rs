//! `GET /api/v1/campaigns`

use serde::Serialize;
use serde_json::{Map, Value};
use shared::app::{OutreachQuestion, OutreachSort};
use shared::domain::outreach::{CampaignType, OutreachStatus};
use shared::edge::campaigns_api::{Call, invalid};
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::shown;

/// A page has no more than this.
const LIMIT_MAX: u64 = 100;

/// Far more pages than an account has campaigns.
const PAGE_MAX: u64 = 1_000_000;

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
    let (sort, descending) = sort(&call)?;
    let question = OutreachQuestion {
        status: call.word("status", &OutreachStatus::ALL.map(|status| (status.name(), status)))?,
        kind: call.word("type", &CampaignType::ALL.map(|kind| (kind.name(), kind)))?,
        search: call.text("search").map(str::to_owned),
        sort,
        descending,
        page: call.number("page", 1, 1, PAGE_MAX)?,
        limit: call.number("limit", 20, 1, LIMIT_MAX)?,
    };
    let (campaigns, total) = app.list_outreach_campaigns(call.account, &question).await?;
    let counters = app.outreach_counters_of(call.account, &campaigns).await?;
    let campaigns = campaigns.iter().zip(&counters);
    let campaigns = campaigns.map(|(campaign, counters)| shown::in_a_list(campaign, call.account, counters));
    let (page, limit) = (question.page, question.limit);
    let pagination = Pagination { page, limit, total, pages: total.div_ceil(limit) };
    Ok(Answered::Found(Campaigns { campaigns: campaigns.collect::<AppResult<_>>()?, pagination }))
}

/// `-` before the field puts the highest first; without a field, the newest first.
fn sort(call: &Call) -> AppResult<(OutreachSort, bool)> {
    let Some(asked) = call.text("sort") else { return Ok((OutreachSort::CreatedAt, true)) };
    let (name, descending) = asked.strip_prefix('-').map_or((asked, false), |name| (name, true));
    let known = SORTS.map(|(name, _)| name).join(", ");
    let found = SORTS.into_iter().find(|(known, _)| *known == name);
    found
        .map(|(_, sort)| (sort, descending))
        .ok_or_else(|| invalid("sort", format!("must be one of {known}, with - before it or not")))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Campaigns {
    campaigns: Vec<Map<String, Value>>,
    pagination: Pagination,
}

/// Which page it is.
#[derive(Debug, Serialize)]
pub struct Pagination {
    page: u64,
    limit: u64,
    total: u64,
    pages: u64,
}
