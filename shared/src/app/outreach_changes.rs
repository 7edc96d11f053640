//! What is done with a campaign, and what becomes of its execution with it: one transaction for both, and who was overtaken
//! is judged anew by what the others made of it.

use serde_json::{Map, Value};

use super::App;
use super::audience_totals::AudienceTotal;
use super::execution_moves::{ExecutionMove, Moment, drawn_execution};
use super::outreach::{CHANGE_TRIES, names_segments};
use super::outreach_edits::Before;
use crate::domain::outreach::{
    AudienceCount, CampaignAction, CampaignRefusal, Execution, ExecutionBasis, ExecutionOrder,
    ExecutionProgress, ExecutionStatus, Holding, OutreachCampaign, OutreachStatus, Refusal, SecondTry,
    Triggers, document_bytes, rule,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, ExecutionId, OutreachCampaignId};
use crate::store::{HeldWrite, HoldingChange, Naming, OutreachStep};

/// How many tests of a campaign are underway at most: they are ended in one transaction with it.
const TESTS_MAX: usize = 50;

/// What is asked for.
pub(super) enum Asked<'a> {
    /// To change fields, or the status, or both.
    Update { version: Option<u64>, status: Option<OutreachStatus>, changes: &'a Map<String, Value> },
    /// To pause it or to let it go on.
    Move(CampaignAction),
    /// To pause it by itself, for this reason.
    Halt(&'a str),
    /// To execute it, from this status on.
    Execute {
        order: &'a ExecutionOrder,
        status: ExecutionStatus,
        counts: &'a AudienceCount,
        basis: &'a ExecutionBasis,
    },
    /// To send again to those whom its last execution did not reach.
    RetryFailed { again: &'a SecondTry, counts: &'a AudienceCount },
}

/// A campaign after a change.
pub(super) struct Changed {
    pub campaign: OutreachCampaign,
    /// What becomes of executions with it.
    pub moves: Vec<ExecutionMove>,
    pub action: CampaignAction,
    /// How many people it would reach, where they were counted for it.
    pub total: Option<AudienceTotal>,
}

impl Changed {
    /// The execution that is begun with it, or scheduled.
    pub fn begun(&self) -> Option<&Execution> {
        self.moves.iter().find_map(ExecutionMove::begun)
    }
}

impl App {
    /// Does what is asked for, with the campaign as it is by then.
    pub(super) async fn change_outreach(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        asked: &Asked<'_>,
    ) -> AppResult<OutreachCampaign> {
        for _ in 0..CHANGE_TRIES {
            let before = self.outreach_campaign(account, id).await?;
            if let Some(changed) = self.change_outreach_as_it_is(account, before, asked).await? {
                return Ok(changed.campaign);
            }
        }
        Err(AppError::unavailable("the campaign is being changed by other calls"))
    }

    /// Does what is asked for with a campaign that was read; `None` if it was changed since.
    pub(super) async fn change_outreach_as_it_is(
        &self,
        account: AccountId,
        before: OutreachCampaign,
        asked: &Asked<'_>,
    ) -> AppResult<Option<Changed>> {
        let (from, version, at) = (before.status, before.version, Moment::of(account, &self.clock));
        let mut changed = self.changed(before.clone(), asked, at).await?;
        if changed.campaign == before && changed.moves.is_empty() {
            return Ok(Some(changed));
        }
        self.end_at_end_date(&before, &changed.campaign, at).await?;
        let held = held_change(&before, &changed.campaign)?;
        let campaign = &mut changed.campaign;
        if campaign.status == OutreachStatus::Cancelled {
            let underway = self.tests_underway(account, &campaign.tests).await?;
            changed.moves.extend(at.end_tests(campaign, underway)?);
        }
        if campaign.status != from {
            changed.moves.extend(self.triggered_along(account, campaign, at).await?);
        }
        (campaign.version, campaign.updated) = (version + 1, at.now);
        let step = step(changed.action, from, changed.campaign.status, at.now);
        let now_ms = self.clock.now_ms();
        let moves = changed.moves.iter().map(|moved| moved.written(now_ms));
        let (campaign, step) = (&changed.campaign, (&step, held));
        match self.store.change_outreach_document(account, campaign, step, moves).await? {
            HeldWrite::Written => {}
            HeldWrite::Overtaken => return Ok(None),
            HeldWrite::Full => return Err(Holding::Campaigns.full()),
            HeldWrite::ListFull => return Err(Triggers::crowded()),
        }
        for execution in changed.moves.iter().filter_map(ExecutionMove::under_way) {
            self.tell_planner(account, execution).await;
        }
        if let Some(total) = changed.total {
            self.keep_audience_total(account, &changed.campaign, total).await;
        }
        Ok(Some(changed))
    }

    async fn changed(
        &self,
        mut campaign: OutreachCampaign,
        asked: &Asked<'_>,
        at: Moment,
    ) -> AppResult<Changed> {
        let underway = self.execution_underway(at.account, &campaign).await?;
        match *asked {
            Asked::Update { version, .. } if version.is_some_and(|version| version != campaign.version) => {
                Err(AppError::VersionConflict)
            }
            Asked::Update { status, changes, .. } => {
                self.updated(campaign, underway, (status, changes), at).await
            }
            Asked::Halt(reason) => {
                campaign.set_status(allow(&campaign, CampaignAction::Pause, at.now)?);
                campaign.pause_reason = Some(reason.to_owned());
                let moves = at.follow(&mut campaign, underway)?.into_iter().collect();
                Ok(Changed { campaign, moves, action: CampaignAction::Pause, total: None })
            }
            Asked::Move(action) => {
                let before = Before::of(&campaign)?;
                let to = allow(&campaign, action, at.now)?;
                if to == OutreachStatus::Active {
                    self.check_budget(&campaign, action, at).await?;
                }
                campaign.set_status(to);
                let (moved, total) = self.carried_along(&mut campaign, before, underway, at).await?;
                Ok(Changed { campaign, moves: moved.into_iter().collect(), action, total })
            }
            Asked::RetryFailed { again, counts } => self.tried_again(campaign, (again, counts), at).await,
            Asked::Execute { order, status, counts, basis } => {
                let action = order.action();
                let to = allow(&campaign, action, at.now)?;
                match order.test {
                    true => self.make_room_for_a_test(&mut campaign, at).await?,
                    false => self.check_budget(&campaign, action, at).await?,
                }
                campaign.set_status(to);
                let mut execution = drawn_execution(&campaign, (order, status), at)?;
                execution.counts = counts.clone();
                let begun = at.begin(&mut campaign, execution, basis.clone())?;
                Ok(Changed { campaign, moves: vec![begun], action, total: None })
            }
        }
    }

    /// Those of some tests that are not over.
    pub(super) async fn tests_underway(
        &self,
        account: AccountId,
        tests: &[ExecutionId],
    ) -> AppResult<Vec<Execution>> {
        let mut underway = Vec::new();
        for id in tests {
            let test = self.store.execution(account, id).await?;
            underway.extend(test.filter(|test| !test.status.is_over()));
        }
        Ok(underway)
    }

    /// Forgets tests that are over; too many that are not stand against another one.
    async fn make_room_for_a_test(&self, campaign: &mut OutreachCampaign, at: Moment) -> AppResult<()> {
        let underway = self.tests_underway(at.account, &campaign.tests).await?;
        if underway.len() >= TESTS_MAX {
            let (standing, action) = (campaign.standing(at.now), CampaignAction::ExecuteTest);
            return Err(AppError::Refused(CampaignRefusal::of(Refusal::InProgress, standing, action)));
        }
        campaign.tests = underway.into_iter().map(|test| test.id).collect();
        Ok(())
    }

    /// The execution of a campaign that is not over; tests do not count.
    pub(super) async fn execution_underway(
        &self,
        account: AccountId,
        campaign: &OutreachCampaign,
    ) -> AppResult<Option<Execution>> {
        match (&campaign.last_execution, campaign.progress) {
            (Some(id), ExecutionProgress::Underway) => {
                let execution = self.store.execution(account, id).await?;
                Ok(execution.filter(|execution| !execution.status.is_over()))
            }
            _ => Ok(None),
        }
    }
}

/// What an edit changes of what the account keeps.
fn held_change(before: &OutreachCampaign, after: &OutreachCampaign) -> AppResult<HoldingChange> {
    if before.document == after.document {
        return Ok(HoldingChange::changed(Holding::Campaigns, 0, 0));
    }
    let (known, new) = (document_bytes(&before.document)?, document_bytes(&after.document)?);
    let renames = before.document.get("targetAudience") != after.document.get("targetAudience");
    let naming = if renames && names_segments(after)? { Naming::Begins } else { Naming::Same };
    Ok(HoldingChange::changed(Holding::Campaigns, known, new).naming(naming))
}

/// The status that an action leads to.
pub(super) fn allow(
    campaign: &OutreachCampaign,
    action: CampaignAction,
    now: i64,
) -> AppResult<OutreachStatus> {
    let standing = campaign.standing(now);
    rule(standing, action)
        .map_err(|refusal| AppError::Refused(CampaignRefusal::of(refusal, standing, action)))
}

/// What a campaign's history says of a step.
pub(super) fn step(
    action: CampaignAction,
    from: OutreachStatus,
    to: OutreachStatus,
    time: i64,
) -> OutreachStep {
    OutreachStep { action: action.name().to_owned(), from, to, time }
}
