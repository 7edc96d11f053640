use super::App;
use super::draw::draw;
use crate::domain::campaign::{
    CampaignStatus, PostbackMethod, TrackingCampaign, Welcome, validate_auto_approve, validate_invite_link,
    validate_notify_level, validate_templates,
};
use crate::domain::postback::PostbackTemplates;
use crate::domain::postback_body::{PostbackFormat, validate_body};
use crate::domain::statistics::Counters;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, BotKey, CampaignKey, ChatId, TrackingCampaignId};
use crate::store::{CampaignClaim, Chat, ChatRights};

/// How often a code is drawn again when it is in use; among 36^6 that never happens twice.
const CODE_DRAWS: usize = 5;

const CODE_LENGTH: usize = 6;

/// A campaign to be made.
#[derive(Clone, Debug)]
pub struct NewCampaign {
    /// The bot that greets.
    pub bot: BotId,
    /// The chat to track; the bot must be its administrator.
    pub chat: ChatId,
    /// What a subscriber sees first.
    pub welcome: Welcome,
    /// Own templates; all empty = the account's.
    pub templates: PostbackTemplates,
    /// Seconds after a join within which a leave is told; 0 = always.
    pub unsub_window: u64,
    /// 0 to 3.
    pub notify_level: u8,
    /// What `{invite}` stands for; may be empty.
    pub invite_link: String,
    /// Seconds, up to a day; −1 = never.
    pub auto_approve: i64,
    /// How postbacks are sent.
    pub pb_method: PostbackMethod,
    /// How a postback by POST spells what it carries.
    pub pb_format: PostbackFormat,
    /// The template of a POST's body; empty for the URL's query.
    pub pb_body: String,
}

/// A campaign with its counters and its bot's name.
#[derive(Clone, Debug)]
pub struct CampaignSummary {
    /// The campaign.
    pub campaign: TrackingCampaign,
    /// Its bot, without `@`.
    pub bot_username: String,
    /// Its counters.
    pub counters: Counters,
}

impl App {
    /// Makes a campaign.
    ///
    /// # Errors
    ///
    /// - [`AppError::Parameter`] naming the field at fault, also `media` that the account does not have.
    /// - [`AppError::NotFound`] if the account has no such live bot.
    /// - [`AppError::NoChat`] if the bot is no administrator of the chat.
    /// - [`AppError::ChatTaken`] if a live campaign tracks the chat; of two calls at once exactly one wins.
    /// - [`AppError::CampaignLimit`] if the account has as many as it may.
    /// - [`AppError::Unavailable`]; a retry may answer `ChatTaken` by the first attempt.
    pub async fn add_campaign(&self, account: AccountId, new: NewCampaign) -> AppResult<TrackingCampaign> {
        let new = new.checked()?;
        self.check_media(account, &new.welcome.media).await?;
        let bot = self.live_bot(account, new.bot).await?;
        let chat = self.store.chat(BotKey { account, bot: bot.id }, new.chat).await?;
        let is_admin = |chat: &Chat| chat.rights == ChatRights::Admin && chat.moved_to.is_none();
        let chat = chat.filter(is_admin).ok_or(AppError::NoChat)?;
        if chat.campaign.is_some() {
            return Err(AppError::ChatTaken);
        }
        let id = self.store.next_campaign_id(account).await?.ok_or(AppError::NotFound("account"))?;
        let mut campaign = TrackingCampaign {
            id,
            code: String::new(),
            bot: new.bot,
            chat: new.chat,
            chat_title: chat.title,
            status: CampaignStatus::Active,
            welcome: new.welcome,
            templates: new.templates,
            unsub_window: new.unsub_window,
            notify_level: new.notify_level,
            invite_link: new.invite_link,
            auto_approve: new.auto_approve,
            pb_method: new.pb_method,
            pb_format: new.pb_format,
            pb_body: new.pb_body,
            disabled_endpoints: Vec::new(),
            edits: 0,
            created: self.clock.now(),
        };
        for _ in 0..CODE_DRAWS {
            campaign.code = draw(CODE_LENGTH)?;
            match self.store.create_campaign(account, &campaign).await? {
                CampaignClaim::Created => return Ok(campaign),
                CampaignClaim::ChatTaken => return Err(AppError::ChatTaken),
                CampaignClaim::NoChat => return Err(AppError::NoChat),
                CampaignClaim::LimitReached => return Err(AppError::CampaignLimit),
                CampaignClaim::CodeTaken => {}
            }
        }
        Err(AppError::unavailable("every drawn code is in use"))
    }

