//! `GET /api/v1/templates`

use serde::Serialize;
use serde_json::{Map, Value};
use shared::app::{TemplateQuestion, TemplateSort};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::shown;
use crate::paging::{Pagination, in_an_answer, sorted_page};

const SORTS: [(&str, TemplateSort); 3] = [
    ("createdAt", TemplateSort::CreatedAt),
    ("updatedAt", TemplateSort::UpdatedAt),
    ("name", TemplateSort::Name),
];

/// A page of templates.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for a parameter that is unknown or out of bounds.
/// - As [`App::list_templates`].
pub async fn list(app: &App, call: Call) -> AppResult<Answered<Templates>> {
    let (sort, page) = sorted_page(&call, &SORTS)?;
    let question = TemplateQuestion { search: call.text("search").map(str::to_owned), sort, page };
    let (templates, total) = app.list_templates(call.account, &question).await?;
    let templates = templates.iter().map(|template| shown::in_full(template, call.account));
    let templates = in_an_answer(templates.collect())?;
    Ok(Answered::Found(Templates { templates, pagination: Pagination::of(page, total) }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Templates {
    templates: Vec<Map<String, Value>>,
    pagination: Pagination,
}
