//! An execution whose time has come: from then on it goes by the campaign as it is now; where that cannot be, it ends and says
//! why.

use super::App;
use super::campaign_halts::ended_at;
use super::execution_moves::Moment;
use super::outreach::CHANGE_TRIES;
use crate::domain::outreach::{
    Execution, ExecutionBasis, ExecutionOrder, ExecutionStatus, OutreachCampaign, OutreachStatus,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, ExecutionId};
use crate::store::ExecutionChange;

/// Why an execution does not begin.
struct NoBeginning {
    to: ExecutionStatus,
    /// A sentence for the account.
    reason: String,
}

impl App {
    /// Begins an execution that waited for its time; whether it is to be planned now. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn begin_scheduled(&self, account: AccountId, id: &ExecutionId) -> AppResult<bool> {
        for _ in 0..CHANGE_TRIES {
            let Some(mut execution) = self.store.execution(account, id).await? else { return Ok(false) };
            if execution.status != ExecutionStatus::Scheduled {
                return Ok(execution.status == ExecutionStatus::Planning);
            }
            let (campaign, now) =
                (self.store.outreach_campaign(account, &execution.campaign).await?, self.clock.now());
            // Whether it is written or others were quicker, it is read once more.
            match self.scheduled_basis(account, &execution, campaign.as_ref(), now).await? {
                Ok((basis, version)) => {
                    execution.move_to(ExecutionStatus::Planning, now);
                    let change = ExecutionChange::Begun { execution: &execution, basis: &basis, version };
                    self.store.change_execution(account, change).await?
                }
                Err(end) => self.end_scheduled(account, execution, campaign, end).await?,
            };
        }
        Err(AppError::unavailable("the execution is being changed by others"))
    }

    /// What an execution goes by from now on, with the version of the campaign that it is made of.
    async fn scheduled_basis(
        &self,
        account: AccountId,
        execution: &Execution,
        campaign: Option<&OutreachCampaign>,
        now: i64,
    ) -> AppResult<Result<(ExecutionBasis, u64), NoBeginning>> {
        let failed = |reason: String| NoBeginning { to: ExecutionStatus::Failed, reason };
        let Some(campaign) = campaign else { return Ok(Err(failed("its campaign is gone".to_owned()))) };
        if let Some(end) = campaign.standing(now).ended.filter(|_| !execution.test) {
            return Ok(Err(NoBeginning { to: ExecutionStatus::Completed, reason: ended_at(end) }));
        }
        let (test, percentage) = (execution.test, execution.percentage);
        let order = ExecutionOrder { test, percentage, ..ExecutionOrder::default() };
        match self.basis_of(account, campaign, &order).await {
            Ok(basis) => Ok(Ok((basis, campaign.version))),
            Err(error @ AppError::Unavailable { .. }) => Err(error),
            Err(error) => Ok(Err(failed(error.to_string()))),
        }
    }

    /// Ends an execution that cannot begin, and completes or pauses its campaign; `false` if one of them was changed
    /// meanwhile.
    async fn end_scheduled(
        &self,
        account: AccountId,
        mut execution: Execution,
        campaign: Option<OutreachCampaign>,
        NoBeginning { to, reason }: NoBeginning,
    ) -> AppResult<bool> {
        let (at, from) = (Moment::of(account, &self.clock), execution.status);
        execution.reason = Some(reason.clone());
        execution.move_to(to, at.now);
        let moved = at.moved(from, execution.clone())?;
        let change = moved.written(self.clock.now_ms());
        let (after, pause_reason) = match to {
            ExecutionStatus::Failed => (OutreachStatus::Paused, Some(reason.as_str())),
            _ => (OutreachStatus::Completed, None),
        };
        self.end_with_campaign(account, campaign, &execution, change, (|_| after, pause_reason)).await
    }
}
