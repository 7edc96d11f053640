//! What an edit of a campaign comes to, and what its execution makes of it. An execution that waits for its time goes by the
//! campaign as it is then; one that has begun goes by what was kept with it, of which only the texts may still change.

use serde_json::{Map, Value};

use super::App;
use super::audience_totals::AudienceTotal;
use super::execution_basis::Ready;
use super::execution_moves::{ExecutionMove, Moment, drawn_execution};
use super::outreach_changes::{Changed, allow};
use crate::domain::outreach::{
    CampaignAction, CampaignRefusal, Execution, ExecutionOrder, ExecutionPlan, ExecutionProgress, LaneTally,
    OutreachCampaign, OutreachStatus, Refusal, SurveyQuestion,
};
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;

/// What a campaign was before a change.
#[derive(Clone, Copy)]
pub(super) struct Before {
    status: OutreachStatus,
    /// Its start date, in Unix seconds.
    start: Option<i64>,
}

impl Before {
    pub fn of(campaign: &OutreachCampaign) -> AppResult<Self> {
        Ok(Self { status: campaign.status, start: campaign.body()?.start })
    }
}

impl App {
    /// A campaign with some fields changed, or its status, or both.
    pub(super) async fn updated(
        &self,
        mut campaign: OutreachCampaign,
        underway: Option<Execution>,
        (status, changes): (Option<OutreachStatus>, &Map<String, Value>),
        at: Moment,
    ) -> AppResult<Changed> {
        let (before, mut moves) = (Before::of(&campaign)?, Vec::new());
        let mut action = match campaign.touches_content(changes) {
            true => CampaignAction::EditContent,
            false => CampaignAction::EditDetails,
        };
        if !changes.is_empty() {
            self.allow_beside(&campaign, underway.as_ref(), action, at).await?;
            let touches_audience = campaign.touches_audience(changes);
            let asked = questions_of(&campaign)?;
            campaign.document = campaign.changed(changes.clone());
            check_questions(&campaign, (before, asked), at.now)?;
            if action == CampaignAction::EditContent {
                // Who is named from now on gets what it says now.
                campaign.triggered.close();
            }
            if changes.contains_key("messages") {
                self.check_campaign_media(at.account, &campaign.body()?).await?;
            }
            let begun = underway.as_ref().filter(|execution| !execution.awaits_its_time());
            if let (CampaignAction::EditContent, Some(begun)) = (action, begun) {
                let locked = || refused(&campaign, Refusal::Locked, action, at.now);
                if touches_audience {
                    return Err(locked());
                }
                let reworded = self.reworded(at.account, &campaign, begun).await?;
                moves.push(reworded.ok_or_else(locked)?);
            }
        }
        if let Some(status) = status {
            action = CampaignAction::SetStatus(status);
            let to = self.allow_beside(&campaign, underway.as_ref(), action, at).await?;
            if to != campaign.status {
                if campaign.status == OutreachStatus::Paused && to == OutreachStatus::Active {
                    self.check_budget(&campaign, action, at).await?;
                }
                campaign.set_status(to);
            }
        }
        let (moved, total) = self.carried_along(&mut campaign, before, underway, at).await?;
        moves.extend(moved);
        Ok(Changed { campaign, moves, action, total })
    }

    /// What becomes of executions with a campaign that has its new status and dates. One that becomes active is checked
    /// first, unless it goes on with what was kept with its execution; then also how many people it would reach.
    pub(super) async fn carried_along(
        &self,
        campaign: &mut OutreachCampaign,
        before: Before,
        underway: Option<Execution>,
        at: Moment,
    ) -> AppResult<(Option<ExecutionMove>, Option<AudienceTotal>)> {
        let body = campaign.body()?;
        let is_active = campaign.status == OutreachStatus::Active;
        let becomes_active = is_active && before.status != OutreachStatus::Active;
        let Some(execution) = underway else {
            let is_moment = becomes_active || (is_active && body.start != before.start);
            let start = match body.strategy.recurrence {
                Some(_) if is_active => body.next_start(at.now),
                None if is_moment && campaign.begins_by_itself(before.status, body.start, at.now) => {
                    body.start
                }
                _ => None,
            };
            return match (start, becomes_active) {
                (Some(start), _) => {
                    let ready = self.ready(at.account, campaign).await?;
                    let total = ready.total;
                    Ok((Some(begun_by_itself(campaign, start, ready, at)?), total))
                }
                (None, true) => Ok((None, self.ready(at.account, campaign).await?.total)),
                (None, false) => Ok((None, None)),
            };
        };
        let total = match becomes_active && execution.awaits_its_time() {
            true => self.ready(at.account, campaign).await?.total,
            false => None,
        };
        Ok((at.follow_edit(campaign, execution)?, total))
    }

