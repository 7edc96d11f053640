//! Who is held out of campaigns: noted with each of them, and counted once, so that what they do can be compared with what
//! those do who were reached.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::access::{Expiring, from_item, number, put_step, update_step, written};
use super::conversion_keys::{ConversionKey, HELD_OUT, OfPerson};
use super::count_keys::{CountKey, HELD_OUT_COUNTS};
use super::outreach_counts::whole;
use super::shards::contact_shard;
use super::{Key, Store};
use crate::domain::outreach::LiftGroup;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, OutreachCampaignId, UserId};

/// For how long it is known that somebody was held out, in seconds: as long as conversions are kept.
const KEPT_SECONDS: i64 = 400 * 86_400;

/// How many people are noted at once: a transaction takes 100 items, and one of them counts.
const NOTED_AT_ONCE: usize = 99;

/// How often it is tried to note people whom another planner notes as well.
const TRIES: usize = 5;

/// That somebody was held out of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldOutMark {
    /// The campaign.
    pub campaign: OutreachCampaignId,
    /// When they would have got it last, in Unix seconds.
    pub time: i64,
    /// Whether they converted within three days of such a time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub converted: bool,
}

impl Store {
    /// Notes that these people of one shard would have got a campaign now, in Unix seconds, and counts those of whom that was
    /// not noted before. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn note_held_out(
        &self,
        account: AccountId,
        (campaign, shard): (&OutreachCampaignId, u64),
        users: &[UserId],
        now: i64,
    ) -> AppResult<()> {
        for some in users.chunks(NOTED_AT_ONCE) {
            let mut tries = 0;
            while !self.note_some(account, (campaign, shard), some, now).await? {
                tries += 1;
                if tries == TRIES {
                    return Err(AppError::unavailable("people are being held out by others"));
                }
            }
        }
        Ok(())
    }

    /// `false` if somebody else noted one of them meanwhile.
    async fn note_some(
        &self,
        account: AccountId,
        (campaign, shard): (&OutreachCampaignId, u64),
        users: &[UserId],
        now: i64,
    ) -> AppResult<bool> {
        let line = |user: &UserId| ConversionKey::OfPerson(account, *user, OfPerson::HeldOut(campaign));
        let keys: Vec<_> = users.iter().map(|user| Key::Conversion(line(user))).collect();
        let known: Vec<Option<HeldOutMark>> = self.get_many(&keys).await?;
        let mut steps = Vec::new();
        for (key, known) in keys.iter().zip(known) {
            match known {
                None => {
                    let value = HeldOutMark { campaign: campaign.clone(), time: now, converted: false };
                    let mark = self.new_item(key, &Expiring { value, expires_at: now + KEPT_SECONDS })?;
                    steps.push(put_step(mark.condition_expression("attribute_not_exists(PK)"))?);
                }
                Some(known) if known.time < now => self.hold_out_again(key, now).await?,
                Some(_) => {}
            }
        }
        if steps.is_empty() {
            return Ok(true);
        }
        let count = Decimal::from(steps.len());
        let counts = Key::Count(CountKey::HeldOut(account, campaign, shard));
        steps.extend(self.added(&counts, std::iter::once(("people".to_owned(), count)), None)?);
        Ok(self.transact(steps).await?.is_none())
    }

    async fn hold_out_again(&self, key: &Key<'_>, now: i64) -> AppResult<()> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression("SET #time = :now, expires_at = :end")
            .expression_attribute_names("#time", "time")
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":end", number(now + KEPT_SECONDS))
            .condition_expression("attribute_exists(PK)");
        written(update.send().await).map(drop)
    }

    /// From which campaigns a person was held out.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn held_out_of(&self, account: AccountId, user: UserId) -> AppResult<Vec<HeldOutMark>> {
        let partition = ConversionKey::OfPerson(account, user, OfPerson::Click("")).partition();
        let lines = self.query_items(partition, HELD_OUT).await?;
        lines.into_iter().map(from_item).collect()
    }

    /// The steps that count a conversion of somebody who was held out of a campaign, the first of which refuses if it was
    /// counted before.
    pub(super) fn held_out_steps(
        &self,
        account: AccountId,
        user: UserId,
        mark: &HeldOutMark,
    ) -> AppResult<Vec<TransactWriteItem>> {
        let line = ConversionKey::OfPerson(account, user, OfPerson::HeldOut(&mark.campaign));
        let note = self
            .update(&Key::Conversion(line))
            .update_expression("SET converted = :yes")
            .condition_expression("attribute_exists(PK) AND attribute_not_exists(converted)")
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        let mut steps = vec![update_step(note)?];
        let counts = Key::Count(CountKey::HeldOut(account, &mark.campaign, contact_shard(user)));
        steps.extend(self.added(&counts, std::iter::once(("converted".to_owned(), Decimal::ONE)), None)?);
        Ok(steps)
    }

    /// How many people were held out of a campaign, and how many of them converted.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn held_out_figures(
        &self,
        account: AccountId,
        campaign: &OutreachCampaignId,
    ) -> AppResult<LiftGroup> {
        let partition = CountKey::Total(account, campaign).partition();
        let mut sum = LiftGroup::default();
        for item in self.query_items(partition, HELD_OUT_COUNTS).await? {
            sum.people += whole(&item, "people").unwrap_or_default();
            sum.converted += whole(&item, "converted").unwrap_or_default();
        }
        Ok(sum)
    }
}
