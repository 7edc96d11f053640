//! Lists of subscribers that an account brings along.

pub mod create;
pub mod get;
pub mod start;

use shared::edge::campaigns_api::Call;
use shared::ids::ImportId;
use shared::{AppError, AppResult};

/// The import that the path names.
fn named(call: &Call) -> AppResult<ImportId> {
    ImportId::parse(&call.id).ok_or(AppError::NotFound("import"))
}