    /// What those get whom an execution has not sent to yet, as its campaign is now; `None` if that does not fit how it is
    /// planned: everybody has a variation of each message by now.
    async fn reworded(
        &self,
        account: AccountId,
        campaign: &OutreachCampaign,
        execution: &Execution,
    ) -> AppResult<Option<ExecutionMove>> {
        let body = campaign.body()?;
        let plan = self.store.execution_plan(account, &execution.id).await?;
        if plan.is_none_or(|plan| plan.weights != ExecutionPlan::weights_of(&body)) {
            return Ok(None);
        }
        let content = self.frozen_content(account, &body).await?;
        Ok(Some(ExecutionMove::Reworded { execution: execution.id.clone(), content }))
    }

    /// The status that an action leads to where an execution may be underway: what has not begun locks no content, and what
    /// has not sent anything stands against no draft.
    async fn allow_beside(
        &self,
        campaign: &OutreachCampaign,
        underway: Option<&Execution>,
        action: CampaignAction,
        at: Moment,
    ) -> AppResult<OutreachStatus> {
        let progress = match (underway, action) {
            (Some(execution), CampaignAction::EditContent) if execution.awaits_its_time() => execution.before,
            (Some(execution), CampaignAction::SetStatus(OutreachStatus::Draft)) => {
                match self.has_sent(at.account, execution).await? {
                    true => ExecutionProgress::Underway,
                    false => execution.before,
                }
            }
            _ => campaign.progress,
        };
        allow(&OutreachCampaign { progress, ..campaign.clone() }, action, at.now)
    }

    /// Whether anybody of an execution has an outcome. Whoever is sent to at this very moment is no less reached by it, and
    /// left out of the next one.
    async fn has_sent(&self, account: AccountId, execution: &Execution) -> AppResult<bool> {
        if !execution.may_have_sent() {
            return Ok(false);
        }
        let lanes = self.store.lanes(account, &execution.id).await?;
        Ok(lanes.iter().any(|(_, lane)| *lane != LaneTally::default()))
    }
}

/// What a campaign asks.
fn questions_of(campaign: &OutreachCampaign) -> AppResult<Option<Vec<SurveyQuestion>>> {
    Ok(campaign.body()?.survey.map(|survey| survey.questions))
}

/// Questions stand once a campaign was active: answers are kept by their places, and somebody may be answering now.
fn check_questions(
    campaign: &OutreachCampaign,
    (before, asked): (Before, Option<Vec<SurveyQuestion>>),
    now: i64,
) -> AppResult<()> {
    if before.status == OutreachStatus::Draft || questions_of(campaign)? == asked {
        return Ok(());
    }
    Err(refused(campaign, Refusal::Locked, CampaignAction::EditContent, now))
}

fn refused(campaign: &OutreachCampaign, refusal: Refusal, action: CampaignAction, now: i64) -> AppError {
    AppError::Refused(CampaignRefusal::of(refusal, campaign.standing(now), action))
}

/// Begins what the start date asks for, or schedules it, or the first time of one that recurs.
fn begun_by_itself(
    campaign: &mut OutreachCampaign,
    start: i64,
    ready: Ready,
    at: Moment,
) -> AppResult<ExecutionMove> {
    let order = ExecutionOrder { scheduled_at: Some(start), ..ExecutionOrder::default() };
    let mut execution = drawn_execution(campaign, (&order, order.first_status(at.now)), at)?;
    execution.recurs = campaign.body()?.strategy.recurrence.is_some();
    (execution.by_start_date, execution.counts) = (!execution.recurs, ready.counts);
    at.begin(campaign, execution, ready.basis)
}
