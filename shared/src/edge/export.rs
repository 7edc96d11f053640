//! Lists as files: CSV in the answer, or where it can be read.

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, LOCATION};
use lambda_http::Body;

use super::envelope::failure;
use super::http::{Answer, text};
use crate::app::LeadExport;
use crate::error::{AppError, AppResult};

/// The media type of a list.
pub const CSV: &str = "text/csv; charset=utf-8";

/// What the list of leads is called.
pub const LEADS_CSV: &str = "leads.csv";

/// 200 with the file, 302 to where it is, or an error as every other call answers it.
pub fn answer(outcome: AppResult<LeadExport>) -> Answer {
    outcome.and_then(file).unwrap_or_else(|error| failure(&error))
}

fn file(export: LeadExport) -> AppResult<Answer> {
    let mut answer = text(StatusCode::OK, "");
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match export {
        LeadExport::Whole(bytes) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(CSV));
            headers.insert(CONTENT_DISPOSITION, header(format!("attachment; filename=\"{LEADS_CSV}\""))?);
            let text = String::from_utf8(bytes).map_err(|_| AppError::unavailable("a list is no text"))?;
            *answer.body_mut() = Body::Text(text);
        }
        LeadExport::Link(link) => {
            headers.insert(LOCATION, header(link)?);
            *answer.status_mut() = StatusCode::FOUND;
        }
    }
    Ok(answer)
}

fn header(text: String) -> AppResult<HeaderValue> {
    HeaderValue::try_from(text).map_err(|_| AppError::unavailable("a text is no header"))
}
