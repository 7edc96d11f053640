//! What a survey amounts to, in a campaign's statistics.

use serde_json::{Value, json};
use shared::domain::outreach::rate;
use shared::ids::{AccountId, OutreachCampaignId};
use shared::{App, AppResult};

/// The survey's part of a campaign's results; `None` for a campaign that asks nothing.
///
/// # Errors
///
/// As [`App::survey_figures`].
pub async fn figures(app: &App, account: AccountId, id: &OutreachCampaignId) -> AppResult<Option<Value>> {
    let Some((survey, figures)) = app.survey_figures(account, id).await? else { return Ok(None) };
    let unfinished = figures.started.saturating_sub(figures.completed);
    let (in_progress, dropped) = if figures.closed { (0, unfinished) } else { (unfinished, 0) };
    let questions = survey.questions.iter().zip(&figures.questions).map(|(question, figures)| {
        let options = question.options.iter().zip(&figures.chosen);
        let options = options.map(|(option, chosen)| {
            let share = rate(*chosen, figures.answered);
            json!({"id": option.id, "text": option.text, "count": chosen, "share": share})
        });
        json!({
            "id": question.id,
            "text": question.text,
            "kind": question.kind.name(),
            "answered": figures.answered,
            "skipped": figures.skipped,
            "left": figures.left,
            "options": options.collect::<Vec<_>>(),
        })
    });
    Ok(Some(json!({
        "started": figures.started,
        "completed": figures.completed,
        "inProgress": in_progress,
        "dropped": dropped,
        "completionRate": rate(figures.completed, figures.started),
        "closed": figures.closed,
        "questions": questions.collect::<Vec<_>>(),
    })))
}
