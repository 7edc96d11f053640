use std::sync::Arc;

use url::{Position, Url};

use super::App;
use super::welcome::lead_values;
use crate::domain::campaign::{PostbackCarriage, PostbackMethod, TrackingCampaign};
use crate::domain::course::Straggler;
use crate::domain::echo::Hidden;
use crate::domain::lead_event::LeadEvent;
use crate::domain::postback::{PostbackTemplates, template_for};
use crate::domain::postback_body::PostbackFormat;
use crate::domain::postback_id::PostbackId;
use crate::domain::postback_log::{PostbackAttempt, PostbackError};
use crate::domain::trackers::token_in;
use crate::domain::url_macro::{MacroValues, expand, expand_masked};
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, CampaignKey, UserId};
use crate::outbound::{Exchange, OutboundBody, OutboundRequest, masked, masked_values};
use crate::store::{Account, AccountSigning, Lead, TemplateOwner};

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

impl Postback {
    /// Whether there is a template, and its endpoint takes what is sent.
    fn is_to_be_sent(&self) -> bool {
        self.request.as_ref().is_some_and(|request| !self.templates.are_disabled_for(request))
    }
}

/// The templates that a postback is told by, and whose they are.
pub(super) struct OwnedTemplates {
    pub owner: TemplateOwner,
    pub templates: PostbackTemplates,
    carriage: PostbackCarriage,
    /// The endpoints that asked for no more.
    disabled_endpoints: Vec<String>,
}

impl OwnedTemplates {
    /// The account's templates count only for a campaign that has none of its own. Where the account says how they are sent,
    /// the campaign does not.
    fn of(key: CampaignKey, campaign: &TrackingCampaign, account: &Account) -> Self {
        let (owner, templates, endpoints) = match campaign.templates.is_empty() {
            true => (TemplateOwner::Account(key.account), &account.templates, &account.disabled_endpoints),
            false => (TemplateOwner::Campaign(key), &campaign.templates, &campaign.disabled_endpoints),
        };
        let of_account = account.carriage.clone().filter(|_| campaign.templates.is_empty());
        let carriage = of_account.unwrap_or_else(|| campaign.carriage());
        Self { owner, templates: templates.clone(), carriage, disabled_endpoints: endpoints.clone() }
    }

    /// Whether the endpoint of this request asked for no more.
    pub fn are_disabled_for(&self, request: &PostbackRequest) -> bool {
        self.disabled_endpoints.contains(&request.endpoint)
    }
}

/// What is sent.
pub(super) struct PostbackRequest {
    carries: Carried,
    /// What it is signed with; `None` if it is not.
    signing: Option<AccountSigning>,
    url: String,
    /// The same without what is the visitor's own.
    shown: String,
    /// Where its template leads.
    endpoint: String,
    /// What the log must not show of what the receiver says.
    hidden: Hidden,
}

/// What the request carries besides its URL.
enum Carried {
    /// Nothing: a GET.
    Nothing,
    /// The URL's query, moved to the body.
    Query(PostbackFormat),
    /// A body of its own; the URL keeps its query.
    Body(OutboundBody),
}

impl App {
    /// `None` if there is nobody to tell of. Where the campaign as it is remembered has nothing to send, the campaign of
    /// now decides: what is skipped is skipped for good.
    pub(super) async fn prepare_postback(
        &self,
        campaign: CampaignKey,
        user: UserId,
        event: LeadEvent,
        lead: &Lead,
    ) -> AppResult<Option<Postback>> {
        let remembered = self.prepare_by_memory(campaign, user, event, lead).await?;
        if remembered.as_ref().is_none_or(Postback::is_to_be_sent) {
            return Ok(remembered);
        }
        self.webhook_cache.campaigns.forget(&campaign);
        self.prepare_by_memory(campaign, user, event, lead).await
    }

