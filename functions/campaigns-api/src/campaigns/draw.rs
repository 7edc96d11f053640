//! `POST /api/v1/campaigns/:id/draw`

use serde_json::Value;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::contest::shown;
use super::named;

/// Has the contest of a campaign drawn, and tells how far that is.
///
/// # Errors
///
/// As [`App::ask_for_draw`].
pub async fn draw(app: &App, call: Call) -> AppResult<Answered<Value>> {
    let figures = app.ask_for_draw(call.account, &named(&call)?).await?;
    Ok(Answered::Begun(shown(&figures, true)))
}
