//! What a survey says next: the question that somebody is at, or the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::App;
use super::message_tasks::{Attempt, Receipt};
use super::sending::{Pause, Verdict};
use super::surveys::OpenSurvey;
use crate::domain::formatting::escape_html;
use crate::domain::outreach::{PersonValues, SurveyButton, SurveyPress, SurveyReply, survey_text};
use crate::error::AppResult;
use crate::ids::{BotKey, UserId};
use crate::queue::MessageTask;
use crate::secret::BotToken;
use crate::store::{Bot, BotStatus, KnownPerson};
use crate::telegram::{MessageButton, MessageText, NewMessage, TelegramError};

/// How a field begins.
const FIELD: &str = "{{";

/// A survey's next word to somebody.
pub(super) struct SurveyTurn {
    pub open: Arc<OpenSurvey>,
    pub reply: SurveyReply,
    /// What stands above the question: why the last message is no answer.
    pub hint: Option<&'static str>,
    /// The message that is made to say it; `None` for a new one.
    pub edits: Option<i64>,
}

impl App {
    /// Shows somebody the question that they are at, or thanks them. What has to wait goes by the queue, once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry: at worst it is said twice.
    pub(super) async fn take_turn(&self, bot: BotKey, known: &Bot, turn: &SurveyTurn) -> AppResult<()> {
        let now_ms = self.clock.now_ms();
        let pause = match (turn.reply.may_be_told(now_ms), turn.reply.owed_ms) {
            (true, _) => self.say_turn(bot, known, turn).await?,
            (false, None) => Some(Pause::Connection),
            // A task is at it.
            (false, Some(_)) => None,
        };
        let Some(pause) = pause else { return Ok(()) };
        let task = MessageTask::QuestionV1 { bot, user: turn.reply.user };
        // First the task: what is owed without one would wait for a while.
        self.hand_over(bot, pause, &task).await?;
        self.store.note_owed(bot.account, &turn.reply, now_ms).await
    }

    /// Says what a survey owes somebody, after what it waited for.
    pub(super) async fn make_up_for_question(
        &self,
        bot: BotKey,
        user: UserId,
        receipt: Receipt<'_>,
    ) -> AppResult<Attempt> {
        let known = self.cached_bot(bot).await?.filter(|known| known.status == BotStatus::Active);
        let Some(known) = known else { return Ok(Attempt::Done) };
        if let Some(seconds) = self.wait_at_gate(bot, receipt).await? {
            return Ok(Attempt::Again(seconds));
        }
        let replies = self.store.survey_replies_of(bot.account, user).await?.into_iter();
        for reply in replies.filter(|reply| reply.bot == bot.bot && reply.owes_a_word()) {
            let Some(open) = self.open_survey(bot.account, (&reply.campaign, reply.test)).await? else {
                continue;
            };
            // Who answers at once, before it is noted that they were asked, is not to be taken for too early.
            if !self.store.note_showing(bot.account, &reply, self.clock.now_ms()).await? {
                // They went on since they were read.
                return Ok(Attempt::Again(1));
            }
            let turn = SurveyTurn { open, reply, hint: None, edits: None };
            if let Some(pause) = self.say_turn(bot, &known, &turn).await? {
                return Ok(Attempt::Again(self.hold_seconds(bot, pause, receipt.count).await?));
            }
        }
        Ok(Attempt::Done)
    }

    /// Says it if the bot may, and notes that; else answers what it has to wait for.
    async fn say_turn(&self, bot: BotKey, known: &Bot, turn: &SurveyTurn) -> AppResult<Option<Pause>> {
        let Some(token) = self.usable_token(bot, known).await? else { return Ok(None) };
        let gate = self.store.gate(bot).await?;
        if !gate.is_open(self.clock.now_ms()) {
            return Ok(Some(Pause::Gate(gate)));
        }
        let message = self.turn_message(bot, turn).await?;
        let said = match self.send_turn((bot, known), &token, &message, turn.edits).await? {
            Ok(said) => said,
            Err(pause) => return Ok(Some(pause)),
        };
        self.store.note_shown(bot.account, &turn.reply, said, self.clock.now_ms()).await?;
        Ok(None)
    }

    /// The message that says it from now on, if that is known; or what it has to wait for. What Telegram refuses, and what may
    /// have arrived, is not said again.
    async fn send_turn(
        &self,
        (bot, known): (BotKey, &Bot),
        token: &BotToken,
        message: &NewMessage,
        edits: Option<i64>,
    ) -> AppResult<Result<Option<i64>, Pause>> {
        let telegram = self.telegram()?;
        if let Some(edited) = edits {
            match telegram.edit_message(token, edited, message).await {
                Ok(()) => return Ok(Ok(edits)),
                Err(error) if error.is_said_already() => return Ok(Ok(edits)),
                Err(error) => match self.judge_refusal(bot, known, error).await {
                    Verdict::Waits(pause) => return Ok(Err(pause)),
                    Verdict::Over => return Ok(Ok(None)),
                    // The message is gone, or too old: it is said in a new one.
                    Verdict::Other(_) => {}
                },
            }
        }
        let error: TelegramError = match telegram.send_message(token, message).await {
            Ok(sent) => return Ok(Ok(Some(sent.message_id))),
            Err(error) => error,
        };
        Ok(match self.judge_refusal(bot, known, error).await {
            Verdict::Waits(pause) => Err(pause),
            Verdict::Over => Ok(None),
            Verdict::Other(error) => {
                tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, %error, "a question was not delivered");
                Ok(None)
            }
        })
    }

    async fn turn_message(&self, bot: BotKey, turn: &SurveyTurn) -> AppResult<NewMessage> {
        let SurveyTurn { open, reply, hint, .. } = turn;
        let question = open.survey.questions.get(reply.place).filter(|_| reply.completed.is_none());
        let words = question.map_or(open.survey.thanks.as_str(), |question| question.text.as_str());
        let person = match words.contains(FIELD) {
            true => self.store.known_person(bot.account, reply.user).await?,
            false => None,
        };
        let said = survey_text(words, values_of(person.as_ref(), bot, &BTreeMap::new())).html;
        let html = match hint {
            Some(hint) => format!("<i>{}</i>\n\n{said}", escape_html(hint)),
            None => said,
        };
        let place = SurveyPress {
            campaign: reply.campaign.clone(),
            test: reply.test,
            question: reply.place,
            button: SurveyButton::Skip,
        };
        let rows = question.map(|question| buttons(place.rows(question))).unwrap_or_default();
        Ok(NewMessage { user: reply.user, text: MessageText::Html(html), buttons: rows, paid: false })
    }
}

/// Buttons that report to the bot.
pub(super) fn buttons(rows: Vec<Vec<(String, String)>>) -> Vec<Vec<MessageButton>> {
    let button = |(label, data)| MessageButton::Reporting { label, data };
    rows.into_iter().map(|row| row.into_iter().map(button).collect()).collect()
}

/// What the bot and the account know of somebody.
fn values_of<'a>(
    person: Option<&'a KnownPerson>,
    bot: BotKey,
    nothing: &'a BTreeMap<String, serde_json::Value>,
) -> PersonValues<'a> {
    let known = person.and_then(|person| person.contacts.iter().find(|it| it.contact.bot == bot.bot));
    let seen = known.map(|known| &known.contact.person);
    PersonValues {
        first_name: seen.map_or("", |seen| &seen.first_name),
        last_name: seen.map_or("", |seen| &seen.last_name),
        username: seen.map_or("", |seen| &seen.username),
        invite_link: "",
        attributes: person.map_or(nothing, |person| &person.attributes),
    }
}
