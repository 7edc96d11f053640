//! Templates: content that messages of campaigns are made of.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
mod shown;
pub mod update;

use shared::edge::campaigns_api::Call;
use shared::ids::TemplateId;
use shared::{AppError, AppResult};

/// The template that the path names.
fn named(call: &Call) -> AppResult<TemplateId> {
    TemplateId::parse(&call.id).ok_or(AppError::NotFound("template"))
}
