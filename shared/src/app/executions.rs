//! Executing a campaign: what it would do, and its beginning.

use super::App;
use super::audiences::shards_walked;
use super::list_pages::ListPage;
use super::message_samples::{MessageSample, SAMPLES};
use super::outreach_changes::{Asked, allow};
use crate::domain::outreach::{
    Audience, AudienceCount, AudiencePerson, CampaignBody, Execution, ExecutionOrder, ExecutionPlan,
    OutreachCampaign, PlanCount, Recipient, seconds_to_send,
};
use crate::error::{AppError, AppResult, Fault};
use crate::ids::{AccountId, BotId, ExecutionId, OutreachCampaignId};
use crate::queue::PlanTask;
use crate::store::CONTACT_SHARDS;

/// For how long an audience is counted before an answer, in milliseconds: a gateway waits for half a minute.
const COUNT_WITHIN_MS: i64 = 15_000;

/// What a plan takes at most, in bytes of JSON: an item takes 400 kB.
const PLAN_BYTES: usize = 300_000;

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
struct PlanSeen {
    counted: PlanCount,
    /// The first of those whom it reaches, each with the bot.
    sample: Vec<(BotId, Recipient)>,
}

impl App {
    /// Executes a campaign: who is reached is chosen from now on, as the audience and the weights of variations are now.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such, or not one of its segments and templates.
    /// - [`AppError::Refused`] if its status does not allow it.
    /// - [`AppError::NoContent`], [`AppError::EmptyAudience`] if there is nothing to send, or nobody to send to now.
    /// - [`AppError::Invalid`] if the segments are too long to be kept together.
    /// - [`AppError::Unavailable`]; a retry may answer [`AppError::Refused`] by the first attempt.
    pub async fn execute_outreach_campaign(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        order: &ExecutionOrder,
    ) -> AppResult<Executed> {
        let (campaign, now) = (self.outreach_campaign(account, id).await?, self.clock.now());
        if !order.preview {
            allow(&campaign, order.action(), now)?;
        }
        let content = self.content_of(account, &campaign.body()?).await?;
        let plan = self.plan_of(account, &campaign, order).await?;
        let (PlanSeen { counted, sample }, exact) = self.count_plan(account, &plan).await?;
        let begins = order.scheduled_at.map_or(now, |at| at.max(now));
        let completion = begins.saturating_add(seconds_to_send(counted.by_bot.into_values()));
        let forecast = ExecutionForecast { count: counted.count, exact, completion };
        if exact && forecast.count.reachable == 0 && !order.is_for_later(now) {
            return Err(AppError::EmptyAudience);
        }
        if order.preview {
            let samples = self.message_samples(account, &content, sample).await?;
            return Ok(Executed::Previewed(forecast, samples));
        }
        let asked = Asked::Execute { order, counts: &forecast.count };
        let changed = self.change_outreach(account, id, &asked).await?;
        let moved = changed.execution.ok_or_else(|| AppError::unavailable("nothing was begun"))?;
        let execution = moved.execution().clone();
        if !order.is_for_later(now) {
            self.tell_planner(account, &execution).await;
        }
        Ok(Executed::Begun(Box::new(BegunExecution { execution, forecast })))
    }

    /// One execution.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn outreach_execution(&self, account: AccountId, id: &ExecutionId) -> AppResult<Execution> {
        self.store.execution(account, id).await?.ok_or(AppError::NotFound("execution"))
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

    /// What a campaign is planned by, as its audience is now.
    pub(super) async fn plan_of(
        &self,
        account: AccountId,
        campaign: &OutreachCampaign,
        order: &ExecutionOrder,
    ) -> AppResult<ExecutionPlan> {
        let body = campaign.body()?;
        let plan = ExecutionPlan {
            campaign: campaign.id.clone(),
            audience: self.audience_of(account, &body, order).await?,
            percentage: order.percentage,
            weights: ExecutionPlan::weights_of(&body),
            testers: if order.test { Some(self.testers(account).await?) } else { None },
            frequency_cap: body.strategy.frequency_cap,
            holdout: body.strategy.holdout,
            repeats: body.strategy.recurrence.is_some(),
        };
        let text = serde_json::to_string(&plan);
        let size_bytes = text.map_err(|error| AppError::unavailable(error.to_string()))?.len();
        if size_bytes > PLAN_BYTES {
            let reason = format!("segments and filters must take at most {PLAN_BYTES} bytes together");
            return Err(AppError::Invalid(vec![Fault { field: "targetAudience".to_owned(), reason }]));
        }
        Ok(plan)
    }

    /// A test goes to testers whether they are in the audience or not, by the bots of the campaign.
    async fn audience_of(
        &self,
        account: AccountId,
        body: &CampaignBody,
        order: &ExecutionOrder,
    ) -> AppResult<Audience> {
        let audience = self.audience(account, &body.audience).await?;
        Ok(match order.test {
            true => Audience { bots: audience.bots, ..Audience::default() },
            false => audience,
        })
    }

    /// Whether a campaign that is to be active has something to say, and somebody to say it to.
    pub(super) async fn check_activation(
        &self,
        account: AccountId,
        campaign: &OutreachCampaign,
    ) -> AppResult<()> {
        self.content_of(account, &campaign.body()?).await?;
        let plan = self.plan_of(account, campaign, &ExecutionOrder::default()).await?;
        let (seen, exact) = self.count_plan(account, &plan).await?;
        if exact && seen.counted.count.reachable == 0 { Err(AppError::EmptyAudience) } else { Ok(()) }
    }

    /// Whom a plan reaches now, and whether everybody was counted.
    async fn count_plan(&self, account: AccountId, plan: &ExecutionPlan) -> AppResult<(PlanSeen, bool)> {
        let (now, mut seen) = (self.clock.now(), PlanSeen::default());
        if let Some(testers) = &plan.testers {
            for user in testers {
                let Some(person) = self.store.known_person(account, *user).await? else { continue };
                seen.add(plan, &person.into_audience(), now);
            }
            return Ok((seen, true));
        }
        let see = |seen: &mut PlanSeen, person: &_| seen.add(plan, person, now);
        let (shards, exact) = self.walk_people(account, COUNT_WITHIN_MS, see).await?;
        let walked = shards_walked(&shards);
        for shard in shards {
            seen.counted.merge(&shard.counted);
            seen.sample.extend(shard.sample);
        }
        seen.sample.truncate(SAMPLES);
        if !exact {
            seen.counted.scale(CONTACT_SHARDS, walked);
        }
        Ok((seen, exact))
    }

    /// Has planning begin now; where the queue does not take it, the due item that was written with it does.
    async fn tell_planner(&self, account: AccountId, execution: &Execution) {
        let task = PlanTask::BeginV1 { account, execution: execution.id.clone() };
        let told = async { self.plan_queue()?.send_text(task.spelled()?).await };
        if let Err(error) = told.await {
            tracing::warn!(execution.id = %execution.id, ?error, "an execution begins later than it should");
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
