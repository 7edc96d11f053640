//! A survey's conversation: what people press and write is noted, and then they are asked the next question.

use std::sync::Arc;

use super::App;
use super::survey_turns::SurveyTurn;
use crate::domain::fact_clock::FactClock;
use crate::domain::outreach::{
    OutreachCampaign, OutreachStatus, Survey, SurveyMove, SurveyPress, SurveyReaction, SurveyReply,
    TakingPart,
};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotKey, OutreachCampaignId, UserId};
use crate::store::{Bot, ReplyWrite, SurveyClick};
use crate::telegram::Message;

/// How often a step is made anew that met another one of the same person.
const STEP_TRIES: usize = 8;

/// From when on a late press has the open question shown once more, in milliseconds after it was shown: before that it is a
/// double press.
const SHOWN_AGAIN_MS: i64 = 30_000;

const CLOSED: &str = "This survey is closed.";
const OVER: &str = "You have answered all questions.";
const LATE: &str = "This question is answered already.";
const NOT_ASKED: &str = "This question is not for you.";

/// A survey that people may answer.
#[derive(Debug)]
pub(super) struct OpenSurvey {
    pub survey: Survey,
    status: OutreachStatus,
    /// From when on nobody can answer, in Unix seconds.
    closes: Option<i64>,
}

/// What comes of a press of a survey's button.
pub(super) struct SurveyPressed {
    /// What the person is told at once.
    pub notice: Option<&'static str>,
    /// What they are shown then.
    pub turn: Option<SurveyTurn>,
}

impl OpenSurvey {
    fn of(campaign: &OutreachCampaign) -> AppResult<Option<Self>> {
        let TakingPart { survey, end, .. } = campaign.taking_part()?;
        Ok(survey.map(|survey| {
            let closes = survey.closes.or(end);
            Self { survey, status: campaign.status, closes }
        }))
    }

    /// Whether it takes answers at a second. A test may be answered whatever the dates say.
    fn is_open(&self, now: i64, test: bool) -> bool {
        self.status != OutreachStatus::Cancelled && (test || self.closes.is_none_or(|closes| now < closes))
    }
}

impl SurveyPressed {
    const fn told(notice: &'static str) -> Self {
        Self { notice: Some(notice), turn: None }
    }
}

impl App {
    /// A survey as it was within the last five seconds; `None` if it takes no answers.
    pub(super) async fn open_survey(
        &self,
        account: AccountId,
        (campaign, test): (&OutreachCampaignId, bool),
    ) -> AppResult<Option<Arc<OpenSurvey>>> {
        let read = || async {
            let campaign = self.store.outreach_campaign(account, campaign).await?;
            let survey = campaign.as_ref().map(OpenSurvey::of).transpose()?.flatten();
            Ok(survey.map(Arc::new))
        };
        let found = self.webhook_cache.surveys.get_or((account, campaign.clone()), read).await?;
        Ok(found.filter(|found| found.is_open(self.clock.now(), test)))
    }