    async fn prepare_by_memory(
        &self,
        campaign: CampaignKey,
        user: UserId,
        event: LeadEvent,
        lead: &Lead,
    ) -> AppResult<Option<Postback>> {
        let Some(settings) = self.cached_campaign(campaign).await? else { return Ok(None) };
        let Some(lead_id) = lead.id else { return Ok(None) };
        // Where the account's templates count, those of now do.
        let account = match settings.templates.is_empty() {
            true => self.store.account(campaign.account).await?.map(Arc::new),
            false => self.cached_account(campaign.account).await?,
        };
        let Some(account) = account else { return Ok(None) };
        let id = PostbackId { campaign: campaign.campaign, lead: lead_id, event };
        let templates = OwnedTemplates::of(campaign, &settings, &account);
        let request = match template_for(event.status, &settings.templates, &account.templates) {
            None => None,
            Some(template) => {
                let mut values = postback_values(campaign, &settings, lead, id);
                let asking = [template, &templates.carriage.body].concat();
                self.fill_in_visit(&asking, lead.facts.touch_of(event), &mut values).await?;
                let signing = account.signing.clone();
                Some(PostbackRequest {
                    signing,
                    ..PostbackRequest::new(template, &templates.carriage, &values)
                })
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
        let Ok(url) = Url::parse(&request.url) else {
            let (started_ms, error) = (self.clock.now_ms(), Some(PostbackError::Target));
            return Ok((PostbackAttempt { started_ms, error, ..PostbackAttempt::default() }, None));
        };
        let spelled = request.spelled(url, id.to_string());
        let (attempt, asked_ms) =
            self.send_signed(account, spelled, request.signing.as_ref(), &request.hidden).await?;
        tracing::info!(account.id = %account, campaign.id = %id.campaign, postback.id = %id, code = attempt.code,
            error = attempt.error.map(PostbackError::name), took_ms = attempt.took_ms, "postback");
        Ok((attempt, asked_ms))
    }

    /// The same of any request to a target, signed if there is something to sign it with.
    pub(super) async fn send_signed(
        &self,
        account: AccountId,
        mut request: OutboundRequest,
        signing: Option<&AccountSigning>,
        hidden: &Hidden,
    ) -> AppResult<(PostbackAttempt, Option<i64>)> {
        let started_ms = self.clock.now_ms();
        if let Some(signing) = signing {
            request.signature = Some(self.signature(account, signing, &request).await?);
        }
        let exchange = self.outbound()?.send(&request).await;
        let now_ms = self.clock.now_ms();
        let took_ms = now_ms - started_ms;
        let mut attempt = PostbackAttempt { started_ms, took_ms, ..PostbackAttempt::default() };
        let mut asked_ms = None;
        match exchange {
            Exchange::Answered { status, excerpt, retry_after } => {
                (attempt.code, attempt.answer) = (Some(status), hidden.masked(&excerpt));
                asked_ms = retry_after.map(|asked| asked.ms_from(now_ms));
            }
            Exchange::TargetRefused => attempt.error = Some(PostbackError::Target),
            Exchange::TimedOut => attempt.error = Some(PostbackError::Timeout),
            Exchange::NotConnected => attempt.error = Some(PostbackError::Connect),
            Exchange::BrokenOff => attempt.error = Some(PostbackError::Broken),
        }
        Ok((attempt, asked_ms))
    }
}

impl PostbackRequest {
    /// The request for an event that this template tells.
    fn new(template: &str, carriage: &PostbackCarriage, values: &MacroValues) -> Self {
        let PostbackCarriage { method, format, ref body } = *carriage;
        let carries = match method {
            PostbackMethod::Get => Carried::Nothing,
            PostbackMethod::Post if body.is_empty() => Carried::Query(format),
            PostbackMethod::Post => {
                let text = format.fill_in(body, values);
                Carried::Body(OutboundBody { media_type: format.media_type(), text })
            }
        };
        let token = token_in(template);
        let without_token =
            token.clone().map(|token| [&template[..token.start], "***", &template[token.end..]].concat());
        let shown = expand_masked(without_token.as_deref().unwrap_or(template), values);
        let url = expand(template, values);
        let parsed = Url::parse(&url).ok();
        let secrets = parsed.as_ref().map(masked_values).unwrap_or_default().into_iter();
        let visit = [values.visit.ip.as_str(), &values.visit.user_agent];
        let hidden = Hidden::new(secrets.chain(visit).chain(token.map(|token| &template[token])));
        Self { carries, signing: None, url, shown, endpoint: endpoint_of(template), hidden }
    }

    /// The host, and the port if it is named; empty if the URL is none.
    pub fn host(&self) -> String {
        let url = Url::parse(&self.url).ok();
        url.filter(Url::has_host)
            .map(|url| url[Position::BeforeHost..Position::AfterPort].to_owned())
            .unwrap_or_default()
    }

    /// What asks for no more by a 410: the host with what follows it in the template, but for the query.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The URL as the log shows it; empty if it is none.
    pub fn shown_url(&self) -> String {
        match Url::parse(&self.url) {
            Ok(_) => Url::parse(&self.shown).map(|shown| masked(&shown)).unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// The request as it is sent.
    fn spelled(&self, mut url: Url, id: String) -> OutboundRequest {
        let body = match &self.carries {
            Carried::Nothing => None,
            Carried::Query(format) => {
                let text = format.of_query(url.query().unwrap_or_default());
                url.set_query(None);
                Some(OutboundBody { media_type: format.media_type(), text })
            }
            Carried::Body(body) => Some(body.clone()),
        };
        OutboundRequest { url, id, body, signature: None }
    }
}

/// Macros in the path stay: they differ from lead to lead, and the endpoint is one.
fn endpoint_of(template: &str) -> String {
    let place = template.split_once("://").map_or(template, |(_, place)| place);
    let place = place.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    // What stands before the host is a name and a password.
    let host = authority.rsplit('@').next().unwrap_or_default();
    [host, path].concat()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_the_host_and_the_path_of_the_template() {
        for (template, endpoint) in [
            ("https://h.example/hooks/a?click={click}&x=?", "h.example/hooks/a"),
            ("http://h.example:8080/{campaign}/p#x", "h.example:8080/{campaign}/p"),
            ("https://user:p@ss@h.example?click={click}", "h.example"),
            ("https://h.example/a@b", "h.example/a@b"),
        ] {
            assert_eq!(endpoint_of(template), endpoint, "{template}");
        }
    }
}
