use serde_json::{Map, Value};

use super::reader::Reader;
use super::reader::in_order_once;
use crate::error::{AppError, AppResult};
use crate::ids::UserId;

/// An account has no more testers than this.
const TESTERS_MAX: usize = 50;

/// Reads whom test executions go to, each once.
///
/// # Errors
///
/// [`AppError::Invalid`] if it is no list of ids.
pub fn read_testers(document: &Map<String, Value>) -> AppResult<Vec<UserId>> {
    let (body, mut faults) = (Reader::of_body(document), Vec::new());
    if body.given("testers").is_none() {
        body.refuse("testers", "is required", &mut faults);
    }
    let id = |value: &Value| value.as_str()?.parse().ok().filter(|user: &UserId| user.0 > 0);
    let testers = body.list("testers", TESTERS_MAX, "Telegram user ids as text", &mut faults, id);
    if faults.is_empty() { Ok(in_order_once(testers)) } else { Err(AppError::Invalid(faults)) }
}
