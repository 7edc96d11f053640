//! `GET /api/v1/campaigns/:id/answers`

use serde_json::{Map, Value, json};
use shared::app::ReplyFilter;
use shared::domain::calendar::iso_time;
use shared::domain::outreach::{Survey, SurveyAnswer, SurveyQuestion, SurveyReply, SurveySaid};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppError, AppResult};

use crate::campaigns::named;
use crate::paging::{LIMIT, LIMIT_MAX};

const STATUSES: [(&str, ReplyFilter); 3] =
    [("all", ReplyFilter::All), ("completed", ReplyFilter::Completed), ("open", ReplyFilter::Open)];

/// A page of what people answered to a survey.
///
/// # Errors
///
/// - [`AppError::Invalid`] for a parameter that is out of bounds.
/// - As [`App::list_survey_replies`].
pub async fn answers(app: &App, call: Call) -> AppResult<Answered<Map<String, Value>>> {
    let id = named(&call)?;
    let limit = call.number("limit", LIMIT, 1, LIMIT_MAX)?;
    let filter = call.word("status", &STATUSES)?.unwrap_or(ReplyFilter::All);
    let cursor = call.text("cursor").map(|cursor| cursor.parse().map_err(|_| AppError::InvalidCursor));
    let (cursor, size) = (cursor.transpose()?, usize::try_from(limit).unwrap_or(usize::MAX));
    let (campaign, found, next) =
        app.list_survey_replies(call.account, &id, filter, cursor.as_ref(), size).await?;
    let survey = campaign.body()?.survey;
    let shown: Vec<_> = found.iter().map(|reply| reply_shown(survey.as_ref(), reply)).collect();
    let pagination = json!({"limit": limit, "next": next.map(|cursor| cursor.to_string())});
    Ok(Answered::Found(Map::from_iter([
        ("answers".to_owned(), Value::Array(shown)),
        ("pagination".to_owned(), pagination),
    ])))
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
