//! What one person has answered of a survey, and what becomes of it by what they do next.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::survey::{ANSWER_CHARACTERS_MAX, QuestionKind, Survey, SurveyQuestion};
use super::survey_press::{SurveyButton, SurveyPress};
use crate::domain::fact_clock::FactClock;
use crate::domain::formatting::is_blank;
use crate::ids::{BotId, OutreachCampaignId, UserId};

/// Telegram counts a bot's updates up, but may start anew after a week without any.
pub(super) const UPDATES_COUNT_UP_SECONDS: i64 = 7 * 86_400;

/// For so long it may take to show a question and to note that, in milliseconds.
const SHOWING_MS: i64 = 10_000;

/// How long after it was said where somebody is it is not said again, in milliseconds.
const BREATH_MS: i64 = 3_000;

/// For how long a task that is to say it is waited for, in milliseconds.
const OWED_MS: i64 = 60_000;

/// A number has no more digits than that are kept.
const NUMBER_CHARACTERS_MAX: usize = 25;

/// Where one person is in a survey.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyReply {
    /// Who.
    pub user: UserId,
    /// Of which campaign.
    pub campaign: OutreachCampaignId,
    /// Whether a test asked them, of which nothing is counted.
    #[serde(default)]
    pub test: bool,
    /// The bot that they talk to.
    pub bot: BotId,
    /// What brought them the first question: the id of the message or of its variation.
    #[serde(default)]
    pub variation: String,
    /// The question that they are at, by its place; as many as there are once they are through.
    #[serde(default)]
    pub place: usize,
    /// What they said, by the places of the questions.
    #[serde(default)]
    pub answers: Vec<Option<SurveyAnswer>>,
    /// When they first answered, in Unix seconds.
    pub started: Option<i64>,
    /// When they were through, in Unix seconds.
    pub completed: Option<i64>,
    /// When they were last asked, in Unix milliseconds.
    #[serde(default)]
    pub asked_ms: i64,
    /// When the question that they are at was last shown, in Unix milliseconds; `None` if it may never have been.
    pub shown_ms: Option<i64>,
    /// When it was put off to say where they are, in Unix milliseconds; a task does.
    pub owed_ms: Option<i64>,
    /// The last message of the survey's own.
    pub shown_in: Option<i64>,
    /// The update that last changed it, dated by our clock.
    pub changed: Option<FactClock>,
    /// Whether a press of theirs was counted.
    #[serde(default)]
    pub pressed: bool,
    /// How often it was written.
    #[serde(default)]
    pub version: u64,
}

