//! `GET /api/camp/list.json`

use serde::Serialize;
use shared::app::CampaignSummary;
use shared::domain::calendar;
use shared::edge::user_api::Call;
use shared::ids::{BotId, ChatId, TrackingCampaignId};
use shared::{App, AppResult};

/// Every campaign that is not deleted, with its counters.
///
/// # Errors
///
/// As [`App::list_campaigns`].
pub async fn list(app: &App, call: &Call, (): ()) -> AppResult<Option<Vec<ListedCampaign>>> {
    let campaigns = app.list_campaigns(call.account).await?;
    Ok(Some(campaigns.into_iter().map(ListedCampaign::from).collect()))
}

/// One campaign of the answer.
#[derive(Debug, Serialize)]
pub struct ListedCampaign {
    id: TrackingCampaignId,
    code: String,
    bot: BotId,
    bot_username: String,
    chat: ChatId,
    chat_title: String,
    status: u8,
    starts: i64,
    confirms: i64,
    unsubs: i64,
    created: String,
}

impl From<CampaignSummary> for ListedCampaign {
    fn from(CampaignSummary { campaign, bot_username, counters }: CampaignSummary) -> Self {
        Self {
            id: campaign.id,
            code: campaign.code,
            bot: campaign.bot,
            bot_username,
            chat: campaign.chat,
            chat_title: campaign.chat_title,
            status: campaign.status.number(),
            starts: counters.starts,
            confirms: counters.confirms,
            unsubs: counters.unsubs,
            created: calendar::date_time(campaign.created),
        }
    }
}
