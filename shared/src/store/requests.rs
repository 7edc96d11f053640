//! Requests to join that are approved by themselves.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::access::text;
use super::leads::{Arrival, Lead};
use super::registers::refused_item;
use super::welcomes::{WelcomeLease, is_owed, lease_name};
use super::{Item, Key, Store};
use crate::domain::fact_clock::FactClock;
use crate::domain::person::Person;
use crate::error::AppResult;
use crate::ids::{CampaignKey, UserId};

/// What became of a request to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestWrite {
    /// It is written; the person never pressed Start, and their welcome is leased to the caller.
    ToGreet(Box<Lead>),
    /// It was known, and its welcome is still owed: somebody may be at it.
    Owed,
    /// It is written, now or before, and no welcome is owed for it.
    Recorded,
}

/// A person who asked to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRequest {
    /// What is known of them.
    pub lead: Lead,
    /// Whether a welcome is owed for their request.
    pub owes_welcome: bool,
}

impl Store {
    /// Writes a request to join, unless a newer one is known, and with it, for somebody who never pressed Start, that
    /// a welcome is owed and leased to the caller. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn record_request_to_greet(
        &self,
        campaign: CampaignKey,
        person: &Person,
        clock: FactClock,
        lease: WelcomeLease,
    ) -> AppResult<RequestWrite> {
        let sets = "#request = :clock, #lease = :until";
        let update = self.update_person(&Key::Lead(campaign, person.user), person, sets);
        let update_expression = update.get_update_expression().clone().unwrap_or_default();
        let written = update
            .update_expression(update_expression + " ADD owed :clocks")
            .condition_expression(
                "attribute_not_exists(starts) AND (attribute_not_exists(#request) OR #request < :clock)",
            )
            .expression_attribute_names("#request", "request")
            .expression_attribute_names("#lease", lease_name(clock))
            .expression_attribute_values(":clock", text(clock))
            .expression_attribute_values(":clocks", AttributeValue::Ss(vec![clock.to_string()]))
            .expression_attribute_values(":until", text(lease.spelled()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let known = match written {
            Ok(answer) => return to_greet(answer.attributes),
            Err(error) => refused_item(error)?,
        };
        match known.filter(|item| is_owed(item, clock)) {
            Some(item) if lease.is_held_in(&item, clock) => to_greet(Some(item)),
            Some(_) => Ok(RequestWrite::Owed),
            None => {
                self.record_arrival(campaign, person, Arrival::Request, clock).await?;
                Ok(RequestWrite::Recorded)
            }
        }
    }

    /// Somebody who asked to join, if anything is known of them.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn pending_request(
        &self,
        campaign: CampaignKey,
        user: UserId,
        clock: FactClock,
    ) -> AppResult<Option<PendingRequest>> {
        let Some(item) = self.get_item(&Key::Lead(campaign, user)).await? else { return Ok(None) };
        let owes_welcome = is_owed(&item, clock);
        Ok(Some(PendingRequest { lead: Lead::from_item(item)?, owes_welcome }))
    }
}

fn to_greet(item: Option<Item>) -> AppResult<RequestWrite> {
    Ok(RequestWrite::ToGreet(Box::new(Lead::from_item(item.unwrap_or_default())?)))
}
