use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use serde::{Deserialize, Serialize};

use super::access::{from_item, number, text, to_attribute, unavailable};
use super::registers::refused_item;
use super::start_spelling::{parse_start, spell_start};
use super::{FactWrite, Key, Store};
use crate::domain::fact_clock::FactClock;
use crate::domain::lead::{LeadFacts, Leave, LeaveKind, Start};
use crate::domain::person::Person;
use crate::error::{AppError, AppResult};
use crate::ids::{CampaignKey, LeadId, UserId};

/// How many starts of one person a campaign remembers; more only greet.
const STARTS_MAX: u32 = 64;

/// One person in one tracking campaign: a lead once they pressed Start, an organic person before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// The lead's id; `None` for an organic person.
    pub id: Option<LeadId>,
    /// Who, as last seen.
    pub person: Person,
    /// What is known.
    pub facts: LeadFacts,
}

/// What became of a press of Start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartWrite {
    /// It is written, now or before, and its welcome is still to be sent; the lead is as returned.
    ToGreet(Box<Lead>),
    /// It was known, and its welcome is done with.
    Greeted,
    /// The campaign makes no leads now, and the person was none.
    NoLead,
}

/// Which presses of Start are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartPolicy {
    /// All.
    MakeLeads,
    /// Those of people who are leads already; the campaign is paused.
    OnlyLeads,
}

/// A step of a person towards a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// They asked to join.
    Request,
    /// They joined.
    Join,
}

/// An item of the table.
#[derive(Serialize, Deserialize)]
struct LeadItem {
    lead: Option<LeadId>,
    #[serde(flatten)]
    person: Person,
    #[serde(default, with = "serde_dynamo::string_set")]
    starts: BTreeSet<String>,
    /// The clocks of the starts whose welcome is owed.
    #[serde(default, with = "serde_dynamo::string_set")]
    owed: BTreeSet<String>,
    request: Option<FactClock>,
    join: Option<FactClock>,
    leave: Option<FactClock>,
    leave_kind: Option<LeaveKind>,
}

impl Lead {
    /// Reads an item of the table, from a request or from the stream.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`] if it is no lead's item.
    pub fn from_item(item: impl Into<serde_dynamo::Item>) -> AppResult<Self> {
        let item: LeadItem = serde_dynamo::from_item(item.into())
            .map_err(|error| AppError::unavailable(format!("a lead does not read: {error}")))?;
        item.try_into()
    }
}

impl TryFrom<LeadItem> for Lead {
    type Error = AppError;

    fn try_from(item: LeadItem) -> AppResult<Self> {
        let starts = item.starts.iter().map(|text| parse_start(text)).collect::<AppResult<_>>()?;
        let leave = item.leave.zip(item.leave_kind).map(|(clock, kind)| Leave { clock, kind });
        let facts = LeadFacts { starts, request: item.request, join: item.join, leave };
        Ok(Self { id: item.lead, person: item.person, facts })
    }
}

impl Store {
    /// One lead or organic person.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn lead(&self, campaign: CampaignKey, user: UserId) -> AppResult<Option<Lead>> {
        let item: Option<LeadItem> = self.get(&Key::Lead(campaign, user)).await?;
        item.map(TryInto::try_into).transpose()
    }

    /// Writes a press of Start, opening the lead with `id` if it is the first, and with it that its welcome is owed.
    /// Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn record_start(
        &self,
        campaign: CampaignKey,
        person: &Person,
        start: &Start,
        id: LeadId,
        policy: StartPolicy,
    ) -> AppResult<StartWrite> {
        let (spelled, clock) = (spell_start(start), start.clock.to_string());
        let news = "(attribute_not_exists(starts) OR (NOT contains(starts, :click) AND size(starts) < :max))";
        let condition = match policy {
            StartPolicy::MakeLeads => news.to_owned(),
            StartPolicy::OnlyLeads => format!("attribute_exists(starts) AND {news}"),
        };
        let sets = "#lead = if_not_exists(#lead, :lead)";
        let update = self.update_person(&Key::Lead(campaign, person.user), person, sets);
        let update_expression = update.get_update_expression().clone().unwrap_or_default();
        let written = update
            .update_expression(update_expression + " ADD starts :start, owed :clock")
            .condition_expression(condition)
            .expression_attribute_names("#lead", "lead")
            .expression_attribute_values(":lead", number(id))
            .expression_attribute_values(":max", number(STARTS_MAX))
            .expression_attribute_values(":click", text(&spelled))
            .expression_attribute_values(":start", AttributeValue::Ss(vec![spelled.clone()]))
            .expression_attribute_values(":clock", AttributeValue::Ss(vec![clock.clone()]))
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        let (old, recorded) = match written {
            Ok(answer) => (answer.attributes, true),
            Err(error) => (refused_item(error)?, false),
        };
        let old = old.filter(|item| item.contains_key("user"));
        let old: Option<LeadItem> = old.map(from_item).transpose()?;
        let known = old.as_ref().is_some_and(|item| item.starts.contains(&spelled));
        let owed = old.as_ref().is_some_and(|item| item.owed.contains(&clock));
        let mut lead = match old.map(Lead::try_from).transpose()? {
            Some(lead) if recorded || lead.id.is_some() => lead,
            None if recorded => Lead::new(person),
            _ => return Ok(StartWrite::NoLead),
        };
        lead.id = lead.id.or(Some(id));
        lead.person = person.clone();
        lead.facts.starts.insert(start.clone());
        let lead = Box::new(lead);
        // A start too many is remembered nowhere; greeting it again is better than never.
        Ok(if known && !owed { StartWrite::Greeted } else { StartWrite::ToGreet(lead) })
    }

    /// Notes that the welcome of a start is done with. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn settle_welcome(&self, campaign: CampaignKey, user: UserId, start: &Start) -> AppResult<()> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(Key::Lead(campaign, user).attributes()))
            .update_expression("DELETE owed :clock")
            .expression_attribute_values(":clock", AttributeValue::Ss(vec![start.clock.to_string()]))
            .send()
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    /// Writes a request to join or a join, unless a newer one is known.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn record_arrival(
        &self,
        campaign: CampaignKey,
        person: &Person,
        arrival: Arrival,
        clock: FactClock,
    ) -> AppResult<FactWrite> {
        let register = match arrival {
            Arrival::Request => "request",
            Arrival::Join => "join",
        };
        let update = self.update_person(&Key::Lead(campaign, person.user), person, "#fact = :clock");
        self.move_register(update, register, clock).await
    }

    /// Writes a leave, unless a newer one is known.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub async fn record_leave(
        &self,
        campaign: CampaignKey,
        person: &Person,
        leave: Leave,
    ) -> AppResult<FactWrite> {
        let update = self
            .update_person(&Key::Lead(campaign, person.user), person, "#fact = :clock, leave_kind = :kind")
            .expression_attribute_values(":kind", to_attribute(&leave.kind)?);
        self.move_register(update, "leave", leave.clock).await
    }
}

impl Lead {
    fn new(person: &Person) -> Self {
        Self { id: None, person: person.clone(), facts: LeadFacts::default() }
    }
}
