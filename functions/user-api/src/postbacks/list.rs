//! `GET /api/postbacks/list.json`

use serde::Serialize;
use shared::app::PostbackQuery;
use shared::domain::calendar;
use shared::domain::postback_log::{PostbackAttempt, PostbackError};
use shared::edge::envelope::Reply;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::ids::{LeadId, TrackingCampaignId, UserId};
use shared::store::LoggedPostback;
use shared::{App, AppResult};

use crate::query::limit;

/// Postbacks with their attempts, newest first.
///
/// # Errors
///
/// As [`App::list_postbacks`].
pub async fn list(app: &App, call: &Call, params: ListParams) -> AppResult<Reply<Vec<ListedPostback>>> {
    let page = app.list_postbacks(call.account, &params.query).await?;
    let data = page.postbacks.iter().map(ListedPostback::from).collect();
    Ok(Reply { data: Some(data), total: None, next: page.next.map(|place| place.to_string()) })
}

/// What the call takes.
pub struct ListParams {
    query: PostbackQuery,
}

impl FromParams for ListParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        let query = PostbackQuery {
            campaign: params.optional("campaign")?,
            lead: params.optional("lead")?,
            state: super::state(params)?,
            range: super::range(params)?,
            limit: limit(params)?,
            after: super::cursor(params)?,
        };
        Ok(Self { query })
    }
}

/// One postback of the answer.
#[derive(Debug, Serialize)]
pub struct ListedPostback {
    id: String,
    campaign: TrackingCampaignId,
    lead: LeadId,
    subscriber: UserId,
    event: &'static str,
    /// The number of the event.
    status: u8,
    url: String,
    state: &'static str,
    error: &'static str,
    time: String,
    attempts: Vec<Attempt>,
    /// When the next attempt is due; empty if none is.
    next: String,
}

/// One attempt.
#[derive(Debug, Serialize)]
struct Attempt {
    time: String,
    /// 0 where there was no answer.
    code: u16,
    ms: i64,
    error: &'static str,
    /// The beginning of what the receiver said.
    answer: String,
}

impl From<&LoggedPostback> for ListedPostback {
    fn from(postback: &LoggedPostback) -> Self {
        let event = postback.id.event;
        Self {
            id: postback.id.to_string(),
            campaign: postback.id.campaign,
            lead: postback.id.lead,
            subscriber: postback.subscriber,
            event: event.status.name(),
            status: event.status.number(),
            url: postback.url.clone(),
            state: postback.state.name(),
            error: word(postback.error),
            time: calendar::date_time(event.clock.date),
            attempts: postback.attempts.iter().map(Attempt::from).collect(),
            next: postback
                .course
                .next_ms
                .map(|ms| calendar::date_time(ms.div_euclid(1000)))
                .unwrap_or_default(),
        }
    }
}

impl From<&PostbackAttempt> for Attempt {
    fn from(attempt: &PostbackAttempt) -> Self {
        Self {
            time: calendar::date_time(attempt.started_ms.div_euclid(1000)),
            code: attempt.code.unwrap_or_default(),
            ms: attempt.took_ms,
            error: word(attempt.error),
            answer: attempt.answer.clone(),
        }
    }
}

fn word(error: Option<PostbackError>) -> &'static str {
    error.map_or("", PostbackError::name)
}
