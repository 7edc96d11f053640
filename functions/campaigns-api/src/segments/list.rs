//! `GET /api/v1/segments`

use serde::Serialize;
use serde_json::{Map, Value};
use shared::app::{SegmentQuestion, SegmentSort};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::shown;
use crate::paging::{Pagination, in_an_answer, sorted_page};

const SORTS: [(&str, SegmentSort); 3] = [
    ("createdAt", SegmentSort::CreatedAt),
    ("updatedAt", SegmentSort::UpdatedAt),
    ("name", SegmentSort::Name),
];

/// A page of segments.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for a parameter that is unknown or out of bounds.
/// - As [`App::list_segments`].
pub async fn list(app: &App, call: Call) -> AppResult<Answered<Segments>> {
    let (sort, page) = sorted_page(&call, &SORTS)?;
    let question = SegmentQuestion { search: call.text("search").map(str::to_owned), sort, page };
    let (segments, total) = app.list_segments(call.account, &question).await?;
    let segments = in_an_answer(segments.iter().map(shown::segment).collect())?;
    Ok(Answered::Found(Segments { segments, pagination: Pagination::of(page, total) }))
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Segments {
    segments: Vec<Map<String, Value>>,
    pagination: Pagination,
}
