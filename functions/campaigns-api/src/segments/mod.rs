//! Segments: rules under a name that select contacts.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod preview;
pub mod preview_body;
mod shown;
pub mod update;

use shared::edge::campaigns_api::Call;
use shared::ids::SegmentId;
use shared::{AppError, AppResult};

/// The segment that the path names.
fn named(call: &Call) -> AppResult<SegmentId> {
    SegmentId::parse(&call.id).ok_or(AppError::NotFound("segment"))
}
