//! What happened to a campaign, recorded in the transaction of the change.

use aws_sdk_dynamodb::types::TransactWriteItem;

use super::access::{number, to_attribute, update_step};
use super::told_keys::ToldKey;
use super::{ExecutionChange, Key, Store};
use crate::domain::outreach::{AbStep, CampaignEvent, Execution, ExecutionStatus};
use crate::error::AppResult;
use crate::ids::{AccountId, OutreachCampaignId};

impl ExecutionChange<'_> {
    /// What it tells of its campaign, and when that was, in Unix seconds.
    pub(super) fn told(&self) -> Option<(i64, CampaignEvent)> {
        let event = match *self {
            Self::New { execution, .. } if execution.status == ExecutionStatus::Planning => {
                CampaignEvent::started(execution)
            }
            Self::Begun { execution, .. } => CampaignEvent::started(execution),
            Self::Tested { execution, step: AbStep::Waiting, .. } => CampaignEvent::winner(execution),
            _ => None,
        };
        let execution = self.execution()?;
        let time = match *self {
            Self::Tested { now_ms, .. } => now_ms.div_euclid(1000),
            _ => execution.started.unwrap_or(execution.created),
        };
        event.map(|event| (time, event))
    }

    /// The execution as it is then; `None` where only its content changes.
    pub(super) const fn execution(&self) -> Option<&Execution> {
        match self {
            Self::New { execution, .. }
            | Self::Moved { execution, .. }
            | Self::Tested { execution, .. }
            | Self::Begun { execution, .. }
            | Self::Planned(execution) => Some(execution),
            Self::Reworded { .. } => None,
        }
    }
}

impl Store {
    /// The step that records what happened to a campaign, for the transaction of the change; nothing where nothing is told.
    pub(super) fn told_step(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        time: i64,
        events: &[CampaignEvent],
    ) -> AppResult<Option<TransactWriteItem>> {
        if events.is_empty() {
            return Ok(None);
        }
        let update = self
            .update(&Key::Told(ToldKey::Events(account, campaign)))
            .update_expression("SET events = :events, #time = :time ADD #sequence :count")
            .expression_attribute_names("#time", "time")
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":events", to_attribute(&events)?)
            .expression_attribute_values(":time", number(time))
            .expression_attribute_values(":count", number(events.len()));
        update_step(update).map(Some)
    }

    /// Records how far an execution is, while it runs; `false` if as much or more was told of it, or it runs no more.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn tell_progress(
        &self,
        account: AccountId,
        execution: &Execution,
        (tenths, event): (u64, CampaignEvent),
        now: i64,
    ) -> AppResult<bool> {
        let update = self
            .update(&Key::Execution(account, &execution.id))
            .update_expression("SET told_tenths = :tenths")
            .condition_expression(
                "#status = :running AND (attribute_not_exists(told_tenths) OR told_tenths < :tenths)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":running", to_attribute(&ExecutionStatus::Running)?)
            .expression_attribute_values(":tenths", number(tenths));
        let mut steps = vec![update_step(update)?];
        steps.extend(self.told_step(account, &execution.campaign, now, &[event])?);
        Ok(self.transact(steps).await?.is_none())
    }
}