    /// Notes what a press says; `None` for a button of something else. The same update twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn receive_survey_press(
        &self,
        bot: BotKey,
        user: UserId,
        (message, data): (&Message, &str),
        clock: FactClock,
    ) -> AppResult<Option<SurveyPressed>> {
        let Some(press) = SurveyPress::parse(data) else { return Ok(None) };
        let survey = (&press.campaign, press.test);
        let Some(open) = self.open_survey(bot.account, survey).await? else {
            return Ok(Some(SurveyPressed::told(CLOSED)));
        };
        for _ in 0..STEP_TRIES {
            let Some(mut before) = self.store.survey_reply(bot.account, user, survey).await? else {
                return Ok(Some(SurveyPressed::told(NOT_ASKED)));
            };
            if before.bot != bot.bot {
                // Each bot counts updates of its own.
                (before.changed, before.shown_in) = (None, None);
            }
            let own = before.shown_in.filter(|own| *own == message.message_id);
            let now_ms = self.clock.now_ms();
            let (notice, reply, is_due, edits) =
                match before.react(&open.survey, SurveyMove::Press(&press), clock, now_ms) {
                    SurveyReaction::Moved(after) => {
                        match self.write_step(bot, &before, *after, clock, true).await? {
                            Ok(after) => (None, after, true, own),
                            Err(ReplyWrite::Gone) => return Ok(Some(SurveyPressed::told(NOT_ASKED))),
                            Err(ReplyWrite::Overtaken | ReplyWrite::Written) => continue,
                        }
                    }
                    SurveyReaction::Repeated => {
                        let is_due = before.owes_a_word();
                        (None, before, is_due, own)
                    }
                    SurveyReaction::Over => {
                        let is_due = before.owes_a_word();
                        (Some(OVER), before, is_due, None)
                    }
                    SurveyReaction::Late | SurveyReaction::NoAnswer(_) => {
                        let is_old = before.shown_ms.is_some_and(|shown| now_ms - shown >= SHOWN_AGAIN_MS);
                        let is_due = is_old || before.owes_a_word();
                        (Some(LATE), before, is_due, None)
                    }
                };
            let turn = is_due.then_some(SurveyTurn { open, reply, hint: None, edits });
            return Ok(Some(SurveyPressed { notice, turn }));
        }
        Err(AppError::unavailable("a person answers too often at once"))
    }

    /// Takes what somebody writes for an answer to the question that they were asked last, or shows them that once more; a
    /// command answers nothing. The same update twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn receive_survey_message(
        &self,
        bot: BotKey,
        known: &Bot,
        user: UserId,
        text: Option<&str>,
        clock: FactClock,
    ) -> AppResult<()> {
        for _ in 0..STEP_TRIES {
            let replies = self.store.survey_replies_of(bot.account, user).await?;
            let replies: Vec<_> = replies.into_iter().filter(|reply| reply.bot == bot.bot).collect();
            let Some((open, before)) = self.asked_last(bot.account, replies, clock).await? else {
                return Ok(());
            };
            let is_command = text.is_some_and(|text| text.starts_with('/'));
            // What may never have been seen is not what this answers.
            let is_seen = before.shown_ms.is_some() || before.is_choosing(&open.survey);
            let is_repeated = before.is_changed_by(clock);
            if !is_seen && !is_command && !is_repeated && before.is_being_shown(self.clock.now_ms()) {
                // Who answers faster than it is noted that they were asked: Telegram brings it again, and it is an answer then.
                return Err(AppError::unavailable("a question is being shown"));
            }
            let (reply, hint) = if is_repeated && !before.owes_a_word() {
                return Ok(());
            } else if is_repeated || is_command || !is_seen {
                (before, None)
            } else {
                match before.react(&open.survey, SurveyMove::Write(text), clock, self.clock.now_ms()) {
                    SurveyReaction::Moved(after) => {
                        match self.write_step(bot, &before, *after, clock, false).await? {
                            Ok(after) => (after, None),
                            Err(ReplyWrite::Gone) => return Ok(()),
                            Err(ReplyWrite::Overtaken | ReplyWrite::Written) => continue,
                        }
                    }
                    SurveyReaction::NoAnswer(hint) => (before, Some(hint)),
                    SurveyReaction::Repeated | SurveyReaction::Late => return Ok(()),
                    SurveyReaction::Over if before.owes_a_word() => (before, None),
                    SurveyReaction::Over => return Ok(()),
                }
            };
            let turn = SurveyTurn { open, reply, hint, edits: None };
            return self.take_turn(bot, known, &turn).await;
        }
        Err(AppError::unavailable("a person answers too often at once"))
    }

    /// Of surveys that ask somebody, the one that an update is for: that which it changed before, else that which asked last
    /// of those that take answers. `None` as well for an update that comes again after later ones.
    async fn asked_last(
        &self,
        account: AccountId,
        mut replies: Vec<SurveyReply>,
        clock: FactClock,
    ) -> AppResult<Option<(Arc<OpenSurvey>, SurveyReply)>> {
        if let Some(changed) = replies.iter().position(|reply| reply.is_changed_by(clock)) {
            let reply = replies.swap_remove(changed);
            let open = self.open_survey(account, (&reply.campaign, reply.test)).await?;
            return Ok(open.map(|open| (open, reply)));
        }
        if replies.iter().any(|reply| reply.is_ahead_of(clock)) {
            return Ok(None);
        }
        replies.retain(|reply| reply.completed.is_none() || reply.owes_a_word());
        replies.sort_by_key(|reply| std::cmp::Reverse(reply.asked_ms));
        for reply in replies {
            if let Some(open) = self.open_survey(account, (&reply.campaign, reply.test)).await? {
                return Ok(Some((open, reply)));
            }
        }
        Ok(None)
    }

    /// Writes a step, with the person's first press as a click.
    async fn write_step(
        &self,
        bot: BotKey,
        before: &SurveyReply,
        after: SurveyReply,
        clock: FactClock,
        is_press: bool,
    ) -> AppResult<Result<SurveyReply, ReplyWrite>> {
        let after = SurveyReply { bot: bot.bot, pressed: before.pressed || is_press, ..after };
        let click = SurveyClick {
            account: bot.account,
            user: after.user,
            campaign: &after.campaign,
            variation: &after.variation,
            time: clock.date,
        };
        let click = (after.pressed && !before.pressed && !after.test).then_some(&click);
        let write = self.store.write_survey_reply(bot, before, &after, click).await?;
        Ok(if write == ReplyWrite::Written { Ok(after) } else { Err(write) })
    }
}
