//! `POST /api/bots/del.json`

use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::ids::BotId;
use shared::{App, AppResult};

/// Disconnects a bot.
///
/// # Errors
///
/// As [`App::delete_bot`].
pub async fn del(app: &App, call: &Call, params: DelParams) -> AppResult<Option<()>> {
    app.delete_bot(call.account, params.id).await?;
    Ok(None)
}

/// What the call takes.
pub struct DelParams {
    id: BotId,
}

impl FromParams for DelParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        Ok(Self { id: params.required("id")? })
    }
}
