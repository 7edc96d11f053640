use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::access::{Expiring, from_item, number, put_step, to_attribute, to_item, update_step, written};
use super::conversion_keys::{CLICKS, CONVERSIONS, ConversionKey, HELD_OUT, OfPerson};
use super::{ConversionCount, HeldOutMark, Item, Key, KnownPerson, Store};
use crate::domain::fact_clock::FactClock;
use crate::domain::outreach::{Conversion, OutreachCounters, OutreachTouch};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotId, ConversionId, UserId};
use crate::secret::{fingerprint, hex};

/// For how long a conversion and the way from a click to a person are kept, in seconds.
const KEPT_SECONDS: i64 = 400 * 86_400;

/// What came of recording a conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConversionWrite {
    /// It is recorded and counted.
    Recorded,
    /// It was before: this one.
    Known(Conversion),
    /// The person was changed since they were read, or erased.
    Overtaken,
}

/// Whoever started a bot by a click.
#[derive(Serialize, Deserialize)]
struct ClickOwner {
    user: UserId,
    clock: FactClock,
}

/// A line of what there is of a person.
#[derive(Serialize, Deserialize)]
struct LineOfPerson {
    /// When it happened, in Unix seconds.
    time: i64,
}

fn hash_of(click: &str) -> String {
    hex(&fingerprint(click))
}

