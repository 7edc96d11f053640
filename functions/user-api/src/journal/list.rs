//! `GET /api/journal/list.json`

use serde::Serialize;
use shared::app::{JournalQuestion, PageRequest};
use shared::domain::calendar;
use shared::edge::envelope::Reply;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::ids::{BotId, ChatId, JournalId, LeadId, TrackingCampaignId, UserId};
use shared::store::JournalRow;
use shared::{App, AppResult};

use crate::paging::{page_request, reply};
use crate::query::time;

/// One page of what was seen in a chat, newest first.
///
/// # Errors
///
/// As [`App::list_journal`].
pub async fn list(app: &App, call: &Call, params: ListParams) -> AppResult<Reply<Vec<JournalLine>>> {
    let bot = params.question.bot;
    let page = app.list_journal(call.account, params.question, &params.page).await?;
    Ok(reply(page.map(|row| (bot, row))))
}

/// What the call takes.
pub struct ListParams {
    question: JournalQuestion,
    page: PageRequest,
}

impl FromParams for ListParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        let question = JournalQuestion {
            bot: params.required("bot")?,
            chat: params.required("chat")?,
            action: params.optional("action")?,
            from: time(params, "from")?,
            to: time(params, "to")?,
        };
        Ok(Self { question, page: page_request(params)? })
    }
}

/// One line of the answer.
#[derive(Debug, Serialize)]
pub struct JournalLine {
    id: JournalId,
    bot: BotId,
    chat: ChatId,
    subscriber: UserId,
    username: String,
    /// 1 request, 2 join, 3 leave, 4 kick.
    action: u8,
    /// 1 if the person came through a campaign.
    paid: u8,
    /// 0 = none tracked the chat.
    campaign: TrackingCampaignId,
    /// 0 = an organic person.
    lead: LeadId,
    time: String,
    /// 1 if no update told of it, and it was found by asking Telegram; it happened at some time before.
    reconciled: u8,
}

impl From<(BotId, JournalRow)> for JournalLine {
    fn from((bot, row): (BotId, JournalRow)) -> Self {
        Self {
            id: JournalId::of_fact(row.clock.date, row.clock.update),
            bot,
            chat: row.chat,
            subscriber: row.user,
            username: row.username,
            action: row.action.number(),
            paid: u8::from(row.lead.is_some()),
            campaign: row.campaign.unwrap_or_default(),
            lead: row.lead.unwrap_or_default(),
            time: calendar::date_time(row.clock.date),
            reconciled: u8::from(row.reconciled),
        }
    }
}