/// What somebody said to one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyAnswer {
    /// What.
    pub said: SurveySaid,
    /// When, in Unix seconds.
    pub time: i64,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SurveySaid {
    /// This option, by its place.
    Option(usize),
    /// These words.
    Text(String),
    /// This number, as it was read.
    Number(String),
    /// Nothing.
    Skipped,
}

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurveyMove<'a> {
    /// They press a button.
    Press(&'a SurveyPress),
    /// They write something; `None` for what is no text.
    Write(Option<&'a str>),
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SurveyReaction {
    /// They are further on, or back.
    Moved(Box<SurveyReply>),
    /// The same update was heeded before.
    Repeated,
    /// It is not of the question that they are at.
    Late,
    /// They are through.
    Over,
    /// It is no answer to the question, which wants one as this says.
    NoAnswer(&'static str),
}

impl SurveyReply {
    /// What comes of something that a person does at a moment; `now_ms` is in Unix milliseconds.
    #[must_use]
    pub fn react(
        &self,
        survey: &Survey,
        does: SurveyMove<'_>,
        clock: FactClock,
        now_ms: i64,
    ) -> SurveyReaction {
        if self.is_changed_by(clock) {
            return SurveyReaction::Repeated;
        }
        if self.is_ahead_of(clock) {
            return SurveyReaction::Late;
        }
        let Some(question) = survey.questions.get(self.place).filter(|_| self.completed.is_none()) else {
            return SurveyReaction::Over;
        };
        let said = match does {
            SurveyMove::Press(press) if press.question != self.place => return SurveyReaction::Late,
            SurveyMove::Press(press) => match (press.button, question.kind) {
                (SurveyButton::Back, _) if self.place > 0 => {
                    return SurveyReaction::Moved(Box::new(self.at(self.place - 1, clock, now_ms)));
                }
                (SurveyButton::Skip, _) if question.skippable => SurveySaid::Skipped,
                (SurveyButton::Option(option), QuestionKind::Choice) if option < question.options.len() => {
                    SurveySaid::Option(option)
                }
                _ => return SurveyReaction::Late,
            },
            SurveyMove::Write(text) => match read_answer(question, text) {
                Ok(said) => said,
                Err(wanted) => return SurveyReaction::NoAnswer(wanted),
            },
        };
        let mut after = self.at(self.place + 1, clock, now_ms);
        after.answers.resize(after.answers.len().max(self.place + 1), None);
        if let Some(answer) = after.answers.get_mut(self.place) {
            *answer = Some(SurveyAnswer { said, time: clock.date });
        }
        if after.place >= survey.questions.len() {
            after.completed = Some(clock.date);
        }
        SurveyReaction::Moved(Box::new(after))
    }

    /// The same at another question, which was not shown yet.
    fn at(&self, place: usize, clock: FactClock, now_ms: i64) -> Self {
        Self {
            place,
            started: self.started.or(Some(clock.date)),
            asked_ms: now_ms,
            shown_ms: None,
            owed_ms: None,
            changed: Some(clock),
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// Whether it is this very update that changed it last.
    #[must_use]
    pub fn is_changed_by(&self, clock: FactClock) -> bool {
        self.changed.is_some_and(|changed| changed.update == clock.update && !is_outdated(changed, clock))
    }

    /// Whether a later update changed it: Telegram brings this one again.
    #[must_use]
    pub fn is_ahead_of(&self, clock: FactClock) -> bool {
        self.changed.is_some_and(|changed| changed.update > clock.update && !is_outdated(changed, clock))
    }

    /// Whether they are at a question whose answers are offered.
    #[must_use]
    pub fn is_choosing(&self, survey: &Survey) -> bool {
        survey.questions.get(self.place).is_some_and(|question| question.kind == QuestionKind::Choice)
    }

    /// Whether something is to be said that was not: a question after the first, the end, or what was put off.
    #[must_use]
    pub const fn owes_a_word(&self) -> bool {
        self.owed_ms.is_some() || (self.started.is_some() && self.shown_ms.is_none())
    }

    /// Whether the question that they are at may be on its way to them at a moment, in Unix milliseconds, or shown and not
    /// noted yet.
    #[must_use]
    pub const fn is_being_shown(&self, now_ms: i64) -> bool {
        self.shown_ms.is_none() && self.owed_ms.is_none() && now_ms - self.asked_ms < SHOWING_MS
    }

    /// Whether it may be said at a moment, in Unix milliseconds, where they are. Who writes on and on is told once in a
    /// while: Telegram silences a bot that says much to one person, and everybody would wait.
    #[must_use]
    pub fn may_be_told(&self, now_ms: i64) -> bool {
        let is_recent = |since: Option<i64>, ms| since.is_some_and(|since| now_ms - since < ms);
        !is_recent(self.owed_ms, OWED_MS) && !is_recent(self.shown_ms, BREATH_MS)
    }

    /// What it counts as, by the names of counters. A survey's counters are the sums of these of all who answered.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, i64> {
        let mut counts = BTreeMap::new();
        if self.started.is_none() {
            return counts;
        }
        counts.insert(SurveyCount::Started.to_string(), 1);
        let stands = match self.completed {
            Some(_) => SurveyCount::Completed,
            None => SurveyCount::Left(self.place),
        };
        counts.insert(stands.to_string(), 1);
        for (place, answer) in self.answers.iter().enumerate() {
            let Some(answer) = answer else { continue };
            let count = match answer.said {
                SurveySaid::Skipped => SurveyCount::Skipped(place),
                _ => SurveyCount::Answered(place),
            };
            counts.insert(count.to_string(), 1);
            if let SurveySaid::Option(option) = answer.said {
                counts.insert(SurveyCount::Chosen(place, option).to_string(), 1);
            }
        }
        counts
    }

    /// What moves in the counters from what was known before; nothing that stays.
    #[must_use]
    pub fn counts_since(&self, before: &Self) -> BTreeMap<String, i64> {
        let mut moved = self.counts();
        for (name, count) in before.counts() {
            *moved.entry(name).or_default() -= count;
        }
        moved.retain(|_, count| *count != 0);
        moved
    }
}

/// Whether updates may have begun anew between two.
const fn is_outdated(changed: FactClock, clock: FactClock) -> bool {
    clock.date - changed.date >= UPDATES_COUNT_UP_SECONDS
}

/// A counter of a survey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurveyCount {
    /// People who answered something.
    Started,
    /// People who are through.
    Completed,
    /// People who went no further than this question.
    Left(usize),
    /// People who answered this question.
    Answered(usize),
    /// People who left this question out.
    Skipped(usize),
    /// People who chose this option of this question.
    Chosen(usize, usize),
}

impl std::fmt::Display for SurveyCount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Started => f.write_str("started"),
            Self::Completed => f.write_str("completed"),
            Self::Left(question) => write!(f, "l{question}"),
            Self::Answered(question) => write!(f, "a{question}"),
            Self::Skipped(question) => write!(f, "s{question}"),
            Self::Chosen(question, option) => write!(f, "o{question}.{option}"),
        }
    }
}

/// What a text says to a question, or what that wants.
pub(super) fn read_answer(question: &SurveyQuestion, text: Option<&str>) -> Result<SurveySaid, &'static str> {
    let text = text.map(str::trim).unwrap_or_default();
    match question.kind {
        QuestionKind::Choice => {
            let label = text.to_lowercase();
            let found = question.options.iter().position(|option| option.text.to_lowercase() == label);
            found.map(SurveySaid::Option).ok_or("Please choose one of the answers below.")
        }
        QuestionKind::Text if is_blank(text) => Err("Please answer in words."),
        QuestionKind::Text if text.chars().count() > ANSWER_CHARACTERS_MAX => {
            Err("Please answer in fewer words: 2,000 characters at most.")
        }
        QuestionKind::Text => Ok(SurveySaid::Text(text.to_owned())),
        QuestionKind::Number => {
            read_number(text).map(SurveySaid::Number).ok_or("Please answer with a number.")
        }
    }
}

/// A number as people write it, with a point or a comma before its fraction, without thousands.
pub(super) fn read_number(text: &str) -> Option<String> {
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text).replacen(',', ".", 1);
    let is_plain = bare.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_whole = bare.starts_with(|c: char| c.is_ascii_digit()) && !bare.ends_with('.');
    if !is_plain || !is_whole || bare.len() > NUMBER_CHARACTERS_MAX {
        return None;
    }
    let number: Decimal = bare.parse().ok()?;
    let sign = if text.starts_with('-') && !number.is_zero() { "-" } else { "" };
    Some(format!("{sign}{}", number.normalize()))
}
