use url::Url;

use super::App;
use super::welcome::lead_values;
use crate::domain::campaign::{PostbackMethod, TrackingCampaign};
use crate::domain::lead_event::LeadEvent;
use crate::domain::postback::template_for;
use crate::domain::postback_id::PostbackId;
use crate::domain::postback_log::{PostbackAttempt, PostbackError};
use crate::domain::url_macro::{MacroValues, expand, expand_masked};
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, CampaignKey, UserId};
use crate::outbound::{Exchange, masked};
use crate::store::Lead;

/// One postback, ready to be sent.
pub(super) struct Postback {
    pub account: AccountId,
    pub id: PostbackId,
    pub subscriber: UserId,
    /// `None` where the event has no template.
    pub request: Option<PostbackRequest>,
}

/// What is sent.
pub(super) struct PostbackRequest {
    method: PostbackMethod,
    url: String,
    /// The same without what is the visitor's own.
    shown: String,
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
        let globals = account.map(|account| account.templates).unwrap_or_default();
        let id = PostbackId { campaign: campaign.campaign, lead: lead_id, event };
        let request = match template_for(event.status, &settings.templates, &globals) {
            None => None,
            Some(template) => {
                let mut values = postback_values(campaign, &settings, &lead, id);
                self.fill_in_visit(template, lead.facts.touch_of(event), &mut values).await?;
                let (url, shown) = (expand(template, &values), expand_masked(template, &values));
                Some(PostbackRequest { method: settings.pb_method, url, shown })
            }
        };
        Ok(Some(Postback { account: campaign.account, id, subscriber: user, request }))
    }

    /// The URL as the log shows it, and what came of it.
    pub(super) async fn send_postback(
        &self,
        account: AccountId,
        id: PostbackId,
        request: &PostbackRequest,
    ) -> AppResult<(String, PostbackAttempt)> {
        let started_ms = self.clock.now_ms();
        let (shown, exchange) = match Url::parse(&request.url) {
            Ok(url) => {
                let shown = Url::parse(&request.shown).map(|shown| masked(&shown)).unwrap_or_default();
                let (outbound, id) = (self.outbound()?, id.to_string());
                let exchange = match request.method {
                    PostbackMethod::Get => outbound.get(&url, &id).await,
                    PostbackMethod::Post => outbound.post(&url, &id).await,
                };
                (shown, exchange)
            }
            Err(_) => (String::new(), Exchange::TargetRefused),
        };
        let took_ms = self.clock.now_ms() - started_ms;
        let (code, error) = match exchange {
            Exchange::Answered(code) => (Some(code), None),
            Exchange::TargetRefused => (None, Some(PostbackError::Target)),
            Exchange::TimedOut => (None, Some(PostbackError::Timeout)),
            Exchange::NotConnected => (None, Some(PostbackError::Connect)),
            Exchange::BrokenOff => (None, Some(PostbackError::Broken)),
        };
        tracing::info!(account.id = %account, campaign.id = %id.campaign, postback.id = %id, code,
            error = error.map(PostbackError::name), took_ms, "postback");
        Ok((shown, PostbackAttempt { started_ms, took_ms, code, error }))
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
