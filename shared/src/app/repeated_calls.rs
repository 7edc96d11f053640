use super::App;
use super::draw::draw;
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;
use crate::secret::{fingerprint, hex};
use crate::store::{CallClaim, KeptAnswer, RepeatableCall};

/// How long an answer is kept, in seconds.
const KEPT_SECONDS: i64 = 86_400;

/// A call that is not answered within this died with its function, in milliseconds.
pub const CALL_LEASE_MS: i64 = 60_000;

/// DynamoDB takes items of 400 KB; a longer answer is not kept.
const KEPT_BYTES_MAX: usize = 350_000;

/// How many letters and digits tell two claims apart.
const CLAIM_LENGTH: usize = 16;

/// Whether a call is to be carried out.
#[derive(Clone, Debug)]
pub enum CallOnce {
    /// It is; what it is answered is to be told by [`App::settle_call`].
    First(RepeatableCall),
    /// It was, and was answered this.
    Repeated(KeptAnswer),
}

impl App {
    /// Finds out whether a call under a client's key is to be carried out. `request` is all that tells it from others.
    ///
    /// # Errors
    ///
    /// - [`AppError::KeyOfOtherCall`] if the key came with another request within a day.
    /// - [`AppError::CallUnderWay`] while the same call is being carried out.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn begin_call(&self, account: AccountId, key: &str, request: &str) -> AppResult<CallOnce> {
        let now_ms = self.clock.now_ms();
        let call = RepeatableCall {
            account,
            key_hash: hex(&fingerprint(key)),
            request_hash: hex(&fingerprint(request)),
            claim: draw(CLAIM_LENGTH)?,
            leased_until_ms: now_ms + CALL_LEASE_MS,
            expires_at: now_ms.div_euclid(1_000) + KEPT_SECONDS,
        };
        match self.store.claim_call(&call, now_ms).await? {
            CallClaim::Granted => Ok(CallOnce::First(call)),
            CallClaim::Answered(answer) => Ok(CallOnce::Repeated(answer)),
            CallClaim::Leased => Err(AppError::CallUnderWay),
            CallClaim::OtherCall => Err(AppError::KeyOfOtherCall),
        }
    }

    /// Keeps what a call was answered, or forgets it where that is `None` or too long. What cannot be written down stays
    /// leased; its client has the answer all the same.
    pub async fn settle_call(&self, call: &RepeatableCall, answer: Option<KeptAnswer>) {
        let settled = match answer.filter(|answer| answer.body.len() <= KEPT_BYTES_MAX) {
            Some(answer) => self.store.keep_answer(call, answer).await,
            None => self.store.forget_call(call, self.clock.now()).await,
        };
        if let Err(error) = settled {
            tracing::warn!(?error, "the answer to a call is not kept");
        }
    }
}
