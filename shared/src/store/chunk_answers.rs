//! What the recipients of chunks get, where an endpoint of the account's own says that: asked for by one at a time, kept once,
//! and forgotten with the last of them.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::access::{incomplete, number, text, to_attribute, unavailable, update_step, written};
use super::count_keys::CountKey;
use super::{Chunk, ChunkPlace, Key, Store};
use crate::domain::outreach::ChunkAnswer;
use crate::error::AppResult;
use crate::ids::{AccountId, ExecutionId, OutreachCampaignId};

/// What is kept of a chunk whose execution is halted for so long is asked for anew, in seconds: 30 days.
const KEPT_SECONDS: i64 = 30 * 86_400;

/// How far a chunk's endpoint is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkQuestion {
    /// Until when somebody is at it, in Unix milliseconds.
    #[serde(default)]
    pub asked_until_ms: Option<i64>,
    /// How often it was asked for nothing.
    #[serde(default)]
    pub failures: u64,
    /// Before this it is not asked again, in Unix milliseconds.
    #[serde(default)]
    pub next_ms: Option<i64>,
    /// What it answered.
    #[serde(default)]
    pub answer: Option<ChunkAnswer>,
}

/// How an outreach campaign's endpoint answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointFigures {
    /// For how many chunks it said what they get.
    #[serde(default)]
    pub answered: u64,
    /// How often it was asked for nothing.
    #[serde(default)]
    pub failed: u64,
}

impl Store {
    /// How far the endpoint is asked about a chunk.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn chunk_question(&self, place: &ChunkPlace<'_>) -> AppResult<ChunkQuestion> {
        Ok(self.get(&Key::ChunkAnswer(*place)).await?.unwrap_or_default())
    }

    /// Takes the question about a chunk until a moment, in Unix milliseconds. `false` if somebody else is at it, or it was
    /// answered.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn claim_question(
        &self,
        place: &ChunkPlace<'_>,
        now_ms: i64,
        until_ms: i64,
    ) -> AppResult<bool> {
        let update = self
            .update_question(place)
            .update_expression("SET asked_until_ms = :until, expires_at = :end")
            .condition_expression(
                "attribute_not_exists(answer) AND \
                 (attribute_not_exists(asked_until_ms) OR asked_until_ms <= :now)",
            )
            .expression_attribute_values(":until", number(until_ms))
            .expression_attribute_values(":now", number(now_ms))
            .expression_attribute_values(":end", number(now_ms.div_euclid(1000) + KEPT_SECONDS));
        written(update.send().await)
    }

    /// Keeps what the recipients of a chunk get, and counts it with the campaign. `false` if that is known by now, or one of
    /// them was erased since the chunk was read.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may answer `false` by the first attempt.
    pub async fn keep_content(
        &self,
        campaign: &OutreachCampaignId,
        (execution, chunk): (&ExecutionId, &Chunk),
        account: AccountId,
        answer: &ChunkAnswer,
    ) -> AppResult<bool> {
        let place = ChunkPlace::of(account, execution, chunk);
        let keep = self
            .update(&Key::ChunkAnswer(place))
            .update_expression("SET answer = :answer REMOVE asked_until_ms, next_ms, failures")
            .condition_expression("attribute_not_exists(answer)")
            .expression_attribute_values(":answer", to_attribute(answer)?);
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(Key::Chunk(place).attributes()))
            .condition_expression("recipients = :recipients")
            .expression_attribute_values(":recipients", text(&chunk.recipients));
        let check = check.build().map_err(incomplete)?;
        let mut steps = vec![update_step(keep)?, TransactWriteItem::builder().condition_check(check).build()];
        steps.extend(self.endpoint_step(account, campaign, "answered")?);
        Ok(self.transact(steps).await?.is_none())
    }

    /// Notes that an endpoint was asked for nothing, how often that makes, and before when it is not asked again, in Unix
    /// milliseconds; counts it with the campaign.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; a retry may count it twice.
    pub async fn note_unanswered(
        &self,
        campaign: &OutreachCampaignId,
        place: &ChunkPlace<'_>,
        failures: u64,
        next_ms: i64,
    ) -> AppResult<()> {
        let note = self
            .update(&Key::ChunkAnswer(*place))
            .update_expression("SET failures = :failures, next_ms = :next REMOVE asked_until_ms")
            .expression_attribute_values(":failures", number(failures))
            .expression_attribute_values(":next", number(next_ms));
        let mut steps = vec![update_step(note)?];
        steps.extend(self.endpoint_step(place.bot.account, campaign, "failed")?);
        self.transact(steps).await.map(drop)
    }

    /// Forgets what the recipients of a chunk get, and how often it was asked for. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn forget_answer(&self, place: &ChunkPlace<'_>) -> AppResult<()> {
        let key = Key::ChunkAnswer(*place).attributes();
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        delete.send().await.map_err(unavailable).map(drop)
    }

    /// How a campaign's endpoint answered from the beginning on.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn endpoint_figures(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<EndpointFigures> {
        Ok(self.get(&Key::Count(CountKey::Endpoint(account, campaign))).await?.unwrap_or_default())
    }

    fn endpoint_step(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        name: &str,
    ) -> AppResult<Option<TransactWriteItem>> {
        let key = Key::Count(CountKey::Endpoint(account, campaign));
        self.added(&key, std::iter::once((name.to_owned(), Decimal::ONE)), None)
    }

    fn update_question(&self, place: &ChunkPlace<'_>) -> UpdateItemFluentBuilder {
        let key = Key::ChunkAnswer(*place).attributes();
        self.client.update_item().table_name(&self.table).set_key(Some(key))
    }
}