impl Store {
    /// One conversion of an account.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn conversion(
        &self,
        account: AccountId,
        id: &ConversionId,
        now: i64,
    ) -> AppResult<Option<Conversion>> {
        let key = Key::Conversion(ConversionKey::Conversion(account, id));
        let kept: Option<Expiring<Conversion>> = self.get(&key).await?;
        Ok(kept.and_then(|kept| kept.at(now)))
    }

    /// Records a conversion of a person as they were read, and counts it with them and, if there is one, with the campaign
    /// of the message that it counts for, which this bot sent, and with those that held the person out: all or nothing, and
    /// once for its id.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`]; a retry may answer [`ConversionWrite::Known`] by the first attempt.
    pub async fn record_conversion(
        &self,
        account: AccountId,
        person: &KnownPerson,
        conversion: &Conversion,
        (touch, held_out): (Option<(BotId, &OutreachTouch)>, &[HeldOutMark]),
        now: i64,
    ) -> AppResult<ConversionWrite> {
        let mut steps = vec![self.conversion_step(account, conversion, now)?];
        let line = ConversionKey::OfPerson(account, person.user, OfPerson::Conversion(&conversion.id));
        let of_person = LineOfPerson { time: conversion.time };
        let of_person = Expiring { value: of_person, expires_at: now + KEPT_SECONDS };
        steps.push(put_step(self.new_item(&Key::Conversion(line), &of_person)?)?);
        steps.push(self.person_step(account, person, conversion)?);
        match (touch, person.contacts.first()) {
            (Some((bot, touch)), _) => {
                let contact = self
                    .update(&Key::Contact(account, bot, person.user))
                    .update_expression("ADD converted :campaign")
                    .condition_expression("attribute_exists(PK)")
                    .expression_attribute_values(
                        ":campaign",
                        AttributeValue::Ss(vec![touch.campaign.to_string()]),
                    );
                steps.push(update_step(contact)?);
                let converted = u64::from(!person.has_converted(&touch.campaign));
                let revenue = conversion.value;
                let counters = OutreachCounters { converted, revenue, ..OutreachCounters::default() };
                let (currency, time) = (&conversion.currency, conversion.time);
                steps.extend(
                    self.conversion_steps(account, ConversionCount { touch, counters, currency, time })?,
                );
            }
            // Who was erased meanwhile is not made anew.
            (None, Some(known)) => {
                steps.push(self.is_there(&Key::Contact(account, known.contact.bot, person.user))?);
            }
            (None, None) => return Ok(ConversionWrite::Overtaken),
        }
        for mark in held_out {
            steps.extend(self.held_out_steps(account, person.user, mark)?);
        }
        match self.transact(steps).await? {
            None => Ok(ConversionWrite::Recorded),
            Some(refusal) if refusal.step == 0 => {
                let known = refusal.item.map(from_item::<Expiring<Conversion>>).transpose()?;
                let known =
                    known.ok_or_else(|| AppError::unavailable("a conversion was refused for no reason"))?;
                Ok(ConversionWrite::Known(known.value))
            }
            Some(_) => Ok(ConversionWrite::Overtaken),
        }
    }

    fn conversion_step(
        &self,
        account: AccountId,
        conversion: &Conversion,
        now: i64,
    ) -> AppResult<TransactWriteItem> {
        let kept = Expiring { value: conversion, expires_at: now + KEPT_SECONDS };
        let put = self
            .new_item(&Key::Conversion(ConversionKey::Conversion(account, &conversion.id)), &kept)?
            .condition_expression("attribute_not_exists(PK) OR expires_at <= :now")
            .expression_attribute_values(":now", number(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        put_step(put)
    }

    /// Counts with the person. Conversions of one person that meet are recorded one after the other, so that who converted
    /// counts once for a campaign.
    fn person_step(
        &self,
        account: AccountId,
        person: &KnownPerson,
        conversion: &Conversion,
    ) -> AppResult<TransactWriteItem> {
        let update = self
            .update(&Key::Person(account, person.user))
            .update_expression("SET #user = :user ADD conversions :one, revenue :value")
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", to_attribute(&person.user)?)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":value", number(conversion.value));
        update_step(match person.conversions {
            0 => update.condition_expression("attribute_not_exists(conversions)"),
            known => update
                .condition_expression("conversions = :before")
                .expression_attribute_values(":before", number(known)),
        })
    }

    /// Notes who started a bot by a click; of several people it is the one who did so last. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn note_click(
        &self,
        account: AccountId,
        user: UserId,
        (click, clock): (&str, FactClock),
        now: i64,
    ) -> AppResult<()> {
        let (hash, expires_at) = (hash_of(click), now + KEPT_SECONDS);
        let line = Key::Conversion(ConversionKey::OfPerson(account, user, OfPerson::Click(&hash)));
        // First the line, so that what it leads to is never left behind when the person is erased.
        self.put(&line, &Expiring { value: LineOfPerson { time: clock.date }, expires_at }).await?;
        let owner = Expiring { value: ClickOwner { user, clock }, expires_at };
        let item = to_item(&Key::Conversion(ConversionKey::ClickOwner(account, &hash)), &owner)?;
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(PK) OR clock < :clock")
            .expression_attribute_values(":clock", to_attribute(&clock)?);
        written(put.send().await).map(drop)
    }

    /// Who started a bot by a click.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn person_of_click(
        &self,
        account: AccountId,
        click: &str,
        now: i64,
    ) -> AppResult<Option<UserId>> {
        let hash = hash_of(click);
        let key = Key::Conversion(ConversionKey::ClickOwner(account, &hash));
        let owner: Option<Expiring<ClickOwner>> = self.get(&key).await?;
        Ok(owner.and_then(|owner| owner.at(now)).map(|owner| owner.user))
    }

    /// Deletes the conversions of a person, the ways from clicks to them, and what they were held out of; with `until`, in Unix seconds, only what
    /// happened up to then. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn erase_conversions(
        &self,
        account: AccountId,
        user: UserId,
        until: Option<i64>,
    ) -> AppResult<()> {
        let partition = ConversionKey::OfPerson(account, user, OfPerson::Click("")).partition();
        let mut lines = Vec::new();
        for prefix in [CONVERSIONS, CLICKS, HELD_OUT] {
            for line in self.query_items(partition.clone(), prefix).await? {
                let LineOfPerson { time } = from_item(line.clone())?;
                if until.is_some_and(|until| time > until) {
                    continue;
                }
                let named = line.get("SK").and_then(|sort| sort.as_s().ok()?.strip_prefix(prefix));
                if let Some(named) = named.filter(|_| prefix != HELD_OUT) {
                    self.erase_named(account, user, (prefix, named)).await?;
                }
                lines.push(key_of(&line));
            }
        }
        self.batch_delete(lines).await
    }

    /// Deletes what a line names, if it is of that person.
    async fn erase_named(
        &self,
        account: AccountId,
        user: UserId,
        (prefix, named): (&str, &str),
    ) -> AppResult<()> {
        let id = ConversionId::parse(named).filter(|_| prefix == CONVERSIONS);
        let key = match &id {
            Some(id) => ConversionKey::Conversion(account, id),
            None => ConversionKey::ClickOwner(account, named),
        };
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(Key::Conversion(key).attributes()))
            .condition_expression("#user = :user")
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", to_attribute(&user)?);
        written(delete.send().await).map(drop)
    }
}

/// An item's primary key.
fn key_of(item: &Item) -> Item {
    item.iter()
        .filter(|(name, _)| matches!(name.as_str(), "PK" | "SK"))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect()
}
