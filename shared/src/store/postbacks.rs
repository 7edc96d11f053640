use serde::{Deserialize, Serialize};

use super::keys::postback_prefix;
use super::{Key, Store};
use crate::domain::lead_event::LeadEvent;
use crate::error::AppResult;
use crate::ids::{CampaignKey, LeadId};

/// Attempts are kept this long: thirty days.
const KEPT_SECONDS: i64 = 30 * 86_400;

/// One attempt to tell one event of one lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostbackAttempt {
    /// The postback's id, the same in all its attempts.
    pub id: String,
    /// Counts up from 1.
    pub attempt: u32,
    /// The lead.
    pub lead: LeadId,
    /// The event it tells.
    pub event: LeadEvent,
    /// The URL as sent, secret-looking values masked.
    pub url: String,
    /// How it ended.
    pub state: AttemptState,
    /// The HTTP status, if there was an answer.
    pub code: Option<u16>,
    /// One word on what went wrong; empty if nothing did.
    pub error: String,
    /// Unix milliseconds when it began.
    pub started_ms: i64,
    /// How long it took.
    pub took_ms: i64,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttemptState {
    /// The advertiser took it.
    Delivered,
    /// Worth another attempt.
    Retry,
    /// Final: no attempt would help.
    Failed,
}

#[derive(Serialize)]
struct StoredAttempt<'a> {
    #[serde(flatten)]
    attempt: &'a PostbackAttempt,
    expires_at: i64,
}

impl Store {
    /// Writes one attempt to the log.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn log_postback(&self, campaign: CampaignKey, attempt: &PostbackAttempt) -> AppResult<()> {
        let key = Key::PostbackAttempt(campaign, attempt.event.clock, &attempt.id, attempt.attempt);
        let stored =
            StoredAttempt { attempt, expires_at: (attempt.started_ms / 1000).saturating_add(KEPT_SECONDS) };
        self.put(&key, &stored).await
    }

    /// Every attempt of one postback, first to last.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn postback_attempts(
        &self,
        campaign: CampaignKey,
        event: LeadEvent,
        id: &str,
    ) -> AppResult<Vec<PostbackAttempt>> {
        let partition = Key::PostbackAttempt(campaign, event.clock, id, 0).partition();
        self.query(partition, &postback_prefix(event.clock, id)).await
    }
}