    /// One campaign with its counters.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has none such, or it is deleted.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn campaign_detail(
        &self,
        account: AccountId,
        id: TrackingCampaignId,
    ) -> AppResult<CampaignSummary> {
        let campaign = self.live_campaign(account, id).await?;
        let bot = self.store.bot(BotKey { account, bot: campaign.bot }).await?;
        let counters = self.store.campaign_counters(CampaignKey { account, campaign: id }).await?;
        let bot_username = bot.map(|bot| bot.username).unwrap_or_default();
        Ok(CampaignSummary { campaign, bot_username, counters })
    }

    /// Every campaign that is not deleted, with its counters, by id.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn list_campaigns(&self, account: AccountId) -> AppResult<Vec<CampaignSummary>> {
        let mut campaigns = self.store.campaigns(account).await?;
        campaigns.retain(|campaign| campaign.status != CampaignStatus::Deleted);
        let bots = self.store.bots(account).await?;
        let keys: Vec<_> =
            campaigns.iter().map(|campaign| CampaignKey { account, campaign: campaign.id }).collect();
        let counters = self.store.counters(&keys).await?;
        let username = |id| bots.iter().find(|bot| bot.id == id).map(|bot| bot.username.clone());
        let summaries = campaigns.into_iter().zip(counters).map(|(campaign, counters)| CampaignSummary {
            bot_username: username(campaign.bot).unwrap_or_default(),
            campaign,
            counters,
        });
        Ok(summaries.collect())
    }

    /// A campaign that the account has or had.
    pub(super) async fn known_campaign(
        &self,
        account: AccountId,
        campaign: TrackingCampaignId,
    ) -> AppResult<CampaignKey> {
        let key = CampaignKey { account, campaign };
        self.store.campaign(key).await?.map(|_| key).ok_or(AppError::NotFound("campaign"))
    }

    /// The campaign asked for, or all of the account's, deleted ones included.
    pub(super) async fn campaigns_asked_for(
        &self,
        account: AccountId,
        campaign: Option<TrackingCampaignId>,
    ) -> AppResult<Vec<CampaignKey>> {
        if let Some(campaign) = campaign {
            return Ok(vec![self.known_campaign(account, campaign).await?]);
        }
        let campaigns = self.store.campaigns(account).await?.into_iter();
        Ok(campaigns.map(|campaign| CampaignKey { account, campaign: campaign.id }).collect())
    }

    pub(super) async fn live_campaign(
        &self,
        account: AccountId,
        id: TrackingCampaignId,
    ) -> AppResult<TrackingCampaign> {
        let campaign = self.store.campaign(CampaignKey { account, campaign: id }).await?;
        campaign
            .filter(|campaign| campaign.status != CampaignStatus::Deleted)
            .ok_or(AppError::NotFound("campaign"))
    }
}

impl NewCampaign {
    fn checked(self) -> AppResult<Self> {
        validate_notify_level(self.notify_level)?;
        validate_invite_link(&self.invite_link)?;
        validate_auto_approve(self.auto_approve)?;
        validate_templates(&self.templates)?;
        validate_body(self.pb_format, &self.pb_body)?;
        Ok(Self { welcome: self.welcome.checked()?, ..self })
    }
}
