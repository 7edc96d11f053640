//! One attempt to deliver something, a postback or what a webhook is told, and when the next one is due.

use super::App;
use crate::domain::postback_log::{PostbackAttempt, PostbackError};
use crate::domain::schedule::{
    JITTER_THOUSANDTHS, is_last_attempt, next_attempt_after_probe_ms, next_attempt_ms,
};
use crate::error::AppResult;
use crate::ids::AccountId;
use crate::secret::random;

/// What came of an attempt, and how long the host asks to be left alone, or is, in milliseconds.
pub(super) type Attempt = (PostbackAttempt, Option<i64>);

impl App {
    /// Sends a request unless the circuit of its host is open; the attempt says which. The last one is made whatever the
    /// circuit says, so that nothing fails for good without having been asked at its end.
    pub(super) async fn attempt_if_connected(
        &self,
        (account, host): (AccountId, &str),
        tried: usize,
        send: impl AsyncFnOnce() -> AppResult<Attempt>,
    ) -> AppResult<Attempt> {
        let left_alone_ms = self.left_alone_ms(account, host).await;
        if let Some(wait_ms) = left_alone_ms.filter(|_| !is_last_attempt(tried)) {
            let (started_ms, error) = (self.clock.now_ms(), Some(PostbackError::Circuit));
            // Nothing goes through before the next probe.
            let attempt = PostbackAttempt { started_ms, error, ..PostbackAttempt::default() };
            return Ok((attempt, Some(wait_ms)));
        }
        let (attempt, asked_ms) = send().await?;
        self.note_pace(host, attempt.took_ms);
        self.note_for_circuit(account, host, &attempt).await;
        Ok((attempt, asked_ms))
    }
}

/// When the next attempt is due after these, in Unix milliseconds, if the host asks to be left alone for so long, or is.
pub(super) fn planned_ms(attempts: &[PostbackAttempt], asked_ms: Option<i64>) -> AppResult<Option<i64>> {
    let (Some(first), Some(last)) = (attempts.first(), attempts.last()) else { return Ok(None) };
    let (tried, began_ms) = (attempts.len(), first.started_ms);
    let (over_ms, jitter) = (last.started_ms + last.took_ms, draw_jitter()?);
    Ok(match (last.error, asked_ms) {
        (Some(PostbackError::Circuit), Some(wait_ms)) => {
            next_attempt_after_probe_ms(tried, began_ms, over_ms, jitter, over_ms.saturating_add(wait_ms))
        }
        _ => next_attempt_ms(tried, began_ms, over_ms, jitter, asked_ms),
    })
}

/// A number by chance, for the schedule.
fn draw_jitter() -> AppResult<i64> {
    let drawn = i64::from(u16::from_be_bytes(random::<2>()?));
    Ok(drawn % (2 * JITTER_THOUSANDTHS + 1) - JITTER_THOUSANDTHS)
}
