//! What webhooks are told of a campaign: recorded with the change, told once it is written.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ab_run::AbDecision;
use super::campaign::OutreachCampaign;
use super::execution::Execution;
use super::json_text;
use super::machine::OutreachStatus;
use super::tally::LaneTally;
use super::webhook::WebhookEvent;
use crate::ids::OutreachCampaignId;

/// Of how many parts of an execution's messages each is told that has an outcome.
const TENTHS: u64 = 10;

/// Something that happened to a campaign. It names nobody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CampaignEvent {
    /// What.
    pub event: WebhookEvent,
    /// What is told of it, but for its place among the campaign's events.
    #[serde(with = "json_text")]
    pub data: Map<String, Value>,
}

/// The latest that happened to a campaign, and how much did before: one item for each, which is written with the change.
/// Its stream has all of it, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CampaignEvents {
    /// The number of the last of them; the first of all has 1.
    pub sequence: u64,
    /// Unix seconds.
    pub time: i64,
    /// What happened at once, one or more, in order.
    pub events: Vec<CampaignEvent>,
}

/// A step of a campaign, as far as it is told.
#[derive(Clone, Copy, Debug)]
pub struct ToldStep<'a> {
    /// The route's verb, or what happened by itself.
    pub action: &'a str,
    /// Before it.
    pub from: OutreachStatus,
    /// After it.
    pub to: OutreachStatus,
}

impl CampaignEvents {
    /// Each with its number.
    pub fn numbered(&self) -> impl Iterator<Item = (u64, &CampaignEvent)> {
        let before = self.sequence.saturating_sub(u64::try_from(self.events.len()).unwrap_or_default());
        (before + 1..).zip(&self.events)
    }
}

impl CampaignEvent {
    /// What a campaign is told of that was made, as it is now.
    #[must_use]
    pub fn made(campaign: &OutreachCampaign) -> Self {
        Self::of_campaign(WebhookEvent::CampaignCreated, campaign)
    }

    /// What a step of a campaign tells, with the campaign as it is after it.
    #[must_use]
    pub fn of_step(campaign: &OutreachCampaign, step: ToldStep<'_>) -> Vec<Self> {
        let failed = (step.action == "fail").then_some(WebhookEvent::CampaignFailed);
        let moved = match (step.from, step.to) {
            (from, to) if from == to => None,
            (_, OutreachStatus::Paused) => Some(WebhookEvent::CampaignPaused),
            (OutreachStatus::Paused, OutreachStatus::Active) => Some(WebhookEvent::CampaignResumed),
            (_, OutreachStatus::Completed) => Some(WebhookEvent::CampaignCompleted),
            (_, OutreachStatus::Cancelled) => Some(WebhookEvent::CampaignCancelled),
            (_, OutreachStatus::Draft | OutreachStatus::Active) => None,
        };
        failed.into_iter().chain(moved).map(|event| Self::of_campaign(event, campaign)).collect()
    }

    /// An execution begins, unless it is a test, or waits for those whom triggers name.
    #[must_use]
    pub fn started(execution: &Execution) -> Option<Self> {
        let is_told = !execution.test && !execution.triggered;
        let data = |_| of_execution(execution, Map::from_iter([("status".to_owned(), json!("active"))]));
        is_told.then_some(()).map(data).map(|data| Self { event: WebhookEvent::CampaignStarted, data })
    }

    /// A test of variations is decided.
    #[must_use]
    pub fn winner(execution: &Execution) -> Option<Self> {
        let decisions = &execution.ab.as_ref().filter(|_| !execution.test)?.decisions;
        let shown = |decision: &AbDecision| {
            let arms = decision.arms.iter().map(|figures| {
                json!({"id": figures.id, "delivered": figures.arm.delivered, "successes": figures.arm.successes})
            });
            json!({"messageId": decision.message, "winner": decision.winner_id(), "arms": arms.collect::<Vec<_>>()})
        };
        let tests = decisions.iter().map(shown).collect();
        let data = of_execution(execution, Map::from_iter([("tests".to_owned(), Value::Array(tests))]));
        Some(Self { event: WebhookEvent::AbTestWinner, data })
    }

    /// So many tenths of an execution's messages have an outcome.
    #[must_use]
    pub fn progress(execution: &Execution, tenths: u64, tally: &LaneTally) -> Self {
        let counts = [
            ("percentage", tenths * 100 / TENTHS),
            ("total", execution.messages_in_all()),
            ("successful", tally.successful),
            ("failed", tally.failed),
            ("skipped", tally.skipped),
            ("unknown", tally.unknown),
        ];
        let counts = counts.into_iter().map(|(name, count)| (name.to_owned(), json!(count)));
        Self { event: WebhookEvent::CampaignProgress, data: of_execution(execution, counts.collect()) }
    }

