use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::access::{is_refusal, put_step, text, to_attribute, unavailable, update_step};
use super::count_keys::CountKey;
use super::keys::{EXECUTIONS, chunks_of, executions_of};
use super::{Due, Key, Store};
use crate::domain::outreach::{
    AbStep, Execution, ExecutionBasis, ExecutionPlan, ExecutionStatus, MessageContent, OutreachCounters,
};
use crate::error::AppResult;
use crate::ids::{AccountId, BotId, BotKey, ExecutionId, OutreachCampaignId};

/// What happens to an execution.
#[derive(Clone, Copy, Debug)]
pub enum ExecutionChange<'a> {
    /// It is asked for.
    New {
        /// The execution.
        execution: &'a Execution,
        /// What it goes by; `None` if it waits for its time.
        basis: Option<&'a ExecutionBasis>,
        /// What begins it.
        due: &'a Due,
        /// Unix milliseconds.
        now_ms: i64,
    },
    /// It moves from this status to that of the execution; the rest of it stays.
    Moved {
        /// Where it is.
        from: ExecutionStatus,
        /// As it is then.
        execution: &'a Execution,
        /// What has it go on; `None` if nothing has to.
        due: Option<&'a Due>,
        /// Unix milliseconds.
        now_ms: i64,
    },
    /// Its test of variations goes one step further, which it has made already: as moved, with the test.
    Tested {
        /// Where it is.
        from: ExecutionStatus,
        /// As it is then.
        execution: &'a Execution,
        /// At which step the test is.
        step: AbStep,
        /// What has it go on.
        due: &'a Due,
        /// Unix milliseconds.
        now_ms: i64,
    },
    /// Its time has come: as moved, on condition that its campaign has this version, which it goes by.
    Begun {
        /// As it is then.
        execution: &'a Execution,
        /// What it goes by.
        basis: &'a ExecutionBasis,
        /// The campaign's version.
        version: u64,
    },
    /// Whom it has not sent to yet is sent this; the rest of it stays.
    Reworded {
        /// The execution.
        execution: &'a ExecutionId,
        /// Every message in its order.
        content: &'a [MessageContent],
    },
    /// It is planned: as moved, and whom it reaches is known exactly.
    Planned(&'a Execution),
}

/// Some recipients of one bot that are sent to one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Who sends it.
    pub bot: BotId,
    /// From which shard its recipients are.
    pub shard: u64,
    /// Which one of that shard, from 0.
    pub number: u64,
    /// How far it is.
    pub state: ChunkState,
    /// How many recipients it has.
    pub count: u64,
    /// Who, as [`crate::domain::outreach::Recipient::spell_all`] writes it.
    pub recipients: String,
    /// What became of each message to each of them, as [`crate::domain::outreach::Ledger`] is written; `None` while nobody
    /// was sent to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<String>,
}

/// How far a chunk is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChunkState {
    /// Nobody of it was sent to.
    #[default]
    Pending,
    /// Some were.
    Begun,
    /// Everybody has an outcome.
    Done,
}

/// A line of the list of a campaign's executions.
#[derive(Serialize, Deserialize)]
struct Listing {
    id: ExecutionId,
}

