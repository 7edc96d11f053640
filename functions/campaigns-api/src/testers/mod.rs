//! Whom test executions go to.

pub mod get;
pub mod update;

use serde::Serialize;
use shared::ids::UserId;

/// What both calls answer.
#[derive(Debug, Serialize)]
pub struct Testers {
    testers: Vec<String>,
}

impl Testers {
    fn new(testers: &[UserId]) -> Self {
        Self { testers: testers.iter().map(UserId::to_string).collect() }
    }
}
