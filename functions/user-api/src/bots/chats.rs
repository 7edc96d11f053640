//! `GET /api/bots/chats.json`

use serde::Serialize;
use shared::edge::params::Id;
use shared::edge::user_api::Call;
use shared::ids::{BotId, ChatId};
use shared::{App, AppResult};

/// The chats that a campaign with this bot may track.
///
/// # Errors
///
/// As [`App::list_trackable_chats`].
pub async fn chats(app: &App, call: &Call, Id(id): Id<BotId>) -> AppResult<Option<Vec<ListedChat>>> {
    let chats = app.list_trackable_chats(call.account, id).await?;
    let listed =
        chats.into_iter().map(|chat| ListedChat { id: chat.id, title: chat.title, kind: chat.kind.name() });
    Ok(Some(listed.collect()))
}

/// One chat of the answer.
#[derive(Debug, Serialize)]
pub struct ListedChat {
    id: ChatId,
    title: String,
    #[serde(rename = "type")]
    kind: &'static str,
}
