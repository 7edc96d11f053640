//! `GET /api/v1/testers`

use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::Testers;

/// Whom test executions go to.
///
/// # Errors
///
/// As [`App::testers`].
pub async fn get(app: &App, call: Call) -> AppResult<Answered<Testers>> {
    Ok(Answered::Found(Testers::new(&app.testers(call.account).await?)))
}
