//! `POST /api/bots/del.json`

use shared::edge::params::Id;
use shared::edge::user_api::Call;
use shared::ids::BotId;
use shared::{App, AppResult};

/// Disconnects a bot.
///
/// # Errors
///
/// As [`App::delete_bot`].
pub async fn del(app: &App, call: &Call, Id(id): Id<BotId>) -> AppResult<Option<()>> {
    app.delete_bot(call.account, id).await?;
    Ok(None)
}