    fn of_campaign(event: WebhookEvent, campaign: &OutreachCampaign) -> Self {
        let mut data = of_id(&campaign.id);
        data.insert("status".to_owned(), json!(campaign.status.name()));
        if let Some(execution) = &campaign.last_execution {
            data.insert("executionId".to_owned(), json!(execution));
        }
        let reason = campaign.pause_reason.as_ref().filter(|_| campaign.status == OutreachStatus::Paused);
        if let Some(reason) = reason {
            data.insert("reason".to_owned(), json!(reason));
        }
        Self { event, data }
    }
}

/// How many tenths of an execution's messages have an outcome; `None` for one of which that is not told. Who is left after
/// a test of variations is no part of what is planned, so that it is never the whole before.
#[must_use]
pub fn tenths_done(execution: &Execution, tally: &LaneTally) -> Option<u64> {
    if execution.test || execution.triggered || execution.bots.is_empty() {
        return None;
    }
    let total = execution.messages_in_all();
    let settled = total - tally.pending(total);
    let tenths = settled.saturating_mul(TENTHS).checked_div(total)?;
    Some(if execution.has_rest() { tenths.min(TENTHS - 1) } else { tenths })
}

fn of_id(id: &OutreachCampaignId) -> Map<String, Value> {
    Map::from_iter([("campaignId".to_owned(), json!(id))])
}

fn of_execution(execution: &Execution, mut data: Map<String, Value>) -> Map<String, Value> {
    data.extend(of_id(&execution.campaign));
    data.insert("executionId".to_owned(), json!(execution.id));
    data
}

#[cfg(test)]
mod tests {
    use super::super::campaign::TriggeredRuns;
    use super::super::execution::BotPart;
    use super::super::machine::{ExecutionProgress, ExecutionStatus};
    use super::*;
    use crate::ids::BotId;

    fn campaign(status: OutreachStatus) -> OutreachCampaign {
        OutreachCampaign {
            id: OutreachCampaignId::of("1"),
            status,
            progress: ExecutionProgress::Underway,
            last_execution: None,
            tests: Vec::new(),
            triggered: TriggeredRuns::default(),
            document: Map::new(),
            version: 2,
            listed: false,
            pause_reason: None,
            created: 1,
            updated: 1,
        }
    }

    fn execution(recipients: u64) -> Execution {
        let bots = vec![BotPart { bot: BotId(1), recipients, chunks: 1 }];
        Execution { bots, ..Execution::sample(ExecutionStatus::Running) }
    }

    #[test]
    fn a_step_tells_where_the_campaign_went_and_a_failure_before_that() {
        use OutreachStatus::{Active, Cancelled, Completed, Draft, Paused};
        for (action, from, to, told) in [
            ("edit", Draft, Draft, vec![]),
            ("active", Draft, Active, vec![]),
            ("execute", Completed, Active, vec![]),
            ("pause", Active, Paused, vec!["campaign.paused"]),
            ("resume", Paused, Active, vec!["campaign.resumed"]),
            ("draft", Paused, Draft, vec![]),
            ("complete", Active, Active, vec![]),
            ("complete", Active, Completed, vec!["campaign.completed"]),
            ("expire", Paused, Completed, vec!["campaign.completed"]),
            ("cancelled", Draft, Cancelled, vec!["campaign.cancelled"]),
            ("fail", Active, Paused, vec!["campaign.failed", "campaign.paused"]),
            ("fail", Paused, Paused, vec!["campaign.failed"]),
        ] {
            let events = CampaignEvent::of_step(&campaign(to), ToldStep { action, from, to });
            let names: Vec<_> = events.iter().map(|event| event.event.name()).collect();
            assert_eq!(names, told, "{action} {from:?} {to:?}");
        }
    }

    #[test]
    fn events_that_happen_at_once_have_numbers_one_after_the_other() {
        let event = CampaignEvent::made(&campaign(OutreachStatus::Draft));
        let events = CampaignEvents { sequence: 7, time: 1, events: vec![event.clone(), event] };
        assert_eq!(events.numbered().map(|(sequence, _)| sequence).collect::<Vec<_>>(), [6, 7]);
    }

    #[test]
    fn whoever_has_an_outcome_counts_and_the_last_tenth_is_the_whole() {
        let tally = |successful, skipped| LaneTally { successful, skipped, ..LaneTally::default() };
        let tenths = |successful, skipped| tenths_done(&execution(25), &tally(successful, skipped));
        assert_eq!((tenths(2, 0), tenths(3, 0), tenths(20, 4)), (Some(0), Some(1), Some(9)));
        assert_eq!((tenths(20, 5), tenths(25, 9)), (Some(10), Some(10)));
        let unplanned = Execution { bots: Vec::new(), ..execution(25) };
        let test = Execution { test: true, ..execution(25) };
        let triggered = Execution { triggered: true, ..execution(25) };
        for silent in [unplanned, test, triggered, execution(0)] {
            assert_eq!(tenths_done(&silent, &tally(25, 0)), None);
        }
    }
}
