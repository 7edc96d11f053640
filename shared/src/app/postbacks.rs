use url::Url;

use super::App;
use super::welcome::lead_values;
use crate::domain::campaign::{PostbackMethod, TrackingCampaign};
use crate::domain::lead_event::LeadEvent;
use crate::domain::postback::{postback_id, template_for};
use crate::domain::url_macro::{MacroValues, expand, expand_masked};
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey, LeadId, UserId};
use crate::outbound::{Exchange, masked};
use crate::queue::Task;
use crate::store::{AttemptState, Lead, PostbackAttempt};

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
    campaign: CampaignKey,
    lead: LeadId,
    event: LeadEvent,
    id: String,
    method: PostbackMethod,
    url: String,
    /// The same without what is the visitor's own.
    shown: String,
}

impl App {
    /// Carries out a task of the postback queue: one attempt, one row in the log.
    ///
    /// A task that is received again after it was delivered sends nothing.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry: at most the attempt in flight is repeated.
    pub async fn carry_out_task(&self, task: &Task) -> AppResult<TaskOutcome> {
        let Task::PostbackV1 { campaign, user, event } = task;
        let Some(postback) = self.prepare_postback(*campaign, *user, *event).await? else {
            return Ok(TaskOutcome::Done);
        };
        let attempts = self.store.postback_attempts(*campaign, *event, &postback.id).await?;
        if attempts.iter().any(|attempt| attempt.state != AttemptState::Retry) {
            return Ok(TaskOutcome::Done);
        }
        let number = attempts.last().map_or(1, |last| last.attempt + 1);
        let attempt = self.attempt_postback(&postback, number).await?;
        self.store.log_postback(*campaign, &attempt).await?;
        Ok(match attempt.state {
            AttemptState::Delivered | AttemptState::Failed => TaskOutcome::Done,
            AttemptState::Retry => {
                TaskOutcome::Again { since_ms: attempts.first().unwrap_or(&attempt).started_ms }
            }
        })
    }

    /// `None` if there is nothing to tell: no such lead, or no template for the event.
    async fn prepare_postback(
        &self,
        campaign: CampaignKey,
        user: UserId,
        event: LeadEvent,
    ) -> AppResult<Option<Postback>> {
        let Some(lead) = self.store.lead(campaign, user).await? else { return Ok(None) };
        let Some(settings) = self.cached_campaign(campaign).await? else { return Ok(None) };
        let Some(account) = self.store.account(campaign.account).await? else { return Ok(None) };
        let template = template_for(event.status, &settings.templates, &account.templates);
        let Some((id, template)) = lead.id.zip(template) else { return Ok(None) };
        let mut values = postback_values(campaign, &settings, &lead, id, event);
        self.fill_in_visit(template, lead.facts.touch_of(event), &mut values).await?;
        let (url, shown) = (expand(template, &values), expand_masked(template, &values));
        Ok(Some(Postback {
            campaign,
            lead: id,
            event,
            id: values.id,
            method: settings.pb_method,
            url,
            shown,
        }))
    }

    async fn attempt_postback(&self, postback: &Postback, number: u32) -> AppResult<PostbackAttempt> {
        let started_ms = self.clock.now_ms();
        let (shown, exchange) = match Url::parse(&postback.url) {
            Ok(url) => {
                let shown = Url::parse(&postback.shown).map(|shown| masked(&shown)).unwrap_or_default();
                (shown, self.send_postback(postback, &url).await?)
            }
            Err(_) => (String::new(), Exchange::TargetRefused),
        };
        let took_ms = self.clock.now_ms() - started_ms;
        let (code, error) = match exchange {
            Exchange::Answered(code) => (Some(code), ""),
            Exchange::TargetRefused => (None, "target"),
            Exchange::NoAnswer(word) => (None, word),
        };
        let state = match exchange {
            Exchange::TargetRefused => AttemptState::Failed,
            Exchange::Answered(_) | Exchange::NoAnswer(_) => judge(code),
        };
        let campaign = postback.campaign;
        tracing::info!(account.id = %campaign.account, campaign.id = %campaign.campaign, postback.id = %postback.id,
            attempt = number, ?state, code, error, took_ms, "postback");
        Ok(PostbackAttempt {
            id: postback.id.clone(),
            attempt: number,
            lead: postback.lead,
            event: postback.event,
            url: shown,
            state,
            code,
            error: error.to_owned(),
            started_ms,
            took_ms,
        })
    }

    async fn send_postback(&self, postback: &Postback, url: &Url) -> AppResult<Exchange> {
        let outbound = self.outbound()?;
        Ok(match postback.method {
            PostbackMethod::Get => outbound.get(url, &postback.id).await,
            PostbackMethod::Post => outbound.post(url, &postback.id).await,
        })
    }
}

/// What an answer means for a postback. `None` stands for: no answer at all.
fn judge(status: Option<u16>) -> AttemptState {
    match status {
        Some(200..=299) => AttemptState::Delivered,
        None | Some(408 | 425 | 429 | 500..=599) => AttemptState::Retry,
        Some(_) => AttemptState::Failed,
    }
}

fn postback_values(
    key: CampaignKey,
    campaign: &TrackingCampaign,
    lead: &Lead,
    id: LeadId,
    event: LeadEvent,
) -> MacroValues {
    let bot = BotKey { account: key.account, bot: campaign.bot };
    MacroValues {
        status: event.status.to_string(),
        time: event.clock.date.to_string(),
        id: postback_id(id, event),
        ..lead_values(bot, campaign, lead, lead.facts.touch_of(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_judged_by_whether_another_attempt_may_help() {
        for code in [200, 204, 299] {
            assert_eq!(judge(Some(code)), AttemptState::Delivered, "{code}");
        }
        for code in [408, 425, 429, 500, 503, 599] {
            assert_eq!(judge(Some(code)), AttemptState::Retry, "{code}");
        }
        for code in [301, 302, 400, 401, 403, 404, 410] {
            assert_eq!(judge(Some(code)), AttemptState::Failed, "{code}");
        }
        assert_eq!(judge(None), AttemptState::Retry);
    }
}
