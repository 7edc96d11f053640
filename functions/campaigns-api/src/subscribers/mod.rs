//! Subscribers: the people whom an account's bots know.

pub mod erase;
pub mod get;
pub mod list;
pub(crate) mod shown;
pub mod update;

use shared::edge::campaigns_api::Call;
use shared::ids::UserId;
use shared::{AppError, AppResult};

/// The subscriber that the path names.
fn named(call: &Call) -> AppResult<UserId> {
    call.id.parse().map_err(|_| AppError::NotFound("subscriber"))
}
