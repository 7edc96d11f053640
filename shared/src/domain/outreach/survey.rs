//! Surveys: what a campaign that collects data asks, one question after the other.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body::id_of;
use super::content::is_linkable;
use super::personal::{PersonValues, PersonalText, check, render, with_everywhere, without_default};
use super::reader::Reader;
use crate::domain::formatting::{is_blank, linked_addresses, visible_text};
use crate::error::Fault;

const QUESTIONS_MAX: usize = 20;
const OPTIONS_MAX: usize = 20;
const OPTION_CHARACTERS_MAX: usize = 64;

/// A question goes below a message, or below a media, and leaves room for it.
const TEXT_CHARACTERS_MAX: usize = 900;

/// The marks of a text come on top of what it shows.
const MARKED_CHARACTERS_MAX: usize = 2_000;

/// How many characters an answer in words has at most; an item has room for as many questions as there may be.
pub const ANSWER_CHARACTERS_MAX: usize = 2_000;

/// What who is through is told, unless the survey says something else.
const THANKS: &str = "Thank you! That was the last question.";

/// What a campaign asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// 1 to 20, in their order.
    pub questions: Vec<SurveyQuestion>,
    /// What who is through is told; Markdown.
    pub thanks: String,
    /// From when on nobody can answer any more, in Unix seconds.
    pub closes: Option<i64>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyQuestion {
    /// Its id; `q1`, `q2` and so on where the client gave none.
    pub id: String,
    /// Markdown; each of its fields has a default.
    pub text: String,
    /// How it is answered.
    pub kind: QuestionKind,
    /// What there is to choose from; empty where nothing is chosen.
    pub options: Vec<SurveyOption>,
    /// Whether it may be left unanswered.
    pub skippable: bool,
}

/// One of the answers that a question offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyOption {
    /// Its id; `o1`, `o2` and so on where the client gave none.
    pub id: String,
    /// The label of its button.
    pub text: String,
}

/// How a question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuestionKind {
    /// By one of its options.
    Choice,
    /// In words.
    Text,
    /// By a number.
    Number,
}

impl QuestionKind {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Choice, Self::Text, Self::Number];

    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Choice => "choice",
            Self::Text => "text",
            Self::Number => "number",
        }
    }
}

impl Survey {
    /// Reads `survey`; `None` where it is not said.
    pub(super) fn read(body: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        let said = body.object("survey", faults)?;
        let questions = said.objects("questions", QUESTIONS_MAX, faults);
        let questions: Vec<_> = questions
            .iter()
            .enumerate()
            .map(|(place, question)| SurveyQuestion::read(question, place, faults))
            .collect();
        if is_without(&said, "questions") {
            said.refuse("questions", "must have at least one question", faults);
        }
        check_different(&said, "questions", questions.iter().map(|question| &question.id), faults);
        let thanks = read_words(&said, "thanks", faults).unwrap_or_else(|| THANKS.to_owned());
        Some(Self { questions, thanks, closes: said.time("closesAt", faults) })
    }
}

impl SurveyQuestion {
    fn read(said: &Reader<'_>, place: usize, faults: &mut Vec<Fault>) -> Self {
        if said.given("text").is_none() {
            said.refuse("text", "is required", faults);
        }
        let words = QuestionKind::ALL.map(QuestionKind::name).join(", ");
        let kind = said.read("kind", &format!("must be one of {words}"), faults, |value| {
            QuestionKind::ALL.into_iter().find(|kind| value.as_str() == Some(kind.name()))
        });
        if said.given("kind").is_none() {
            said.refuse("kind", "is required", faults);
        }
        let options = said.objects("options", OPTIONS_MAX, faults);
        let options: Vec<_> =
            options.iter().enumerate().map(|(place, option)| read_option(option, place, faults)).collect();
        match kind {
            Some(QuestionKind::Choice) if is_without(said, "options") => {
                said.refuse("options", "must have at least one option where one is chosen", faults);
            }
            Some(QuestionKind::Text | QuestionKind::Number) if !options.is_empty() => {
                said.refuse("options", "cannot be given where nothing is chosen", faults);
            }
            _ => {}
        }
        check_different(said, "options", options.iter().map(|option| &option.id), faults);
        Self {
            id: own_id(said, "q", place, faults),
            text: read_words(said, "text", faults).unwrap_or_default(),
            kind: kind.unwrap_or(QuestionKind::Text),
            options,
            skippable: said.flag("skippable", faults).unwrap_or_default(),
        }
    }

