//! Registers that move one way only, each by one conditional write and no read before it.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::access::{number, text, unavailable};
use super::{Item, Key, Store};
use crate::domain::fact_clock::FactClock;
use crate::domain::person::Person;
use crate::error::{AppError, AppResult};

/// What became of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactWrite {
    /// It is written.
    Recorded,
    /// It, or something newer, was known.
    Known,
}

impl Store {
    /// Moves one register forward by one conditional write.
    pub(super) async fn move_register(
        &self,
        update: UpdateItemFluentBuilder,
        register: &str,
        clock: FactClock,
    ) -> AppResult<FactWrite> {
        self.move_register_if("", update, register, clock).await
    }

    /// The same of an item that is there; one that is gone meanwhile is not made of a register alone.
    pub(super) async fn move_register_there(
        &self,
        update: UpdateItemFluentBuilder,
        register: &str,
        clock: FactClock,
    ) -> AppResult<FactWrite> {
        self.move_register_if("attribute_exists(PK) AND ", update, register, clock).await
    }

    async fn move_register_if(
        &self,
        condition: &str,
        update: UpdateItemFluentBuilder,
        register: &str,
        clock: FactClock,
    ) -> AppResult<FactWrite> {
        let written = update
            .condition_expression(format!("{condition}(attribute_not_exists(#fact) OR #fact < :clock)"))
            .expression_attribute_names("#fact", register)
            .expression_attribute_values(":clock", text(clock))
            .send()
            .await;
        let Err(error) = written else { return Ok(FactWrite::Recorded) };
        let stored = refused_item(error)?.and_then(|item| item.get(register).cloned());
        // A retry inside the SDK of a write that succeeded is refused by its own work: equal counts as known.
        match stored
            .as_ref()
            .and_then(|clock| clock.as_s().ok())
            .and_then(|text| text.parse::<FactClock>().ok())
        {
            Some(stored) if stored >= clock => Ok(FactWrite::Known),
            _ => Err(AppError::unavailable("a fact was refused for no reason")),
        }
    }

    /// An update of one person's item that also notes who they are.
    pub(super) fn update_person(
        &self,
        key: &Key<'_>,
        person: &Person,
        sets: &str,
    ) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .update_expression(format!(
                "SET {sets}, #user = :user, username = :username, first_name = :first_name, \
                 last_name = :last_name, #language = :language, premium = :premium"
            ))
            .expression_attribute_names("#user", "user")
            .expression_attribute_names("#language", "language")
            .expression_attribute_values(":user", number(person.user))
            .expression_attribute_values(":username", text(&person.username))
            .expression_attribute_values(":first_name", text(&person.first_name))
            .expression_attribute_values(":last_name", text(&person.last_name))
            .expression_attribute_values(":language", text(&person.language))
            .expression_attribute_values(":premium", AttributeValue::Bool(person.premium))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

/// The item that made a write's own condition refuse it.
pub(super) fn refused_item<R>(error: SdkError<UpdateItemError, R>) -> AppResult<Option<Item>>
where
    R: std::fmt::Debug,
{
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => Ok(refusal.item.clone()),
        _ => Err(unavailable(error)),
    }
}
