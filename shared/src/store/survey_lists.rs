//! Who answered a survey, one after the other, and what all of it amounts to.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::access::{text, unavailable};
use super::shards::CLICK_SHARDS;
use super::survey_keys::{PEOPLE, SurveyKey, people_of};
use super::{Item, Key, Store};
use crate::domain::outreach::SurveyReply;
use crate::error::AppResult;
use crate::ids::{AccountId, OutreachCampaignId, UserId};

/// How many replies DynamoDB reads at once.
const REPLIES_AT_ONCE: usize = 100;

/// How far a list of those who answered was read: up to this person of this shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SurveyPlace {
    /// One of [`CLICK_SHARDS`].
    pub shard: u64,
    /// The last one who was read; `None` before the first.
    pub after: Option<UserId>,
}

impl Store {
    /// Some of those who answered a survey, at most `limit` from a place on, in an order that stays, and where to go on;
    /// `None` at the end. A page may have less than `limit`, and more behind it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn survey_replies(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
        from: SurveyPlace,
        limit: i32,
    ) -> AppResult<(Vec<SurveyReply>, Option<SurveyPlace>)> {
        let partition = people_of(account, campaign, from.shard);
        let start = from.after.map(|user| Key::Survey(SurveyKey::Line(account, campaign, user)).attributes());
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":prefix", AttributeValue::S(PEOPLE.to_owned()))
            .set_exclusive_start_key(start)
            .limit(limit)
            .send()
            .await
            .map_err(unavailable)?;
        let users: Vec<_> = answer.items.unwrap_or_default().iter().filter_map(user_of).collect();
        let mut replies = Vec::with_capacity(users.len());
        for some in users.chunks(REPLIES_AT_ONCE) {
            let keys: Vec<_> = some.iter().map(|user| Key::reply(account, *user, campaign, false)).collect();
            // Somebody may be erased between the two reads.
            replies.extend(self.get_many::<SurveyReply>(&keys).await?.into_iter().flatten());
        }
        let next = match users.last().filter(|_| answer.last_evaluated_key.is_some()) {
            Some(last) => Some(SurveyPlace { after: Some(*last), ..from }),
            None => {
                Some(SurveyPlace { shard: from.shard + 1, after: None }).filter(|it| it.shard < CLICK_SHARDS)
            }
        };
        Ok((replies, next))
    }

    /// What is counted of a survey, by the names of [`crate::domain::outreach::SurveyCount`].
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn survey_counts(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<BTreeMap<String, u64>> {
        let key = |shard| Key::Survey(SurveyKey::Counts(account, campaign, shard)).attributes();
        let mut sums = BTreeMap::new();
        for (name, count) in self.batch_get((0..CLICK_SHARDS).map(key)).await?.iter().flatten() {
            if let Some(count) = count.as_n().ok().and_then(|count| count.parse::<u64>().ok()) {
                *sums.entry(name.clone()).or_default() += count;
            }
        }
        Ok(sums)
    }
}

fn user_of(line: &Item) -> Option<UserId> {
    line.get("SK")?.as_s().ok()?.strip_prefix(PEOPLE)?.parse().ok()
}
