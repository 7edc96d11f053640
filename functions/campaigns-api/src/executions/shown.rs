//! An execution as the API shows it.

use serde::Serialize;
use serde_json::Value;
use shared::domain::calendar;
use shared::domain::outreach::{AudienceCount, BotPart, Execution, ExecutionStatus, Priority, amount};
use shared::ids::{ExecutionId, OutreachCampaignId};

/// One execution.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    id: ExecutionId,
    campaign_id: OutreachCampaignId,
    status: ExecutionStatus,
    test_mode: bool,
    target_percentage: Value,
    priority: Priority,
    scheduled_at: Option<String>,
    created_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    /// Why it ended before everybody had an outcome.
    reason: Option<String>,
    /// As counted when it was asked for; from the end of planning on, as planned.
    audience: AudienceCount,
    /// Empty before the end of planning.
    bots: Vec<BotPart>,
}

impl From<Execution> for Shown {
    fn from(execution: Execution) -> Self {
        Self {
            id: execution.id,
            campaign_id: execution.campaign,
            status: execution.status,
            test_mode: execution.test,
            target_percentage: amount(execution.percentage),
            priority: execution.priority,
            scheduled_at: execution.scheduled_at.map(calendar::iso_time),
            created_at: calendar::iso_time(execution.created),
            started_at: execution.started.map(calendar::iso_time),
            finished_at: execution.finished.map(calendar::iso_time),
            reason: execution.reason,
            audience: execution.counts,
            bots: execution.bots,
        }
    }
}