    /// What it says to one person.
    #[must_use]
    pub fn text_for(&self, values: PersonValues<'_>) -> PersonalText {
        survey_text(&self.text, values)
    }

    /// How many characters it shows at least.
    pub(super) fn characters(&self) -> usize {
        with_everywhere(&visible_text(&self.text), "").chars().count()
    }
}

/// What a text of a survey says to one person. Its fields have defaults, so that none is missing.
#[must_use]
pub fn survey_text(text: &str, values: PersonValues<'_>) -> PersonalText {
    render(text, values).unwrap_or_default()
}

fn read_option(said: &Reader<'_>, place: usize, faults: &mut Vec<Fault>) -> SurveyOption {
    let expected = format!("must be text of 1 to {OPTION_CHARACTERS_MAX} characters");
    let text = said.read("text", &expected, faults, |value| {
        let text = value.as_str().map(str::trim)?;
        (text.chars().count() <= OPTION_CHARACTERS_MAX && !is_blank(text)).then(|| text.to_owned())
    });
    if said.given("text").is_none() {
        said.refuse("text", "is required", faults);
    }
    SurveyOption { id: own_id(said, "o", place, faults), text: text.unwrap_or_default() }
}

/// Whether a list is absent or empty; one that is at fault is neither.
fn is_without(said: &Reader<'_>, name: &str) -> bool {
    said.given(name).is_none_or(|list| list.as_array().is_some_and(Vec::is_empty))
}

/// The id that a client gave, or one by the place, counted from 1.
fn own_id(said: &Reader<'_>, prefix: &str, place: usize, faults: &mut Vec<Fault>) -> String {
    let id = id_of(said, faults);
    if id.is_empty() { format!("{prefix}{}", place + 1) } else { id }
}

/// A text that shows something. Nobody is skipped in the middle of a survey, so that its fields need defaults.
fn read_words(said: &Reader<'_>, name: &str, faults: &mut Vec<Fault>) -> Option<String> {
    let expected = format!("must be text that shows 1 to {TEXT_CHARACTERS_MAX} characters");
    let text = said.read(name, &expected, faults, |value: &Value| {
        let text = value.as_str().filter(|text| text.chars().count() <= MARKED_CHARACTERS_MAX)?;
        let seen = with_everywhere(&visible_text(text), "x");
        (seen.chars().count() <= TEXT_CHARACTERS_MAX && !is_blank(&seen)).then(|| text.to_owned())
    })?;
    if let Err(reason) = check(&text) {
        said.refuse(name, reason, faults);
    } else if let Some(field) = without_default(&text) {
        said.refuse(name, format!("must have a default for {field}, such as {{{{{field}|friend}}}}"), faults);
    }
    if linked_addresses(&with_everywhere(&text, "x")).iter().any(|address| !is_linkable(address)) {
        said.refuse(name, "must link to http, https and tg addresses only, without a password", faults);
    }
    Some(text)
}