impl Store {
    /// One execution of an account.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn execution(&self, account: AccountId, id: &ExecutionId) -> AppResult<Option<Execution>> {
        self.get(&Key::Execution(account, id)).await
    }

    /// What an execution is planned by.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn execution_plan(
        &self,
        account: AccountId,
        id: &ExecutionId,
    ) -> AppResult<Option<ExecutionPlan>> {
        self.get(&Key::ExecutionPlan(account, id)).await
    }

    /// Every execution of a campaign, the latest first.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn executions(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<Vec<Execution>> {
        let partition = Key::Outreach(account, campaign).partition();
        let mut lines: Vec<Listing> = self.query(partition, &executions_of(campaign)).await?;
        lines.reverse();
        let mut executions = Vec::with_capacity(lines.len());
        for some in lines.chunks(100) {
            let keys: Vec<_> = some.iter().map(|line| Key::Execution(account, &line.id)).collect();
            executions.extend(self.get_many(&keys).await?.into_iter().flatten());
        }
        Ok(executions)
    }

    /// Every execution of an account, whichever campaign's.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn execution_ids(&self, account: AccountId) -> AppResult<Vec<ExecutionId>> {
        let partition = Key::Outreach(account, &OutreachCampaignId::default()).partition();
        let lines: Vec<Listing> = self.query(partition, EXECUTIONS).await?;
        Ok(lines.into_iter().map(|line| line.id).collect())
    }

    /// Every chunk that a bot has to send in an execution, in the order of shards and numbers.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn chunks(&self, account: AccountId, id: &ExecutionId, bot: BotId) -> AppResult<Vec<Chunk>> {
        self.query(Key::Execution(account, id).partition(), &chunks_of(bot)).await
    }

    /// Moves an execution by itself, without its campaign; `false` if it is elsewhere.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn change_execution(&self, account: AccountId, change: ExecutionChange<'_>) -> AppResult<bool> {
        let mut steps = self.execution_steps(account, change)?;
        if let (Some(execution), Some((time, event))) = (change.execution(), change.told()) {
            steps.extend(self.told_step(account, &execution.campaign, time, &[event])?);
        }
        Ok(self.transact(steps).await?.is_none())
    }

    /// Notes that a bot has done its part of what was planned in a pass of an execution, and answers all bots that have.
    /// Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_part_done(
        &self,
        bot: BotKey,
        execution: &ExecutionId,
        pass: u64,
    ) -> AppResult<BTreeSet<BotId>> {
        let name = if pass == 0 { "bots_done" } else { "bots_done_rest" };
        let done = AttributeValue::Ns(vec![bot.bot.to_string()]);
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Execution(bot.account, execution).attributes()))
            .update_expression("ADD #done :bot")
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_names("#done", name)
            .expression_attribute_values(":bot", done)
            .return_values(ReturnValue::UpdatedNew);
        let answer = match update.send().await {
            Ok(answer) => answer.attributes.unwrap_or_default(),
            Err(error) if is_refusal(&error) => return Ok(BTreeSet::new()),
            Err(error) => return Err(unavailable(error)),
        };
        let done = answer.get(name).and_then(|bots| bots.as_ns().ok()).into_iter().flatten();
        Ok(done.filter_map(|bot| bot.parse().ok().map(BotId)).collect())
    }

    /// What an execution's change is in a transaction.
    pub(super) fn execution_steps(
        &self,
        account: AccountId,
        change: ExecutionChange<'_>,
    ) -> AppResult<Vec<TransactWriteItem>> {
        match change {
            ExecutionChange::New { execution, basis, due, now_ms } => {
                let Execution { id, campaign, created, .. } = execution;
                let control = self
                    .new_item(&Key::Execution(account, id), execution)?
                    .condition_expression("attribute_not_exists(PK)");
                let line = Key::ExecutionListing(account, campaign, *created, id);
                let mut steps = vec![
                    put_step(control)?,
                    put_step(self.new_item(&line, &Listing { id: id.clone() })?)?,
                    put_step(self.new_item(&due.unswept_key(now_ms), due)?)?,
                ];
                if let Some(basis) = basis {
                    steps.extend(self.basis_steps(account, id, basis)?);
                }
                Ok(steps)
            }
            ExecutionChange::Begun { execution, basis, version } => {
                let mut steps = self.basis_steps(account, &execution.id, basis)?;
                steps.push(self.execution_move(
                    account,
                    (ExecutionStatus::Scheduled, step_of(execution)),
                    execution,
                    false,
                )?);
                steps.push(self.is_at_version(&Key::Outreach(account, &execution.campaign), version)?);
                Ok(steps)
            }
            ExecutionChange::Reworded { execution, content } => {
                self.content_steps(account, execution, content)
            }
            ExecutionChange::Moved { from, execution, due, now_ms } => {
                let mut steps =
                    vec![self.execution_move(account, (from, step_of(execution)), execution, false)?];
                if let Some(due) = due {
                    steps.push(put_step(self.new_item(&due.unswept_key(now_ms), due)?)?);
                }
                Ok(steps)
            }
            ExecutionChange::Tested { from, execution, step, due, now_ms } => Ok(vec![
                self.execution_move(account, (from, Some(step)), execution, false)?,
                put_step(self.new_item(&due.unswept_key(now_ms), due)?)?,
            ]),
            ExecutionChange::Planned(execution) => {
                let decided = execution.ab.as_ref().filter(|ab| ab.step == AbStep::Decided);
                let from = (ExecutionStatus::Planning, decided.map(|ab| ab.step));
                let mut steps = vec![self.execution_move(account, from, execution, true)?];
                if !execution.test {
                    let counted = decided.map_or(0, |ab| ab.chunks);
                    let tasks = execution.chunks().saturating_sub(counted);
                    let tasks = OutreachCounters { tasks, ..OutreachCounters::default() };
                    let total = Key::Count(CountKey::Total(account, &execution.campaign));
                    steps.extend(self.counted(&total, &tasks, None)?);
                }
                Ok(steps)
            }
        }
    }

    fn basis_steps(
        &self,
        account: AccountId,
        id: &ExecutionId,
        basis: &ExecutionBasis,
    ) -> AppResult<Vec<TransactWriteItem>> {
        let mut steps = self.content_steps(account, id, &basis.content)?;
        steps.push(put_step(self.new_item(&Key::ExecutionPlan(account, id), &basis.plan)?)?);
        Ok(steps)
    }

    fn execution_move(
        &self,
        account: AccountId,
        (from, step): (ExecutionStatus, Option<AbStep>),
        execution: &Execution,
        is_planned: bool,
    ) -> AppResult<TransactWriteItem> {
        // An execution with a test is in some statuses twice.
        let at_step = if step.is_some() { "ab.step = :step" } else { "attribute_not_exists(ab)" };
        let (mut sets, mut removes) = (vec!["#status = :status".to_owned()], Vec::new());
        let mut update = self
            .update(&Key::Execution(account, &execution.id))
            .condition_expression(format!("#status = :from AND {at_step}"))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":from", to_attribute(&from)?)
            .expression_attribute_values(":status", to_attribute(&execution.status)?);
        let time = |time: Option<i64>| time.map(|time| to_attribute(&time)).transpose();
        let resumes_to = execution.resumes_to.map(|status| to_attribute(&status)).transpose()?;
        let mut fields = vec![
            ("resumes_to", resumes_to),
            ("started", time(execution.started)?),
            ("finished", time(execution.finished)?),
            ("scheduled_at", time(execution.scheduled_at)?),
            ("reason", execution.reason.as_ref().map(text)),
        ];
        if is_planned {
            fields.push(("counts", Some(to_attribute(&execution.counts)?)));
            fields.push(("bots", Some(to_attribute(&execution.bots)?)));
        }
        if let Some(step) = step {
            update = update.expression_attribute_values(":step", to_attribute(&step)?);
        }
        if step_of(execution) != step {
            fields.push(("ab", execution.ab.as_ref().map(to_attribute).transpose()?));
        }
        for (name, value) in fields {
            match value {
                Some(value) => {
                    sets.push(format!("{name} = :{name}"));
                    update = update.expression_attribute_values(format!(":{name}"), value);
                }
                None => removes.push(name),
            }
        }
        let mut expression = format!("SET {}", sets.join(", "));
        if !removes.is_empty() {
            expression += &format!(" REMOVE {}", removes.join(", "));
        }
        update_step(update.update_expression(expression))
    }
}

fn step_of(execution: &Execution) -> Option<AbStep> {
    execution.ab.as_ref().map(|ab| ab.step)
}
