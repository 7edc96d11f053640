use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use serde::{Deserialize, Serialize};

use super::access::{Expiring, from_item, number, text, to_item, unavailable, written};
use super::{Key, Store};
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;

/// A call that a client may repeat: by whom, and under which key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatableCall {
    /// Who calls.
    pub account: AccountId,
    /// The hash of the client's key.
    pub key_hash: String,
    /// The hash of all that tells the request from others.
    pub request_hash: String,
    /// Drawn for this very call.
    pub claim: String,
    /// Until when it is carried out by nobody else, in Unix milliseconds.
    pub leased_until_ms: i64,
    /// Until when its answer is kept, in Unix seconds.
    pub expires_at: i64,
}

/// What a call was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// What came of claiming a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallClaim {
    /// It is to be carried out, by nobody else until the lease ends.
    Granted,
    /// The same call was answered this.
    Answered(KeptAnswer),
    /// The same call is being carried out.
    Leased,
    /// Another call came under the same key.
    OtherCall,
}

#[derive(Serialize, Deserialize)]
struct CallItem {
    request_hash: String,
    claim: String,
    leased_until_ms: i64,
    answer: Option<KeptAnswer>,
}

impl Store {
    /// Claims a call: one that is not known, or whose lease ended without an answer. A retry of the write finds its own
    /// claim.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn claim_call(&self, call: &RepeatableCall, now_ms: i64) -> AppResult<CallClaim> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(&call.key(), &call.item(None, call.expires_at))?))
            .condition_expression(
                "attribute_not_exists(PK) OR expires_at <= :now OR \
                 (request_hash = :request AND attribute_not_exists(answer) AND leased_until_ms <= :now_ms)",
            )
            .expression_attribute_values(":now", number(now_ms.div_euclid(1_000)))
            .expression_attribute_values(":now_ms", number(now_ms))
            .expression_attribute_values(":request", text(&call.request_hash))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(CallClaim::Granted) };
        let Some(PutItemError::ConditionalCheckFailedException(refusal)) = error.as_service_error() else {
            return Err(unavailable(error));
        };
        let known: Option<CallItem> = refusal.item.clone().map(from_item).transpose()?;
        let known = known.ok_or_else(|| AppError::unavailable("a call was refused for no reason"))?;
        Ok(match known.answer {
            _ if known.claim == call.claim => CallClaim::Granted,
            _ if known.request_hash != call.request_hash => CallClaim::OtherCall,
            Some(answer) => CallClaim::Answered(answer),
            None => CallClaim::Leased,
        })
    }

    /// Keeps what one's own call was answered. A call that somebody else has claimed since is left alone.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn keep_answer(&self, call: &RepeatableCall, answer: KeptAnswer) -> AppResult<()> {
        self.replace_call(call, &call.item(Some(answer), call.expires_at)).await
    }

    /// Forgets one's own call at `now`, in Unix seconds: another one may come under its key at once. DynamoDB deletes what
    /// expired lately, and never what expired more than five years ago.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn forget_call(&self, call: &RepeatableCall, now: i64) -> AppResult<()> {
        self.replace_call(call, &call.item(None, now)).await
    }

    async fn replace_call(&self, call: &RepeatableCall, item: &Expiring<CallItem>) -> AppResult<()> {
        let put = self.client.put_item().table_name(&self.table);
        let put = put.set_item(Some(to_item(&call.key(), item)?)).condition_expression("claim = :claim");
        written(put.expression_attribute_values(":claim", text(&call.claim)).send().await).map(drop)
    }
}

impl RepeatableCall {
    fn key(&self) -> Key<'_> {
        Key::Call(self.account, &self.key_hash)
    }

    fn item(&self, answer: Option<KeptAnswer>, expires_at: i64) -> Expiring<CallItem> {
        let (request_hash, claim) = (self.request_hash.clone(), self.claim.clone());
        let value = CallItem { request_hash, claim, leased_until_ms: self.leased_until_ms, answer };
        Expiring { value, expires_at }
    }
}
