//! What people answer to surveys: each step is written once, with what it counts as.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use rust_decimal::Decimal;
use serde::Serialize;

use super::access::{from_item, number, put_step, to_attribute, update_step, written};
use super::shards::click_shard;
use super::survey_clicks::SurveyClick;
use super::survey_keys::{SurveyKey, replies_of};
use super::{Key, Store};
use crate::domain::outreach::SurveyReply;
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, OutreachCampaignId, UserId};

/// A line of the list of those who answered.
#[derive(Serialize)]
struct SurveyLine {
    /// When they first did, in Unix seconds.
    time: i64,
}

/// What came of writing a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyWrite {
    /// It is written.
    Written,
    /// It was made of a reply that others have changed since.
    Overtaken,
    /// The bot does not know the person any more.
    Gone,
}

impl Store {
    /// What a person answered to a survey, or to a test of it; `None` for somebody who was not asked.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn survey_reply(
        &self,
        account: AccountId,
        user: UserId,
        (campaign, test): (&OutreachCampaignId, bool),
    ) -> AppResult<Option<SurveyReply>> {
        self.get(&Key::reply(account, user, campaign, test)).await
    }

    /// What a person answered to every survey that asked them.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn survey_replies_of(&self, account: AccountId, user: UserId) -> AppResult<Vec<SurveyReply>> {
        self.query(replies_of(account, user), OutreachCampaignId::PREFIX).await
    }

    /// Notes that somebody is about to be asked the first question. Who answered some of them before stays where they are, and
    /// is told anew what was asked of them when they answer this; who is through stays so. A test begins anew. Twice is the
    /// same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_asking(
        &self,
        bot: BotKey,
        user: UserId,
        (campaign, test): (&OutreachCampaignId, bool),
        (variation, now_ms): (&str, i64),
    ) -> AppResult<()> {
        let forgotten = if test { ", started, completed, place, answers" } else { "" };
        let update = self
            .update(&Key::reply(bot.account, user, campaign, test))
            .update_expression(format!(
                "SET #user = :user, campaign = :campaign, test = :test, bot = :bot, variation = :variation, \
                 asked_ms = :now REMOVE shown_ms, shown_in, owed_ms{forgotten} ADD version :one"
            ))
            .condition_expression("attribute_not_exists(completed) OR test = :is_test")
            .expression_attribute_values(":is_test", AttributeValue::Bool(true))
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", to_attribute(&user)?)
            .expression_attribute_values(":campaign", to_attribute(campaign)?)
            .expression_attribute_values(":test", AttributeValue::Bool(test))
            .expression_attribute_values(":bot", number(bot.bot))
            .expression_attribute_values(":variation", AttributeValue::S(variation.to_owned()))
            .expression_attribute_values(":now", number(now_ms))
            .expression_attribute_values(":one", number(1));
        // Who was erased meanwhile is not made anew.
        let contact = self.is_there(&Key::Contact(bot.account, bot.bot, user))?;
        self.transact([update_step(update)?, contact]).await.map(drop)
    }

    /// Notes that somebody was shown the first question, unless they have answered it since.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_first_shown(
        &self,
        account: AccountId,
        user: UserId,
        (campaign, test): (&OutreachCampaignId, bool),
        now_ms: i64,
    ) -> AppResult<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::reply(account, user, campaign, test).attributes()))
            .update_expression("SET shown_ms = :now")
            .condition_expression("attribute_exists(PK) AND attribute_not_exists(started)")
            .expression_attribute_values(":now", number(now_ms));
        written(update.send().await).map(drop)
    }

    /// Notes that somebody was shown where they are, in a message of the survey's own if it is known; `false` if they are
    /// elsewhere by now.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_shown(
        &self,
        account: AccountId,
        reply: &SurveyReply,
        message: Option<i64>,
        now_ms: i64,
    ) -> AppResult<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::reply(account, reply.user, &reply.campaign, reply.test).attributes()))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", number(reply.version))
            .expression_attribute_values(":now", number(now_ms));
        let update = match message {
            Some(message) => update
                .update_expression("SET shown_ms = :now, asked_ms = :now, shown_in = :message REMOVE owed_ms")
                .expression_attribute_values(":message", number(message)),
            None => update.update_expression("SET shown_ms = :now, asked_ms = :now REMOVE shown_in, owed_ms"),
        };
        written(update.send().await)
    }

    /// Notes that a task says where somebody is, unless they are elsewhere by now.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_owed(&self, account: AccountId, reply: &SurveyReply, now_ms: i64) -> AppResult<()> {
        self.note_turn(account, reply, "SET owed_ms = :now", now_ms).await.map(drop)
    }

    /// Notes that the task is about to say it; `false` if they are elsewhere by now.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn note_showing(
        &self,
        account: AccountId,
        reply: &SurveyReply,
        now_ms: i64,
    ) -> AppResult<bool> {
        self.note_turn(account, reply, "SET asked_ms = :now REMOVE owed_ms", now_ms).await
    }

    async fn note_turn(
        &self,
        account: AccountId,
        reply: &SurveyReply,
        change: &str,
        now_ms: i64,
    ) -> AppResult<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::reply(account, reply.user, &reply.campaign, reply.test).attributes()))
            .update_expression(change)
            .condition_expression("version = :version")
            .expression_attribute_values(":version", number(reply.version))
            .expression_attribute_values(":now", number(now_ms));
        written(update.send().await)
    }

    /// Writes a step that was made of `before`, with what it counts as and with the press that it was, if that is the
    /// person's first: all or nothing, and once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer [`ReplyWrite::Overtaken`] by the first attempt.
    pub async fn write_survey_reply(
        &self,
        bot: BotKey,
        before: &SurveyReply,
        after: &SurveyReply,
        click: Option<&SurveyClick<'_>>,
    ) -> AppResult<ReplyWrite> {
        let mut steps = vec![
            self.reply_step(bot.account, before, after)?,
            self.is_there(&Key::Contact(bot.account, bot.bot, after.user))?,
        ];
        if !after.test {
            steps.extend(self.counting_steps(bot.account, before, after)?);
        }
        let counted = steps.len();
        if let Some(click) = click {
            steps.extend(self.press_steps(click)?);
        }
        let refused = match self.transact(steps.clone()).await? {
            // Somebody who clicked on a link of the campaign before is counted as who clicked already.
            Some(refusal) if refusal.step >= counted => {
                steps.truncate(counted);
                self.transact(steps).await?
            }
            refused => refused,
        };
        Ok(match refused {
            None => ReplyWrite::Written,
            Some(refusal) if refusal.step == 0 => ReplyWrite::Overtaken,
            Some(_) => ReplyWrite::Gone,
        })
    }

    fn reply_step(
        &self,
        account: AccountId,
        before: &SurveyReply,
        after: &SurveyReply,
    ) -> AppResult<TransactWriteItem> {
        let put = self
            .new_item(&Key::reply(account, after.user, &after.campaign, after.test), after)?
            .condition_expression("version = :before")
            .expression_attribute_values(":before", number(before.version))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None);
        put_step(put)
    }

    /// Who answers is in the list from their first answer on, and in the counters.
    fn counting_steps(
        &self,
        account: AccountId,
        before: &SurveyReply,
        after: &SurveyReply,
    ) -> AppResult<Vec<TransactWriteItem>> {
        let campaign = &after.campaign;
        let moved = after.counts_since(before).into_iter().map(|(name, count)| (name, Decimal::from(count)));
        let counts = Key::Survey(SurveyKey::Counts(account, campaign, click_shard(after.user)));
        let mut steps: Vec<_> = self.added(&counts, moved, None)?.into_iter().collect();
        if before.started.is_none() {
            let line = Key::Survey(SurveyKey::Line(account, campaign, after.user));
            let begun = SurveyLine { time: after.started.unwrap_or_default() };
            steps.push(put_step(self.new_item(&line, &begun)?)?);
        }
        Ok(steps)
    }

    /// Deletes what a person answered, and the lines that name them; with `until`, in Unix seconds, only what they were asked
    /// up to then. What was counted stays. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn erase_survey_replies(
        &self,
        account: AccountId,
        user: UserId,
        until: Option<i64>,
    ) -> AppResult<()> {
        let rows = self.query_items(replies_of(account, user), OutreachCampaignId::PREFIX).await?;
        let (mut lines, mut replies) = (Vec::new(), Vec::new());
        for row in rows {
            let reply: SurveyReply = from_item(row)?;
            let asked = reply.started.unwrap_or(reply.asked_ms.div_euclid(1_000));
            if until.is_some_and(|until| asked > until) {
                continue;
            }
            lines.push(Key::Survey(SurveyKey::Line(account, &reply.campaign, user)).attributes());
            replies.push(Key::reply(account, user, &reply.campaign, reply.test).attributes());
        }
        // The replies lead to the lines.
        self.batch_delete(lines).await?;
        self.batch_delete(replies).await
    }
}
