use url::{Position, Url};

use super::App;
use super::welcome::lead_values;
use crate::domain::campaign::{PostbackMethod, TrackingCampaign};
use crate::domain::course::Straggler;
use crate::domain::lead_event::LeadEvent;
use crate::domain::postback::{PostbackTemplates, template_for};
use crate::domain::postback_id::PostbackId;
use crate::domain::postback_log::{PostbackAttempt, PostbackError};
use crate::domain::schedule::retry_after_ms;
use crate::domain::url_macro::{MacroValues, expand, expand_masked};
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, CampaignKey, UserId};
use crate::outbound::{Exchange, masked};
use crate::store::{Lead, TemplateOwner};

/// One postback, ready to be sent.
pub(super) struct Postback {
    pub account: AccountId,
    pub id: PostbackId,
    pub subscriber: UserId,
    /// `None` where the event has no template.
    pub request: Option<PostbackRequest>,
    /// Which of the lead's events the later ones have to mind.
    pub straggler: Option<Straggler>,
    /// Whose template it is, and all of them.
    pub templates: OwnedTemplates,
}

/// The templates that a postback is told by, and whose they are.
pub(super) struct OwnedTemplates {
    pub owner: TemplateOwner,
    pub templates: PostbackTemplates,
    /// The hosts that asked for no more.
    pub disabled_hosts: Vec<String>,
}

/// What is sent.
pub(super) struct PostbackRequest {
    method: PostbackMethod,
    url: String,
    /// The same without what is the visitor's own.
    shown: String,
}

impl PostbackRequest {
    /// The host, and the port if it is named; empty if the URL is none.
    pub fn host(&self) -> String {
        let url = Url::parse(&self.url).ok();
        url.filter(Url::has_host)
            .map(|url| url[Position::BeforeHost..Position::AfterPort].to_owned())
            .unwrap_or_default()
    }

    /// The URL as the log shows it; empty if it is none.
    pub fn shown_url(&self) -> String {
        match Url::parse(&self.url) {
            Ok(_) => Url::parse(&self.shown).map(|shown| masked(&shown)).unwrap_or_default(),
            Err(_) => String::new(),
        }
    }
}

impl App {
    /// `None` if there is nobody to tell of.
    pub(super) async fn prepare_postback(
        &self,
        campaign: CampaignKey,
        user: UserId,
        event: LeadEvent,
    ) -> AppResult<Option<Postback>> {
        let Some(lead) = self.store.lead(campaign, user).await? else { return Ok(None) };
        let Some(settings) = self.cached_campaign(campaign).await? else { return Ok(None) };
        let Some(lead_id) = lead.id else { return Ok(None) };
        // The account's templates count only for a campaign that has none of its own.
        let account = match settings.templates.is_empty() {
            true => self.store.account(campaign.account).await?,
            false => None,
        };
        let templates = match account {
            Some(account) => OwnedTemplates {
                owner: TemplateOwner::Account(campaign.account),
                templates: account.templates,
                disabled_hosts: account.disabled_hosts,
            },
            None => OwnedTemplates {
                owner: TemplateOwner::Campaign(campaign),
                templates: settings.templates.clone(),
                disabled_hosts: settings.disabled_hosts.clone(),
            },
        };
        let id = PostbackId { campaign: campaign.campaign, lead: lead_id, event };
        let request = match template_for(event.status, &settings.templates, &templates.templates) {
            None => None,
            Some(template) => {
                let mut values = postback_values(campaign, &settings, &lead, id);
                self.fill_in_visit(template, lead.facts.touch_of(event), &mut values).await?;
                let (url, shown) = (expand(template, &values), expand_masked(template, &values));
                Some(PostbackRequest { method: settings.pb_method, url, shown })
            }
        };
        let straggler = lead.straggler;
        Ok(Some(Postback { account: campaign.account, id, subscriber: user, request, straggler, templates }))
    }

    /// What came of one request, and how long the receiver asks to be left alone, in milliseconds.
    pub(super) async fn send_postback(
        &self,
        account: AccountId,
        id: PostbackId,
        request: &PostbackRequest,
    ) -> AppResult<(PostbackAttempt, Option<i64>)> {
        let started_ms = self.clock.now_ms();
        let exchange = match Url::parse(&request.url) {
            Ok(url) => {
                let (outbound, id) = (self.outbound()?, id.to_string());
                match request.method {
                    PostbackMethod::Get => outbound.get(&url, &id).await,
                    PostbackMethod::Post => outbound.post(&url, &id).await,
                }
            }
            Err(_) => Exchange::TargetRefused,
        };
        let now_ms = self.clock.now_ms();
        let took_ms = now_ms - started_ms;
        let asked_ms = match &exchange {
            Exchange::Answered { retry_after: Some(header), .. } => retry_after_ms(header, now_ms),
            _ => None,
        };
        let (code, error) = match exchange {
            Exchange::Answered { status, .. } => (Some(status), None),
            Exchange::TargetRefused => (None, Some(PostbackError::Target)),
            Exchange::TimedOut => (None, Some(PostbackError::Timeout)),
            Exchange::NotConnected => (None, Some(PostbackError::Connect)),
            Exchange::BrokenOff => (None, Some(PostbackError::Broken)),
        };
        tracing::info!(account.id = %account, campaign.id = %id.campaign, postback.id = %id, code,
            error = error.map(PostbackError::name), took_ms, "postback");
        Ok((PostbackAttempt { started_ms, took_ms, code, error }, asked_ms))
    }
}

fn postback_values(
    key: CampaignKey,
    campaign: &TrackingCampaign,
    lead: &Lead,
    id: PostbackId,
) -> MacroValues {
    let bot = BotKey { account: key.account, bot: campaign.bot };
    MacroValues {
        status: id.event.status.to_string(),
        time: id.event.clock.date.to_string(),
        id: id.to_string(),
        ..lead_values(bot, campaign, lead, lead.facts.touch_of(id.event))
    }
}
