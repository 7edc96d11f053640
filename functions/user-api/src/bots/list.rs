//! `GET /api/bots/list.json`

use serde::Serialize;
use shared::app::{BotState, BotSummary};
use shared::domain::calendar;
use shared::edge::user_api::Call;
use shared::ids::{BotId, TelegramBotId};
use shared::{App, AppResult};

/// The account's bots, deleted ones included.
///
/// # Errors
///
/// As [`App::list_bots`].
pub async fn list(app: &App, call: &Call, (): ()) -> AppResult<Option<Vec<ListedBot>>> {
    let bots = app.list_bots(call.account).await?;
    Ok(Some(bots.into_iter().map(ListedBot::from).collect()))
}

/// One bot of the answer.
#[derive(Debug, Serialize)]
pub struct ListedBot {
    id: BotId,
    tg: TelegramBotId,
    username: String,
    name: String,
    /// 0 active, 1 warning, 3 deleted.
    status: u8,
    created: String,
}

impl From<BotSummary> for ListedBot {
    fn from(bot: BotSummary) -> Self {
        let status = status(bot.state);
        let created = calendar::date_time(bot.created);
        Self { id: bot.id, tg: bot.tg, username: bot.username, name: bot.name, status, created }
    }
}

/// The number of a state.
pub(super) const fn status(state: BotState) -> u8 {
    match state {
        BotState::Active => 0,
        BotState::Warning => 1,
        BotState::Deleted => 3,
    }
}
