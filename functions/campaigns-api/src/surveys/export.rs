//! `GET /api/v1/campaigns/:id/answers/export`

use futures::future::BoxFuture;
use shared::app::{ListExport, ListFile};
use shared::domain::calendar::iso_time;
use shared::domain::outreach::{Survey, SurveyReply};
use shared::edge::campaigns_api::Call;
use shared::edge::export::{ANSWERS_CSV, CSV, inert, write_line};
use shared::edge::http::{Answer, Request};
use shared::{App, AppResult};

use super::answers::said;
use crate::campaigns::named;

/// The columns before those of the questions.
const COLUMNS: [&str; 5] = ["subscriber", "bot", "status", "started_at", "completed_at"];

/// Answers with the file or the way to it.
pub fn answer(app: &App, request: Request) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let outcome = async {
            let call = Call::open(app, &request).await?;
            export(app, &call).await
        };
        shared::edge::export::answers(outcome.await)
    })
}

/// One line a person, one column a question, by its id.
async fn export(app: &App, call: &Call) -> AppResult<ListExport> {
    let id = named(call)?;
    app.export_survey_replies(call.account, &id, file, |survey, reply, file| {
        write_line(line(survey, &reply), file)
    })
    .await
}

fn file(survey: Option<&Survey>) -> AppResult<ListFile> {
    let questions = survey.into_iter().flat_map(|survey| &survey.questions);
    let questions = questions.map(|question| inert(question.id.clone()));
    let columns: Vec<_> = COLUMNS.into_iter().map(str::to_owned).chain(questions).collect();
    let mut header = Vec::new();
    write_line(columns, &mut header)?;
    Ok(ListFile { name: ANSWERS_CSV, content_type: CSV, header })
}

/// Empty is what is not there: a question that was skipped, or not reached.
fn line(survey: Option<&Survey>, reply: &SurveyReply) -> Vec<String> {
    let time = |time: Option<i64>| time.map(iso_time).unwrap_or_default();
    let status = if reply.completed.is_some() { "completed" } else { "open" };
    let known = [
        reply.user.to_string(),
        reply.bot.to_string(),
        status.to_owned(),
        time(reply.started),
        time(reply.completed),
    ];
    let questions = survey.into_iter().flat_map(|survey| &survey.questions).enumerate();
    let said = questions.map(|(place, question)| {
        let answer = reply.answers.get(place).and_then(Option::as_ref);
        answer.and_then(|answer| said(question, &answer.said)).map(inert).unwrap_or_default()
    });
    known.into_iter().chain(said).collect()
}
