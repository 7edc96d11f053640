use super::App;
use super::postback_requests::{Postback, PostbackRequest};
use crate::domain::postback_log::{ATTEMPTS_MAX, PostbackAttempt, PostbackError, PostbackState, state_after};
use crate::error::AppResult;
use crate::queue::Task;
use crate::store::{AttemptWrite, LoggedPostback};

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
}
