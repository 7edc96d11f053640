//! `GET /api/camp/get.json`

use serde::Serialize;
use shared::app::CampaignSummary;
use shared::domain::calendar;
use shared::domain::campaign::PostbackMethod;
use shared::domain::lead_event::LeadStatus;
use shared::domain::postback_body::PostbackFormat;
use shared::edge::params::Id;
use shared::edge::user_api::Call;
use shared::ids::{BotId, ChatId, TrackingCampaignId};
use shared::{App, AppResult};

/// One campaign in full.
///
/// # Errors
///
/// As [`App::campaign_detail`].
pub async fn get(app: &App, call: &Call, Id(id): Id<TrackingCampaignId>) -> AppResult<Option<Campaign>> {
    Ok(Some(app.campaign_detail(call.account, id).await?.into()))
}

/// What the call answers, in the seed's order; what the seed does not know comes last.
#[derive(Debug, Serialize)]
pub struct Campaign {
    id: TrackingCampaignId,
    code: String,
    bot: BotId,
    bot_username: String,
    chat: ChatId,
    chat_title: String,
    status: u8,
    welcome: String,
    media: String,
    button_text: String,
    button_url: String,
    pb_wait: String,
    pb_hold: String,
    pb_approve: String,
    pb_cancel: String,
    pb_trash: String,
    unsub_window: u64,
    starts: i64,
    confirms: i64,
    unsubs: i64,
    created: String,
    notify_level: u8,
    invite_link: String,
    auto_approve: i64,
    pb_method: PostbackMethod,
    pb_format: PostbackFormat,
    pb_body: String,
    /// Hosts that asked for no more.
    pb_disabled: Vec<String>,
}

impl From<CampaignSummary> for Campaign {
    fn from(CampaignSummary { campaign, bot_username, counters }: CampaignSummary) -> Self {
        let template = |event| campaign.templates.get(event).to_owned();
        Self {
            id: campaign.id,
            bot: campaign.bot,
            bot_username,
            chat: campaign.chat,
            status: campaign.status.number(),
            pb_wait: template(LeadStatus::Wait),
            pb_hold: template(LeadStatus::Hold),
            pb_approve: template(LeadStatus::Approve),
            pb_cancel: template(LeadStatus::Cancel),
            pb_trash: template(LeadStatus::Trash),
            unsub_window: campaign.unsub_window,
            starts: counters.starts,
            confirms: counters.confirms,
            unsubs: counters.unsubs,
            created: calendar::date_time(campaign.created),
            notify_level: campaign.notify_level,
            invite_link: campaign.invite_link,
            auto_approve: campaign.auto_approve,
            pb_method: campaign.pb_method,
            pb_format: campaign.pb_format,
            pb_body: campaign.pb_body,
            pb_disabled: campaign.disabled_endpoints,
            code: campaign.code,
            chat_title: campaign.chat_title,
            welcome: campaign.welcome.text,
            media: campaign.welcome.media,
            button_text: campaign.welcome.button_text,
            button_url: campaign.welcome.button_url,
        }
    }
}
