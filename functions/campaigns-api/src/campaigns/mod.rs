//! Outreach campaigns.

pub mod clone;
mod contest;
pub mod create;
pub mod delete;
pub mod delete_messages;
pub mod draw;
pub mod entries;
pub mod execute;
pub mod export;
pub mod get;
pub mod history;
pub mod list;
pub mod pause;
pub mod progress;
pub mod resume;
mod samples;
mod shown;
pub mod statistics;
pub mod update;

use serde::Serialize;
use shared::domain::outreach::{OutreachCampaign, OutreachStatus};
use shared::edge::campaigns_api::Call;
use shared::ids::OutreachCampaignId;
use shared::{AppError, AppResult};

/// The campaign that the path names.
pub(crate) fn named(call: &Call) -> AppResult<OutreachCampaignId> {
    OutreachCampaignId::parse(&call.id).ok_or(AppError::NotFound("campaign"))
}

/// What a call answers that made or changed a campaign.
#[derive(Debug, Serialize)]
pub struct Acknowledged {
    id: OutreachCampaignId,
    name: String,
    status: OutreachStatus,
    message: &'static str,
}

impl Acknowledged {
    fn new(campaign: OutreachCampaign, message: &'static str) -> AppResult<Self> {
        let name = campaign.body()?.name;
        Ok(Self { id: campaign.id, name, status: campaign.status, message })
    }
}
