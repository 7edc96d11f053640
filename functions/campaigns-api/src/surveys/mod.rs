//! `/api/v1/campaigns/:id/answers`

pub mod answers;
pub mod export;
mod figures;

pub use figures::figures;
