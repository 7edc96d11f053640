//! `GET /api/v1/campaigns/:id/answers`

use serde::Serialize;
use serde_json::{Value, json};
use shared::app::ReplyFilter;
use shared::domain::calendar::iso_time;
use shared::domain::outreach::{Survey, SurveyAnswer, SurveyQuestion, SurveyReply, SurveySaid};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use crate::campaigns::named;
use crate::paging::{CursorPage, NextPage};

const STATUSES: [(&str, ReplyFilter); 3] =
    [("all", ReplyFilter::All), ("completed", ReplyFilter::Completed), ("open", ReplyFilter::Open)];

/// A page of what people answered to a survey.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for a parameter that is out of bounds.
/// - As [`App::list_survey_replies`].
pub async fn answers(app: &App, call: Call) -> AppResult<Answered<Answers>> {
    let id = named(&call)?;
    let page = CursorPage::of(&call)?;
    let filter = call.word("status", &STATUSES)?.unwrap_or(ReplyFilter::All);
    let (campaign, found, next) =
        app.list_survey_replies(call.account, &id, filter, page.cursor.as_ref(), page.size()).await?;
    let survey = campaign.body()?.survey;
    let shown: Vec<_> = found.iter().map(|reply| reply_shown(survey.as_ref(), reply)).collect();
    Ok(Answered::Found(Answers { answers: shown, pagination: page.followed_by(next) }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Answers {
    answers: Vec<Value>,
    pagination: NextPage,
}

fn reply_shown(survey: Option<&Survey>, reply: &SurveyReply) -> Value {
    let questions = survey.into_iter().flat_map(|survey| &survey.questions);
    let answers = questions
        .zip(&reply.answers)
        .filter_map(|(question, answer)| Some(answer_shown(question, answer.as_ref()?)));
    json!({
        "subscriber": reply.user.to_string(),
        "bot": reply.bot,
        "status": if reply.completed.is_some() { "completed" } else { "open" },
        "startedAt": reply.started.map(iso_time),
        "completedAt": reply.completed.map(iso_time),
        "answers": answers.collect::<Vec<_>>(),
    })
}

fn answer_shown(question: &SurveyQuestion, answer: &SurveyAnswer) -> Value {
    let mut shown = json!({
        "question": question.id,
        "value": said(question, &answer.said),
        "skipped": answer.said == SurveySaid::Skipped,
        "answeredAt": iso_time(answer.time),
    });
    if let SurveySaid::Option(place) = answer.said {
        shown["option"] = json!(question.options.get(place).map(|option| &option.id));
    }
    shown
}

/// What somebody said, in words; `None` where they said nothing.
pub fn said(question: &SurveyQuestion, said: &SurveySaid) -> Option<String> {
    match said {
        SurveySaid::Option(place) => question.options.get(*place).map(|option| option.text.clone()),
        SurveySaid::Text(text) | SurveySaid::Number(text) => Some(text.clone()),
        SurveySaid::Skipped => None,
    }
}
