//! What is done with a campaign, and what becomes of its execution with it: one transaction for both, and who was overtaken
//! is judged anew by what the others made of it.

use serde_json::{Map, Value};

use super::App;
use super::execution_moves::{ExecutionMove, Moment, drawn_execution};
use super::outreach::CHANGE_TRIES;
use crate::domain::outreach::{
    AudienceCount, CampaignAction, CampaignRefusal, Execution, ExecutionOrder, ExecutionProgress,
    OutreachCampaign, OutreachStatus, Refusal, rule,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, ExecutionId, OutreachCampaignId};
use crate::store::OutreachStep;

/// How many tests of a campaign are underway at most: they are ended in one transaction with it.
const TESTS_MAX: usize = 50;

/// What is asked for.
pub(super) enum Asked<'a> {
    /// To change fields, or the status, or both.
    Update { version: Option<u64>, status: Option<OutreachStatus>, changes: &'a Map<String, Value> },
    /// To pause it or to let it go on.
    Move(CampaignAction),
    /// To pause it by itself, for this reason.
    Halt(&'static str),
    /// To execute it.
    Execute { order: &'a ExecutionOrder, counts: &'a AudienceCount },
}

/// A campaign after a change.
pub(super) struct Changed {
    pub campaign: OutreachCampaign,
    pub execution: Option<ExecutionMove>,
    action: CampaignAction,
}

impl App {
    /// Does what is asked for.
    pub(super) async fn change_outreach(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        asked: &Asked<'_>,
    ) -> AppResult<Changed> {
        for _ in 0..CHANGE_TRIES {
            let before = self.outreach_campaign(account, id).await?;
            let (from, version, at) = (before.status, before.version, Moment::of(account, &self.clock));
            let (was_alive, end) = (from != OutreachStatus::Draft, before.body()?.end);
            let mut changed = self.changed(before, asked, at).await?;
            self.end_at_end_date(account, end.filter(|_| was_alive), &changed.campaign).await?;
            let campaign = &mut changed.campaign;
            let tests = match campaign.status {
                OutreachStatus::Cancelled => {
                    let underway = self.tests_underway(account, &campaign.tests).await?;
                    at.end_tests(campaign, underway)?
                }
                _ => Vec::new(),
            };
            (campaign.version, campaign.updated) = (version + 1, at.now);
            let step = step(changed.action, from, changed.campaign.status, at.now);
            let moves = changed.execution.iter().chain(&tests).map(|moved| moved.written(at));
            if self.store.change_outreach_campaign(account, &changed.campaign, &step, moves).await? {
                return Ok(changed);
            }
        }
        Err(AppError::unavailable("the campaign is being changed by other calls"))
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
                let execution = at.follow(&mut campaign, underway)?;
                Ok(Changed { campaign, execution, action: CampaignAction::Pause })
            }
            Asked::Move(action) => {
                let to = allow(&campaign, action, at.now)?;
                if to == OutreachStatus::Active {
                    self.check_budget(&campaign, action, at).await?;
                }
                campaign.set_status(to);
                let execution = match underway {
                    Some(execution) => at.follow_edit(&mut campaign, execution)?,
                    None => self.scheduled_if_it_recurs(&mut campaign, at).await?,
                };
                Ok(Changed { campaign, execution, action })
            }
            Asked::Execute { order, counts } => {
                let action = order.action();
                let to = allow(&campaign, action, at.now)?;
                match order.test {
                    true => self.make_room_for_a_test(&mut campaign, at).await?,
                    false => self.check_budget(&campaign, action, at).await?,
                }
                campaign.set_status(to);
                let plan = self.plan_of(at.account, &campaign, order).await?;
                let mut execution = drawn_execution(&campaign, order, at.now)?;
                execution.counts = counts.clone();
                let execution = at.begin(&mut campaign, execution, plan)?;
                Ok(Changed { campaign, execution: Some(execution), action })
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
    async fn execution_underway(
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

    async fn updated(
        &self,
        mut campaign: OutreachCampaign,
        underway: Option<Execution>,
        (status, changes): (Option<OutreachStatus>, &Map<String, Value>),
        at: Moment,
    ) -> AppResult<Changed> {
        let mut action = match campaign.touches_content(changes) {
            true => CampaignAction::EditContent,
            false => CampaignAction::EditDetails,
        };
        if !changes.is_empty() {
            allow(&campaign, action, at.now)?;
            campaign.document = campaign.changed(changes.clone());
        }
        let (body, was_draft) = (campaign.body()?, campaign.status == OutreachStatus::Draft);
        if let Some(status) = status {
            action = CampaignAction::SetStatus(status);
            let to = allow_beside(&campaign, underway.as_ref(), action, at.now)?;
            if to == OutreachStatus::Active && was_draft && body.messages.is_empty() {
                return Err(AppError::NoContent);
            }
            if to == OutreachStatus::Active && campaign.status == OutreachStatus::Paused {
                self.check_budget(&campaign, action, at).await?;
            }
            campaign.set_status(to);
        }
        let begins = was_draft && campaign.status == OutreachStatus::Active;
        let execution = match underway {
            None if begins => self.scheduled_by_itself(&mut campaign, at).await?,
            None => self.scheduled_if_it_recurs(&mut campaign, at).await?,
            Some(execution) => at.follow_edit(&mut campaign, execution)?,
        };
        Ok(Changed { campaign, execution, action })
    }
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

/// The same where an execution is underway: while that is not sending, nothing of it stands against a draft.
fn allow_beside(
    campaign: &OutreachCampaign,
    underway: Option<&Execution>,
    action: CampaignAction,
    now: i64,
) -> AppResult<OutreachStatus> {
    match (underway, action) {
        (Some(execution), CampaignAction::SetStatus(OutreachStatus::Draft)) => {
            let progress = match execution.has_begun_sending() {
                true => ExecutionProgress::Underway,
                false => execution.before,
            };
            allow(&OutreachCampaign { progress, ..campaign.clone() }, action, now)
        }
        _ => allow(campaign, action, now),
    }
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