fn check_different<'a>(
    said: &Reader<'_>,
    name: &str,
    ids: impl Iterator<Item = &'a String>,
    faults: &mut Vec<Fault>,
) {
    let mut ids: Vec<_> = ids.collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < count {
        said.refuse(name, "must have a different id each", faults);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::outreach::CampaignBody;
    use crate::error::AppError;

    fn read(survey: &Value) -> Result<Option<Survey>, Vec<String>> {
        let body = json!({"name": "Poll", "type": "data_collection", "survey": survey});
        match CampaignBody::read(body.as_object().unwrap()) {
            Ok(body) => Ok(body.survey),
            Err(AppError::Invalid(faults)) => Err(faults.into_iter().map(|fault| fault.field).collect()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_survey_reads_with_ids_by_place_and_thanks_of_its_own() {
        let survey = read(&json!({"questions": [
            {"text": "How old?", "kind": "number", "skippable": true},
            {"id": "city", "text": "{{firstName|Friend}}, where?", "kind": "choice",
             "options": [{"text": "Riga"}, {"id": "other", "text": " Other "}]},
        ], "closesAt": "2026-06-01T00:00:00Z"}))
        .unwrap()
        .unwrap();
        let ids: Vec<_> = survey.questions.iter().map(|question| question.id.as_str()).collect();
        assert_eq!((ids, survey.thanks.as_str()), (vec!["q1", "city"], THANKS));
        let option = |id: &str, text: &str| SurveyOption { id: id.to_owned(), text: text.to_owned() };
        assert_eq!(survey.questions[1].options, [option("o1", "Riga"), option("other", "Other")]);
        assert!(survey.questions[0].skippable && !survey.questions[1].skippable);
        assert_eq!(survey.closes, Some(1_780_272_000));
        assert_eq!(read(&Value::Null), Ok(None));
    }

    #[test]
    fn every_fault_of_a_survey_is_named() {
        let question = json!({"text": "Why?", "kind": "text"});
        let many = |count: usize| vec![question.clone(); count];
        for (survey, field) in [
            (json!([]), "survey"),
            (json!({}), "survey.questions"),
            (json!({"questions": []}), "survey.questions"),
            (json!({"questions": many(21)}), "survey.questions"),
            (json!({"questions": [{"kind": "text"}]}), "survey.questions[0].text"),
            (json!({"questions": [{"text": " ", "kind": "text"}]}), "survey.questions[0].text"),
            (json!({"questions": [{"text": "x".repeat(901), "kind": "text"}]}), "survey.questions[0].text"),
            (json!({"questions": [{"text": "{{firstName}}?", "kind": "text"}]}), "survey.questions[0].text"),
            (json!({"questions": [{"text": "{{?", "kind": "text"}]}), "survey.questions[0].text"),
            (
                json!({"questions": [{"text": "[a](javascript:1)", "kind": "text"}]}),
                "survey.questions[0].text",
            ),
            (json!({"questions": [{"text": "Why?"}]}), "survey.questions[0].kind"),
            (json!({"questions": [{"text": "Why?", "kind": "poll"}]}), "survey.questions[0].kind"),
            (json!({"questions": [{"text": "Why?", "kind": "choice"}]}), "survey.questions[0].options"),
            (
                json!({"questions": [{"text": "Why?", "kind": "text", "options": [{"text": "a"}]}]}),
                "survey.questions[0].options",
            ),
            (
                json!({"questions": [{"text": "Why?", "kind": "choice", "options": [{"text": "x".repeat(65)}]}]}),
                "survey.questions[0].options[0].text",
            ),
            (
                json!({"questions": [{"text": "Why?", "kind": "choice", "options": [{}]}]}),
                "survey.questions[0].options[0].text",
            ),
            (
                json!({"questions": [{"text": "Why?", "kind": "choice",
                    "options": [{"id": "a", "text": "a"}, {"id": "a", "text": "b"}]}]}),
                "survey.questions[0].options",
            ),
            (
                json!({"questions": [{"id": "q2", "text": "Why?", "kind": "text"}, question]}),
                "survey.questions",
            ),
            (json!({"questions": [{"id": "#", "text": "Why?", "kind": "text"}]}), "survey.questions[0].id"),
            (
                json!({"questions": [{"text": "Why?", "kind": "text", "skippable": 1}]}),
                "survey.questions[0].skippable",
            ),
            (json!({"questions": many(1), "thanks": ""}), "survey.thanks"),
            (json!({"questions": many(1), "closesAt": "soon"}), "survey.closesAt"),
        ] {
            assert_eq!(read(&survey), Err(vec![field.to_owned()]), "{survey}");
        }
    }

    #[test]
    fn only_a_campaign_that_collects_data_has_a_survey() {
        let survey = json!({"questions": [{"text": "Why?", "kind": "text"}]});
        let body = json!({"name": "Poll", "type": "message", "survey": survey});
        assert_eq!(CampaignBody::read(body.as_object().unwrap()).unwrap().survey, None);
    }
}
