//! Which welcomes are owed, and who sends one: the lead's item has the clocks of those owed, and for each that is
//! being sent a lease, an attribute of its own.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::access::{text, unavailable, written};
use super::leads::Lead;
use super::registers::refused_item;
use super::{Item, Key, Store};
use crate::domain::fact_clock::FactClock;
use crate::error::AppResult;
use crate::ids::{CampaignKey, UserId};

/// The time for which nobody else sends a welcome, in Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WelcomeLease {
    /// From now.
    pub now_ms: i64,
    /// To then, unless it is given up before.
    pub until_ms: i64,
    /// Drawn by whoever asks for it: two may ask in the same millisecond.
    pub holder: u64,
}

/// Whether a welcome may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WelcomeClaim {
    /// It may, by nobody else until the lease ends; the person is as returned.
    Granted(Box<Lead>),
    /// It is done with.
    Settled,
    /// Somebody is at it.
    Leased {
        /// Until when, in Unix milliseconds.
        until_ms: i64,
    },
}

impl Store {
    /// Leases a welcome that is owed.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`]; after a retry the answer may be [`WelcomeClaim::Leased`] by the first attempt.
    pub async fn claim_welcome(
        &self,
        campaign: CampaignKey,
        user: UserId,
        clock: FactClock,
        lease: WelcomeLease,
    ) -> AppResult<WelcomeClaim> {
        let update = self
            .update_lead(campaign, user)
            .update_expression("SET #lease = :until")
            .condition_expression(
                "contains(owed, :clock) AND (attribute_not_exists(#lease) OR #lease < :next)",
            )
            .expression_attribute_names("#lease", lease_name(clock))
            .expression_attribute_values(":clock", text(clock))
            .expression_attribute_values(":until", text(lease.spelled()))
            .expression_attribute_values(":next", text(spelled_ms(lease.now_ms + 1)))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(answer) => {
                let lead = Lead::from_item(answer.attributes.unwrap_or_default())?;
                Ok(WelcomeClaim::Granted(Box::new(lead)))
            }
            Err(error) => {
                let item = refused_item(error)?.filter(|item| is_owed(item, clock));
                let leased = item.and_then(|item| leased_until(&item, clock));
                Ok(leased.map_or(WelcomeClaim::Settled, |until_ms| WelcomeClaim::Leased { until_ms }))
            }
        }
    }

    /// Gives one's own lease up: the welcome is still owed, and others may send it. Another's lease stays.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn release_welcome(
        &self,
        campaign: CampaignKey,
        user: UserId,
        clock: FactClock,
        lease: WelcomeLease,
    ) -> AppResult<()> {
        let update = self
            .update_lead(campaign, user)
            .update_expression("REMOVE #lease")
            .condition_expression("#lease = :until")
            .expression_attribute_names("#lease", lease_name(clock))
            .expression_attribute_values(":until", text(lease.spelled()));
        written(update.send().await).map(drop)
    }

    /// Notes that a welcome is done with. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn settle_welcome(
        &self,
        campaign: CampaignKey,
        user: UserId,
        clock: FactClock,
    ) -> AppResult<()> {
        self.update_lead(campaign, user)
            .update_expression("REMOVE #lease DELETE owed :clock")
            .expression_attribute_names("#lease", lease_name(clock))
            .expression_attribute_values(":clock", AttributeValue::Ss(vec![clock.to_string()]))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    fn update_lead(&self, campaign: CampaignKey, user: UserId) -> UpdateItemFluentBuilder {
        let key = Key::Lead(campaign, user).attributes();
        self.client.update_item().table_name(&self.table).set_key(Some(key))
    }
}

impl WelcomeLease {
    /// As the table has it: sorted by its end.
    pub(super) fn spelled(&self) -> String {
        format!("{}.{:016x}", spelled_ms(self.until_ms), self.holder)
    }

    /// Whether an item has this very lease on a welcome. A retry inside the SDK of a write that succeeded is refused by
    /// its own work, and finds its own lease.
    pub(super) fn is_held_in(&self, item: &Item, clock: FactClock) -> bool {
        item.get(&lease_name(clock)).and_then(|lease| lease.as_s().ok()) == Some(&self.spelled())
    }
}

fn spelled_ms(moment_ms: i64) -> String {
    format!("{moment_ms:014}")
}

/// The attribute that leases one welcome.
pub(super) fn lease_name(clock: FactClock) -> String {
    format!("lease#{clock}")
}

/// Until when a welcome is leased, in Unix milliseconds.
fn leased_until(item: &Item, clock: FactClock) -> Option<i64> {
    item.get(&lease_name(clock))?.as_s().ok()?.split_once('.')?.0.parse().ok()
}

/// Whether a welcome is owed.
pub(super) fn is_owed(item: &Item, clock: FactClock) -> bool {
    let owed = item.get("owed").and_then(|owed| owed.as_ss().ok());
    owed.is_some_and(|owed| owed.contains(&clock.to_string()))
}
