use url::Url;

use super::App;
use super::welcome::lead_values;
use crate::domain::campaign::{PostbackMethod, TrackingCampaign};
use crate::domain::lead_event::LeadEvent;
use crate::domain::postback::template_for;
use crate::domain::postback_id::PostbackId;
use crate::domain::postback_log::{ATTEMPTS_MAX, PostbackAttempt, PostbackError, PostbackState, state_after};
use crate::domain::url_macro::{MacroValues, expand, expand_masked};
use crate::error::AppResult;
use crate::ids::{AccountId, BotKey, CampaignKey, UserId};
use crate::outbound::{Exchange, masked};
use crate::queue::Task;
use crate::store::{AttemptWrite, Lead, LoggedPostback};

/// What became of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskOutcome {
    /// Done, or nothing to do any more.
    Done,
    /// To be received again later; first tried at this time, in Unix milliseconds.
    Again {
        /// When the first attempt began.
        since_ms: i64,
    },
}

/// One postback, ready to be sent.
struct Postback {
    account: AccountId,
    id: PostbackId,
    subscriber: UserId,
    /// `None` where the event has no template.
    request: Option<PostbackRequest>,
}

/// What is sent.
struct PostbackRequest {
    method: PostbackMethod,
    url: String,
    /// The same without what is the visitor's own.
    shown: String,
}

impl App {
    /// Carries out a task of the postback queue: one attempt, written to the postback's item in the log.
    ///
    /// A task that is received again after it was delivered sends nothing; of a replay only attempts count that
    /// began after it was asked for. A postback that was tried and has lost its template since is skipped.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry: at most the attempt in flight is repeated.
    pub async fn carry_out_task(&self, task: &Task) -> AppResult<TaskOutcome> {
        let (campaign, user, event, asked_ms) = match *task {
            Task::PostbackV1 { campaign, user, event } => (campaign, user, event, i64::MIN),
            Task::ReplayV1 { campaign, user, event, requested_ms } => (campaign, user, event, requested_ms),
        };
        let Some(postback) = self.prepare_postback(campaign, user, event).await? else {
            return Ok(TaskOutcome::Done);
        };
        let known = self.store.postback(postback.account, postback.id).await?;
        let attempts = known.as_ref().map(|known| known.attempts.as_slice()).unwrap_or_default();
        let counted: Vec<_> =
            attempts.iter().filter(|attempt| attempt.started_ms >= asked_ms).copied().collect();
        if state_after(&counted) != PostbackState::Pending {
            return Ok(TaskOutcome::Done);
        }
        if attempts.len() >= ATTEMPTS_MAX {
            self.store.end_postback(postback.account, postback.id, PostbackState::Failed, None).await?;
            return Ok(TaskOutcome::Done);
        }
        if let Some(request) = &postback.request {
            return self.attempt_postback(&postback, request, attempts, counted).await;
        }
        if known.is_some_and(|known| known.state == PostbackState::Pending) {
            let (skipped, error) = (PostbackState::Skipped, Some(PostbackError::Template));
            self.store.end_postback(postback.account, postback.id, skipped, error).await?;
        }
        Ok(TaskOutcome::Done)
    }

    /// Makes one more attempt and logs it; where the postback stands follows from those that are counted.
    async fn attempt_postback(
        &self,
        postback: &Postback,
        request: &PostbackRequest,
        attempts: &[PostbackAttempt],
        mut counted: Vec<PostbackAttempt>,
    ) -> AppResult<TaskOutcome> {
        let Postback { account, id, subscriber, .. } = *postback;
        let (url, attempt) = self.send_postback(account, id, request).await?;
        counted.push(attempt);
        let (state, attempts) = (state_after(&counted), [attempts, &[attempt]].concat());
        let logged = LoggedPostback { id, subscriber, state, url, error: attempt.error, attempts };
        let state = match self.store.log_attempt(account, &logged).await? {
            AttemptWrite::Logged => state,
            AttemptWrite::Overtaken(state) => {
                tracing::warn!(account.id = %account, postback.id = %id, "a postback was tried twice at once");
                state
            }
        };
        Ok(match state {
            PostbackState::Pending => TaskOutcome::Again { since_ms: counted[0].started_ms },
            PostbackState::Delivered | PostbackState::Failed | PostbackState::Skipped => TaskOutcome::Done,
        })
    }

    /// `None` if there is nobody to tell of.
    async fn prepare_postback(
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
    async fn send_postback(
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
