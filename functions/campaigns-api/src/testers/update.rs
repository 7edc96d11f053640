//! `PUT /api/v1/testers`

use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::Testers;

/// Sets whom test executions go to, and answers them.
///
/// # Errors
///
/// As [`App::set_testers`].
pub async fn update(app: &App, call: Call) -> AppResult<Answered<Testers>> {
    let testers = app.set_testers(call.account, &call.body).await?;
    Ok(Answered::Found(Testers::new(&testers)))
}
