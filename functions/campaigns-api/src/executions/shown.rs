//! An execution as the API shows it.

use serde::Serialize;
use serde_json::Value;
use shared::domain::calendar;
use shared::domain::outreach::{
    AbDecision, AbFigures, AbMetric, AbRun, AbStep, AudienceCount, BotPart, Execution, ExecutionStatus,
    Priority, amount,
};
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
    /// Whether it sends to those whom triggers name.
    triggered: bool,
    /// `null` without one, and before its share is planned.
    ab_test: Option<ShownTest>,
}

/// A test of variations, and what came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownTest {
    status: &'static str,
    metric: AbMetric,
    confidence: Value,
    min_per_arm: u64,
    /// `null` while the share is sent to.
    decided_at: Option<String>,
    /// Empty before the decision.
    messages: Vec<ShownDecision>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownDecision {
    message_id: String,
    winner: Option<String>,
    arms: Vec<ShownArm>,
}

/// So many people got it, so many did what is measured, and how likely so much more than the base is by chance.
#[derive(Debug, Serialize)]
struct ShownArm {
    id: String,
    n: u64,
    x: u64,
    p: Option<f64>,
}

impl From<AbRun> for ShownTest {
    fn from(run: AbRun) -> Self {
        let status = match run.step {
            AbStep::Sending | AbStep::Waiting => "testing",
            AbStep::Decided => "decided",
        };
        Self {
            status,
            metric: run.test.metric,
            confidence: amount(run.test.confidence),
            min_per_arm: run.test.per_arm_min,
            decided_at: run.decide_at.map(calendar::iso_time),
            messages: run.decisions.into_iter().map(ShownDecision::from).collect(),
        }
    }
}

impl From<AbDecision> for ShownDecision {
    fn from(decision: AbDecision) -> Self {
        let arm =
            |AbFigures { id, arm, chance }| ShownArm { id, n: arm.delivered, x: arm.successes, p: chance };
        Self {
            winner: decision.winner_id().map(str::to_owned),
            message_id: decision.message,
            arms: decision.arms.into_iter().map(arm).collect(),
        }
    }
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
            triggered: execution.triggered,
            ab_test: execution.ab.map(ShownTest::from),
        }
    }
}
