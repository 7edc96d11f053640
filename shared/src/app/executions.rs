//! Executing a campaign: what it would do, and its beginning.

use super::App;
use super::list_pages::ListPage;
use super::message_samples::{MessageSample, SAMPLES};
use super::outreach::CHANGE_TRIES;
use super::outreach_changes::{Asked, allow};
use crate::domain::outreach::{
    AudienceCount, AudiencePerson, Execution, ExecutionOrder, ExecutionPlan, ExecutionStatus,
    OutreachCampaign, PlanCount, Recipient, seconds_to_send,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, ExecutionId, OutreachCampaignId};
use crate::queue::PlanTask;

/// For how long an audience is counted before an answer, in milliseconds: a gateway waits for half a minute.
const COUNT_WITHIN_MS: i64 = 15_000;

/// What an execution does, as far as it is known before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionForecast {
    /// Whom it reaches.
    pub count: AudienceCount,
    /// Whether everybody was counted; else a part that stands for all.
    pub exact: bool,
    /// When its last message is sent, in Unix seconds, if nothing else is in the way.
    pub completion: i64,
}

/// An execution that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct BegunExecution {
    /// The execution.
    pub execution: Execution,
    /// What it does.
    pub forecast: ExecutionForecast,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq)]
pub enum Executed {
    /// Nothing was to be done but to tell what would be, with what some of those get whom it would reach.
    Previewed(ExecutionForecast, Vec<MessageSample>),
    /// It begins, or waits for its time.
    Begun(Box<BegunExecution>),
}

/// What was seen of those whom a plan looks at.
#[derive(Default)]
pub(super) struct PlanSeen {
    pub counted: PlanCount,
    /// The first of those whom it reaches, each with the bot.
    sample: Vec<(BotId, Recipient)>,
}

impl App {
    /// Executes a campaign: who is reached is chosen from now on, or from its time on, as the campaign is then.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such, or not one of its segments and templates.
    /// - [`AppError::Refused`] if its status does not allow it.
    /// - [`AppError::NoContent`], [`AppError::EmptyAudience`] if there is nothing to send, or nobody to send to now.
    /// - [`AppError::Invalid`] if messages do not fit their templates, or segments or messages are too long to be kept.
    /// - [`AppError::Unavailable`]; a retry may answer [`AppError::Refused`] by the first attempt.
    pub async fn execute_outreach_campaign(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        order: &ExecutionOrder,
    ) -> AppResult<Executed> {
        for _ in 0..CHANGE_TRIES {
            let campaign = self.outreach_campaign(account, id).await?;
            if let Some(executed) = self.execute_as_it_is(account, campaign, order).await? {
                return Ok(executed);
            }
        }
        Err(AppError::unavailable("the campaign is being changed by other calls"))
    }

    /// Executes a campaign as it was read; `None` if it was changed since, so that what was checked here is not what would be
    /// sent.
    async fn execute_as_it_is(
        &self,
        account: AccountId,
        campaign: OutreachCampaign,
        order: &ExecutionOrder,
    ) -> AppResult<Option<Executed>> {
        let now = self.clock.now();
        if !order.preview {
            allow(&campaign, order.action(), now)?;
        }
        let (basis, status) = (self.basis_of(account, &campaign, order).await?, order.first_status(now));
        let (PlanSeen { counted, sample }, exact) = self.count_plan(account, &basis.plan).await?;
        let begins = order.scheduled_at.map_or(now, |at| at.max(now));
        let messages = u64::try_from(basis.content.len()).unwrap_or(u64::MAX);
        let by_bot = counted.by_bot.into_values().map(|people| people.saturating_mul(messages));
        let completion = begins.saturating_add(seconds_to_send(by_bot));
        let forecast = ExecutionForecast { count: counted.count, exact, completion };
        let begins_now = status == ExecutionStatus::Planning && !order.preview;
        if exact && forecast.count.reachable == 0 && begins_now {
            return Err(AppError::EmptyAudience);
        }
        if order.preview {
            let samples = self.message_samples(account, &basis.content, sample).await?;
            return Ok(Some(Executed::Previewed(forecast, samples)));
        }
        let asked = Asked::Execute { order, status, counts: &forecast.count, basis: &basis };
        let Some(changed) = self.change_outreach_as_it_is(account, campaign, &asked).await? else {
            return Ok(None);
        };
        let execution = changed.begun().cloned();
        let execution = execution.ok_or_else(|| AppError::unavailable("nothing was begun"))?;
        Ok(Some(Executed::Begun(Box::new(BegunExecution { execution, forecast }))))
    }

    /// One execution.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such, or its campaign is deleted.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn outreach_execution(&self, account: AccountId, id: &ExecutionId) -> AppResult<Execution> {
        let execution = self.store.execution(account, id).await?.ok_or(AppError::NotFound("execution"))?;
        match self.store.outreach_campaign(account, &execution.campaign).await? {
            Some(_) => Ok(execution),
            None => Err(AppError::NotFound("execution")),
        }
    }

    /// One page of a campaign's executions, tests included, and how many there are on all pages.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such campaign.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn list_outreach_executions(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        page: ListPage,
    ) -> AppResult<(Vec<Execution>, u64)> {
        self.outreach_campaign(account, campaign).await?;
        let executions = self.store.executions(account, campaign).await?.into_iter();
        Ok(page.of(executions.map(|found| ((found.created, found.id.clone()), found)).collect()))
    }

    /// Whom a plan reaches now, and whether everybody was counted.
    pub(super) async fn count_plan(
        &self,
        account: AccountId,
        plan: &ExecutionPlan,
    ) -> AppResult<(PlanSeen, bool)> {
        let (now, mut seen) = (self.clock.now(), PlanSeen::default());
        if let Some(testers) = &plan.testers {
            for user in testers {
                let Some(person) = self.store.known_person(account, *user).await? else { continue };
                seen.add(plan, &person.into_audience(), now);
            }
            return Ok((seen, true));
        }
        let see = |seen: &mut PlanSeen, person: &_| seen.add(plan, person, now);
        let (shards, reach) = self.walk_people(account, COUNT_WITHIN_MS, see).await?;
        for shard in shards {
            seen.counted.merge(&shard.counted);
            seen.sample.extend(shard.sample);
        }
        seen.sample.truncate(SAMPLES);
        if !reach.exact {
            seen.counted.scale(reach.people, reach.seen);
        }
        Ok((seen, reach.exact))
    }

    /// Has planning begin now, or sending go on; where the queue does not take it, the due item that was written with it does.
    pub(super) async fn tell_planner(&self, account: AccountId, execution: &Execution) {
        let task = PlanTask::BeginV1 { account, execution: execution.id.clone() };
        let told = async { self.plan_queue()?.send_text(task.spelled()?).await };
        if let Err(error) = told.await {
            tracing::warn!(execution.id = %execution.id, ?error, "an execution goes on later than it should");
        }
    }
}

impl PlanSeen {
    fn add(&mut self, plan: &ExecutionPlan, person: &AudiencePerson, now: i64) {
        let judgement = plan.judge(person, now);
        self.counted.add(judgement);
        if self.sample.len() < SAMPLES {
            self.sample.extend(plan.recipient(person.user, judgement));
        }
    }
}
