//! Lists as files: CSV in the answer, or where it can be read.

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, LOCATION};
use lambda_http::Body;
use serde::Serialize;

use super::envelope::{Answered, campaigns_api, failure};
use super::http::{Answer, text};
use crate::app::ListExport;
use crate::error::{AppError, AppResult};

/// The media type of a list.
pub const CSV: &str = "text/csv; charset=utf-8";

/// What the list of leads is called.
pub const LEADS_CSV: &str = "leads.csv";

/// What the list of a campaign's deliveries is called.
pub const DELIVERIES_CSV: &str = "deliveries.csv";

/// What the list of the answers to a survey is called.
pub const ANSWERS_CSV: &str = "answers.csv";

/// 200 with the list of leads, 302 to where it is, or an error as every other call of the User API answers it.
pub fn leads(outcome: AppResult<ListExport>) -> Answer {
    outcome.and_then(|export| file(export, LEADS_CSV)).unwrap_or_else(|error| failure(&error))
}

/// The same for deliveries, with an error as the Campaigns API answers it.
pub fn deliveries(outcome: AppResult<ListExport>) -> Answer {
    of_campaigns(outcome, DELIVERIES_CSV)
}

/// The same for the answers to a survey.
pub fn answers(outcome: AppResult<ListExport>) -> Answer {
    of_campaigns(outcome, ANSWERS_CSV)
}

fn of_campaigns(outcome: AppResult<ListExport>, name: &str) -> Answer {
    let failure = |error| campaigns_api(Err::<Answered<()>, _>(error));
    outcome.and_then(|export| file(export, name)).unwrap_or_else(failure)
}

/// A text that a spreadsheet would calculate gets an apostrophe in front; one of plain letters cannot do anything.
#[must_use]
pub fn inert(text: String) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if formula && !plain { format!("'{text}") } else { text }
}

/// Adds a line to a file, as RFC 4180 quotes it.
///
/// # Errors
///
/// [`AppError::Unavailable`] for a row that is no line; a fault of the caller.
pub fn write_line(row: impl Serialize, file: &mut Vec<u8>) -> AppResult<()> {
    let mut line = csv::WriterBuilder::new().has_headers(false).from_writer(file);
    line.serialize(row).map_err(|error| AppError::unavailable(format!("a line does not write: {error}")))?;
    line.flush().map_err(|error| AppError::unavailable(format!("a line does not write: {error}")))
}

fn file(export: ListExport, name: &str) -> AppResult<Answer> {
    let mut answer = text(StatusCode::OK, "");
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match export {
        ListExport::Whole(bytes) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(CSV));
            headers.insert(CONTENT_DISPOSITION, header(format!("attachment; filename=\"{name}\""))?);
            let text = String::from_utf8(bytes).map_err(|_| AppError::unavailable("a list is no text"))?;
            *answer.body_mut() = Body::Text(text);
        }
        ListExport::Link(link) => {
            headers.insert(LOCATION, header(link)?);
            *answer.status_mut() = StatusCode::FOUND;
        }
    }
    Ok(answer)
}

fn header(text: String) -> AppResult<HeaderValue> {
    HeaderValue::try_from(text).map_err(|_| AppError::unavailable("a text is no header"))
}
