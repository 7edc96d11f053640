//! Leads.

pub mod export;
pub mod list;

use serde::Serialize;
use shared::AppResult;
use shared::app::LeadQuestion;
use shared::domain::calendar;
use shared::edge::params::Params;
use shared::ids::{LeadId, TrackingCampaignId, UserId};
use shared::store::LeadRow;

use crate::query::time;

/// `campaign`, `status`, `from` and `to`.
fn question(params: &Params) -> AppResult<LeadQuestion> {
    Ok(LeadQuestion {
        campaign: params.optional("campaign")?,
        status: params.optional("status")?,
        from: time(params, "from")?,
        to: time(params, "to")?,
    })
}

/// One lead of an answer.
#[derive(Debug, Serialize)]
pub struct ListedLead {
    id: LeadId,
    campaign: TrackingCampaignId,
    subscriber: UserId,
    username: String,
    click: String,
    /// 0 wait, 1 hold, 2 approve, 3 cancel, 4 trash.
    status: u8,
    start_time: String,
    join_time: String,
    updated: String,
}

impl From<LeadRow> for ListedLead {
    fn from(row: LeadRow) -> Self {
        Self {
            id: row.lead,
            campaign: row.campaign,
            subscriber: row.user,
            username: row.username,
            click: row.click,
            status: row.status.number(),
            start_time: calendar::date_time(row.started),
            join_time: row.joined.map_or_else(|| calendar::ABSENT.to_owned(), calendar::date_time),
            updated: calendar::date_time(row.updated),
        }
    }
}
