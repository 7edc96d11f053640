//! `POST /api/bots/add.json`

use serde::Serialize;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::ids::BotId;
use shared::{App, AppResult};

/// Connects a bot by its token.
///
/// # Errors
///
/// As [`App::connect_bot`].
pub async fn add(app: &App, call: &Call, params: AddParams) -> AppResult<Option<AddReply>> {
    let bot = app.connect_bot(call.account, &params.token, &call.host).await?;
    Ok(Some(AddReply { id: bot.id, username: bot.username, name: bot.name }))
}

/// What the call takes.
pub struct AddParams {
    token: String,
}

impl FromParams for AddParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        Ok(Self { token: params.required("token")? })
    }
}

/// What the call answers.
#[derive(Debug, Serialize)]
pub struct AddReply {
    id: BotId,
    username: String,
    name: String,
}
