//! `POST /api/bots/check.json`

use serde::Serialize;
use shared::app::{BotHealth, WebhookHealth};
use shared::domain::calendar;
use shared::edge::params::Id;
use shared::edge::user_api::Call;
use shared::ids::{BotId, ChatId, TrackingCampaignId};
use shared::store::{Chat, ChatRights};
use shared::{App, AppResult};

use super::list::status;

/// Asks Telegram how a bot is.
///
/// # Errors
///
/// As [`App::check_bot`].
pub async fn check(app: &App, call: &Call, Id(id): Id<BotId>) -> AppResult<Option<CheckReply>> {
    Ok(Some(app.check_bot(call.account, id).await?.into()))
}

/// What the call answers.
#[derive(Debug, Serialize)]
pub struct CheckReply {
    /// 0 active, 1 warning.
    status: u8,
    webhook: Webhook,
    chats: Vec<CheckedChat>,
    repair_link: String,
}

/// How the bot's updates reach us; 1 is good.
#[derive(Debug, Serialize)]
struct Webhook {
    ok: u8,
    url_ok: u8,
    updates_ok: u8,
    pending: u64,
    last_error: String,
    last_error_time: String,
}

/// One chat.
#[derive(Debug, Serialize)]
struct CheckedChat {
    id: ChatId,
    title: String,
    #[serde(rename = "type")]
    kind: &'static str,
    admin: u8,
    /// 0 where none tracks it.
    campaign: TrackingCampaignId,
}

impl From<BotHealth> for CheckReply {
    fn from(BotHealth { state, webhook, chats, repair_link }: BotHealth) -> Self {
        let chats = chats.into_iter().map(CheckedChat::from).collect();
        Self { status: status(state), webhook: webhook.into(), chats, repair_link }
    }
}

impl From<WebhookHealth> for Webhook {
    fn from(webhook: WebhookHealth) -> Self {
        let last_error_time = webhook.last_error_time;
        Self {
            ok: u8::from(webhook.url_ok && webhook.updates_ok && !webhook.failing),
            url_ok: u8::from(webhook.url_ok),
            updates_ok: u8::from(webhook.updates_ok),
            pending: webhook.pending,
            last_error: webhook.last_error,
            last_error_time: last_error_time.map_or_else(|| calendar::ABSENT.to_owned(), calendar::date_time),
        }
    }
}

impl From<Chat> for CheckedChat {
    fn from(chat: Chat) -> Self {
        Self {
            id: chat.id,
            title: chat.title,
            kind: chat.kind.name(),
            admin: u8::from(chat.rights == ChatRights::Admin),
            campaign: chat.campaign.unwrap_or_default(),
        }
    }
}
